#pragma once

#include "chorus/base/json.hpp"
#include "chorus/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

/// The founding system's loose values, made plain.
namespace chorus::app {

/// A value of its `settings` table: `{"value": x}` is x however deep it is wrapped, JSON inside
/// text is that JSON, and the texts "true", "false", "20" and "0.5" are what they say.
json::value founding_setting(const json::value& stored);

/// A JSON column of a row, even when it was encoded twice; null when it is absent or empty, text
/// when it is no JSON.
json::value founding_json(const json::object& row, std::string_view column);

/// 0 and "false" are false; absent and everything else is `otherwise` or true.
bool founding_flag(const json::object& row, std::string_view column, bool otherwise);

/// Text of a column; empty when it is absent or null.
std::string founding_text(const json::object& row, std::string_view column);

/// `2026-01-05 12:00:00.123456`, with T, Z or +00:00 or without; the old system wrote UTC.
std::optional<WallTime> founding_time(const json::object& row, std::string_view column);

}  // namespace chorus::app
