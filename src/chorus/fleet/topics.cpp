#include "chorus/fleet/topics.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <utility>

namespace chorus::fleet {
namespace {

constexpr std::size_t kMostTopics = 50;
constexpr std::size_t kMostKeywords = 20;
constexpr std::size_t kLongest = 60;  ///< code points of a name or word

std::string short_text(std::string_view text) {
  return std::string(truncate_code_points(trim(text), kLongest));
}

}  // namespace

std::vector<Topic> read_topics(std::string_view room_extra) {
  std::vector<Topic> topics;
  if (room_extra.empty()) return topics;
  const auto extra = parse_json(room_extra, {}, 8);
  if (!extra || !extra->is_object()) return topics;
  const auto* list = find_array(extra->get_object(), "topics");
  if (list == nullptr) return topics;
  for (const json::value& entry : *list) {
    if (topics.size() == kMostTopics) break;
    Topic topic;
    if (entry.is_string()) {
      topic.name = short_text(entry.get_string());
    } else if (entry.is_object()) {
      const json::object& object = entry.get_object();
      topic.name = short_text(find_string(object, "name").value_or(""));
      topic.language = short_text(find_string(object, "language").value_or(""));
      if (const auto* words = find_array(object, "keywords")) {
        for (const json::value& word : *words) {
          if (word.is_string() && topic.keywords.size() < kMostKeywords) {
            topic.keywords.push_back(short_text(word.get_string()));
          }
        }
      }
    }
    if (!topic.name.empty()) topics.push_back(std::move(topic));
  }
  return topics;
}

}  // namespace chorus::fleet
