#include "chorus/fleet/persona/diff.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet {
namespace {

/// On one line, with numbers as people write them. Line ends inside of texts are escaped in JSON,
/// so those that stand there are the layout's.
std::string text_of(const json::value& value) {
  const std::string pretty = pretty_json(value);
  std::string out;
  for (const std::string_view line : split(trim(pretty), '\n')) {
    if (!out.empty() && out.back() == ',') out += ' ';
    out += trim(line);
  }
  return out;
}

void diff_lists(const std::string& field, const json::array& before, const json::array& after,
                std::vector<PersonaChange>& out) {
  std::vector<std::string> gone, kept, come;
  for (const auto& item : before) gone.push_back(text_of(item));
  for (const auto& item : after) {
    const std::string text = text_of(item);
    if (const auto it = std::find(gone.begin(), gone.end(), text); it != gone.end()) {
      gone.erase(it);
    } else {
      come.push_back(text);
    }
  }
  for (auto& text : gone) out.push_back({field, std::move(text), std::nullopt});
  const bool reordered = gone.empty() && come.empty() && before != after;
  for (auto& text : come) out.push_back({field, std::nullopt, std::move(text)});
  if (reordered) out.push_back({field, text_of(before), text_of(after)});
}

void diff_objects(const std::string& path, const json::object& before, const json::object& after,
                  std::vector<PersonaChange>& out) {
  const auto visit = [&](std::string_view key) {
    const std::string field = path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
    const json::value* a = find(before, key);
    const json::value* b = find(after, key);
    if (a != nullptr && b != nullptr && *a == *b) return;
    if (a != nullptr && b != nullptr && a->is_object() && b->is_object()) {
      diff_objects(field, a->get_object(), b->get_object(), out);
    } else if (a != nullptr && b != nullptr && a->is_array() && b->is_array()) {
      diff_lists(field, a->get_array(), b->get_array(), out);
    } else {
      out.push_back({field, a == nullptr ? std::nullopt : std::optional(text_of(*a)),
                     b == nullptr ? std::nullopt : std::optional(text_of(*b))});
    }
  };
  for (const auto& entry : before) visit(entry.key());
  for (const auto& entry : after) {
    if (!before.contains(entry.key())) visit(entry.key());
  }
}

}  // namespace

std::string PersonaChange::to_string() const {
  if (before && after) return fmt::format("{}: {} -> {}", field, *before, *after);
  return fmt::format("{}: {} {}", field, before ? '-' : '+', before ? *before : *after);
}

std::vector<PersonaChange> diff_personas(const Persona& before, const Persona& after) {
  std::vector<PersonaChange> out;
  diff_objects("", persona_document(before), persona_document(after), out);
  return out;
}

}  // namespace chorus::fleet
