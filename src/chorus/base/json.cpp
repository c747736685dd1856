#include "chorus/base/json.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "chorus/base/json_writer.hpp"

namespace chorus {

namespace {

/// What a parser keeps on the stack of what it has not yet made into values: the messages of
/// platforms need no more, and nothing is allocated for it.
constexpr std::size_t kWorkspace = 2048;

Error parse_error(std::string_view text, std::size_t at, const std::string& why) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < at && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return Error(ErrorCode::ParseError,
               fmt::format("not valid JSON at line {}, column {}: {}", line, column, why));
}

void pretty(const json::value& value, std::size_t indent, std::string& out) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!first) out += ",\n";
      first = false;
      out.append(indent + 2, ' ');
      append_json_string(out, key);
      out += ": ";
      pretty(member, indent + 2, out);
    }
    out += '\n';
    out.append(indent, ' ');
    out += '}';
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[\n";
    bool first = true;
    for (const auto& member : *array) {
      if (!first) out += ",\n";
      first = false;
      out.append(indent + 2, ' ');
      pretty(member, indent + 2, out);
    }
    out += '\n';
    out.append(indent, ' ');
    out += ']';
  } else if (const auto* number = value.if_double()) {
    append_json_double(out, *number);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text, json::storage_ptr storage,
                               std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::error_code error;
  unsigned char workspace[kWorkspace];
  json::parser parser({}, options, workspace, sizeof workspace);
  parser.reset(std::move(storage));
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (error) return std::unexpected(parse_error(text, used, error.message()));
  for (std::size_t i = used; i < text.size(); ++i) {
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r') {
      return std::unexpected(parse_error(text, i, "something stands after the document"));
    }
  }
  return parser.release();
}

const json::value* find(const json::object& object, std::string_view key) {
  return object.if_contains(key);
}

std::optional<std::string_view> find_string(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto& text = value->get_string();
  return std::string_view(text.data(), text.size());
}

std::optional<std::int64_t> as_int(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  if (const auto* number = value.if_uint64()) {
    if (*number <= static_cast<std::uint64_t>(INT64_MAX)) return std::int64_t(*number);
    return std::nullopt;
  }
  if (const auto* number = value.if_double()) {
    if (std::floor(*number) == *number && std::abs(*number) < 9.0e15) return std::int64_t(*number);
    return std::nullopt;
  }
  if (const auto* text = value.if_string()) {
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    auto [stop, error] = std::from_chars(text->data(), end, number);
    if (error == std::errc{} && stop == end && !text->empty()) return number;
  }
  return std::nullopt;
}

std::optional<std::int64_t> find_int(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr ? as_int(*value) : std::nullopt;
}

std::optional<double> find_double(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = value->if_double()) return *number;
  if (const auto integer = as_int(*value)) return static_cast<double>(*integer);
  return std::nullopt;
}

std::optional<bool> find_bool(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

const json::object* find_object(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

const json::array* find_array(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr ? value->if_array() : nullptr;
}

std::string pretty_json(const json::value& value) {
  std::string out;
  pretty(value, 0, out);
  out += '\n';
  return out;
}

}  // namespace chorus
