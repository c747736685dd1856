#include "chorus/fleet/memory/memory_seed.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

namespace chorus::fleet {
namespace {

constexpr std::size_t kMost = 20;

struct Field {
  std::string_view key;
  MemoryKind kind;
  std::string_view prefix;
  double confidence;  ///< the founding numbers
};
constexpr Field kFields[] = {
    {"facts", MemoryKind::PersonalFact, "", 0.85},
    {"anecdotes", MemoryKind::PastEvent, "", 0.8},
    {"signature_phrases", MemoryKind::Routine, "likes to say: ", 0.75},
};

void add(const Field& field, const json::value& value, std::vector<MemoryCandidate>& out) {
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) {
      const json::value* text = item.is_object() ? find(item.get_object(), "text") : &item;
      if (text != nullptr && text->is_string()) add(field, *text, out);
    }
    return;
  }
  if (!value.is_string() || out.size() >= kMost) return;
  const std::string clean = sanitise_text(std::string_view(value.get_string()), kLongestMemory);
  MemoryCandidate seed;
  seed.kind = field.kind;
  seed.value = std::string(trim(clean));
  if (seed.value.empty()) return;
  seed.text = std::string(truncate_code_points(std::string(field.prefix) + seed.value,
                                               kLongestMemory));
  seed.confidence = field.confidence;
  out.push_back(std::move(seed));
}

}  // namespace

std::vector<MemoryCandidate> seeds_of(std::string_view persona_document) {
  std::vector<MemoryCandidate> out;
  const auto document = parse_json(persona_document, {}, 8);
  if (!document || !document->is_object()) return out;
  const json::object& card = document->get_object();
  const json::object* emotion = find_object(card, "emotion");
  for (const Field& field : kFields) {
    if (const json::value* value = find(card, field.key)) add(field, *value, out);
    if (emotion == nullptr) continue;
    if (const json::value* value = find(*emotion, field.key)) add(field, *value, out);
  }
  return out;
}

}  // namespace chorus::fleet
