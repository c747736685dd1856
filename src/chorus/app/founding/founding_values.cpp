#include "chorus/app/founding/founding_values.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>

namespace chorus::app {

namespace {

constexpr int kDeepest = 8;

json::value plain(const json::value& value, int depth) {
  if (depth > kDeepest) return value;
  if (value.is_object()) {
    const auto& object = value.get_object();
    const auto* wrapped = object.size() == 1 ? find(object, "value") : nullptr;
    return wrapped != nullptr ? plain(*wrapped, depth + 1) : value;
  }
  if (!value.is_string()) return value;
  const std::string text(trim(value.get_string()));
  const std::string lower = ascii_lower(text);
  if (lower == "true") return true;
  if (lower == "false") return false;
  const auto parsed = parse_json(text, {}, 16);
  return parsed ? plain(*parsed, depth + 1) : value;
}

}  // namespace

json::value founding_setting(const json::value& stored) {
  return plain(stored, 0);
}

json::value founding_json(const json::object& row, std::string_view column) {
  const auto* stored = find(row, column);
  if (stored == nullptr) return nullptr;
  json::value value = *stored;
  for (int i = 0; i < 2 && value.is_string(); ++i) {
    const auto text = trim(value.get_string());
    if (text.empty()) return nullptr;
    auto parsed = parse_json(text, {}, 16);
    if (!parsed) break;
    value = *std::move(parsed);
  }
  return value;
}

bool founding_flag(const json::object& row, std::string_view column, bool otherwise) {
  const auto* stored = find(row, column);
  if (stored == nullptr || stored->is_null()) return otherwise;
  const json::value value = founding_setting(*stored);
  if (value.is_bool()) return value.get_bool();
  return as_int(value).value_or(1) != 0;
}

std::string founding_text(const json::object& row, std::string_view column) {
  const auto* stored = find(row, column);
  if (stored == nullptr || stored->is_null()) return {};
  if (stored->is_string()) return std::string(stored->get_string());
  return json::serialize(*stored);
}

std::optional<WallTime> founding_time(const json::object& row, std::string_view column) {
  std::string text(trim(founding_text(row, column)));
  std::ranges::replace(text, ' ', 'T');
  if (text.ends_with("+00:00")) text.resize(text.size() - 6);
  if (!text.ends_with('Z')) text += 'Z';
  const auto time = from_iso8601(text);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace chorus::app
