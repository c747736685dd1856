#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "chorus/base/error.hpp"

namespace chorus {

/// The DOM of Boost.JSON under our name. Decoders on hot paths give it a monotonic resource.
namespace json = boost::json;

/// Parses one complete document. Errors: ParseError with line and column, never the text itself.
/// `max_depth` bounds recursion.
Result<json::value> parse_json(std::string_view text, json::storage_ptr storage = {},
                               std::size_t max_depth = 64);

/// Typed look-ups that answer "absent" instead of throwing. The views live as long as the object.
const json::value* find(const json::object& object, std::string_view key);
std::optional<std::string_view> find_string(const json::object& object, std::string_view key);
/// Accepts an integer, an integral double, and (as Telegram does) a decimal string.
std::optional<std::int64_t> find_int(const json::object& object, std::string_view key);
std::optional<double> find_double(const json::object& object, std::string_view key);
std::optional<bool> find_bool(const json::object& object, std::string_view key);
const json::object* find_object(const json::object& object, std::string_view key);
const json::array* find_array(const json::object& object, std::string_view key);

/// Integer of any numeric or decimal-string value.
std::optional<std::int64_t> as_int(const json::value& value);

/// Indented text with stable key order as given, for people and for files kept under version control.
std::string pretty_json(const json::value& value);

}  // namespace chorus
