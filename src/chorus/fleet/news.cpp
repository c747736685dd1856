#include "chorus/fleet/news.hpp"

#include "chorus/fleet/folding.hpp"

#include <algorithm>
#include <tuple>

namespace chorus::fleet {
namespace {

std::size_t shared_words(const Words& words, std::span<const std::string> wanted) {
  return static_cast<std::size_t>(
      std::count_if(wanted.begin(), wanted.end(), [&](const std::string& topic) {
        const std::string_view stem = std::string_view(topic).substr(0, 5);
        return std::any_of(words.all().begin(), words.all().end(), [&](std::string_view word) {
          return word.size() >= 3 &&
                 (word == topic || (stem.size() >= 4 && word.starts_with(stem)));
        });
      }));
}

}  // namespace

std::vector<std::size_t> suitable_news(std::span<const NewsItem> items, const NewsReader& reader,
                                       WallTime now, Duration longest_age, Rng& rng) {
  std::vector<std::tuple<std::size_t, std::uint64_t, std::size_t>> ranked;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].published > now || Duration(now - items[i].published) > longest_age) continue;
    const Words words(items[i].title);
    const std::size_t hits =
        2 * shared_words(words, reader.topics) + shared_words(words, reader.interests);
    if (hits == 0 && !reader.topics.empty()) continue;
    ranked.emplace_back(hits, rng.next(), i);
  }
  std::sort(ranked.begin(), ranked.end(), std::greater<>());
  std::vector<std::size_t> order;
  for (const auto& [hits, luck, index] : ranked) order.push_back(index);
  return order;
}

}  // namespace chorus::fleet
