#include "chorus/sandbox/telegram/facts/api_shape.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::sandbox::telegram {

namespace {

using Kind = ApiType::Kind;

/// What the caller gave is looked for in an object and in what it holds, not deeper: further down
/// the same names mean other things.
constexpr int kGivenDepth = 2;
/// Deeper than any required chain of members; a table that has a longer one is told by a test.
constexpr int kMaxDepth = 16;

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::optional<std::string> number_text(const json::value& value) {
  if (value.is_number()) return json::serialize(value);
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // `.5` and `+1` are numbers to people but not to JSON.
  const auto again = parse_json(text);
  if (again && again->is_number()) return std::string(text);
  std::string out;
  append_json_double(out, number);
  return out;
}

std::optional<bool> flag_of(const json::value& value) {
  if (value.is_bool()) return value.get_bool();
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = value.get_string();
  return iequals_ascii(text, "true") || iequals_ascii(text, "yes") || text == "1";
}

void add_member(std::string& out, std::string_view name, std::string_view value) {
  append_json_key(out, name, !out.empty());
  out += value;
}

}  // namespace

std::int64_t ApiShape::make_number(std::string_view name) const {
  if (name.ends_with("date")) return parts_.now;
  if (name.ends_with("id")) {
    // Exact in a double, and no id that the world gives.
    return static_cast<std::int64_t>(stable_hash(name, parts_.salt) % 1'000'000'000 + 1);
  }
  return 0;
}

std::string ApiShape::make_text(std::string_view name) {
  if (name.ends_with("id") || name == "payload") {
    return fmt::format("sandbox-{:016x}", stable_hash(name, parts_.salt));
  }
  if (name.ends_with("url") || name.ends_with("link")) {
    return fmt::format("https://sandbox.invalid/{:016x}", stable_hash(name, parts_.salt));
  }
  return "sandbox";
}

std::string ApiShape::make(const ApiType& type, std::string_view name) {
  switch (type.kind) {
    case Kind::Number:
      return fmt::format("{}", make_number(name));
    case Kind::Text:
    case Kind::File:
      return quoted(make_text(name));
    case Kind::Flag:
      return "false";
    case Kind::True:
      return "true";
    case Kind::Word:
      return quoted(type.name);
    case Kind::Constant:
      return type.name;
    case Kind::List:
      return "[]";
    case Kind::Union:
      return make(type.parts.front(), name);
    case Kind::Named:
      return make_named(type.name, name);
  }
  return "null";
}

std::string ApiShape::make_named(const std::string& name, std::string_view member) {
  if (name == "User") return parts_.user;
  if (name == "Chat") return parts_.chat;
  const auto* object = parts_.facts.object(name);
  if (object == nullptr || depth_ >= kMaxDepth) return "{}";
  if (object->is_alias) return make(object->alias, member);
  return "{" + members(*object) + "}";
}

std::string ApiShape::members(const ApiObject& object, std::span<const std::string_view> skip) {
  std::string out;
  ++depth_;
  for (const auto& field : object.fields) {
    if (std::ranges::find(skip, field.name) != skip.end()) continue;
    std::optional<std::string> value;
    if (depth_ <= kGivenDepth) {
      if (const auto given = parts_.given(field.name)) value = fit(field.type, *given, field.name);
    }
    if (!value && field.required) value = make(field.type, field.name);
    if (value) add_member(out, field.name, *value);
  }
  --depth_;
  return out;
}

std::optional<std::string> ApiShape::fit_object(const ApiObject& object,
                                                const json::object& value) {
  std::string out;
  for (const auto& field : object.fields) {
    const auto* member = find(value, field.name);
    std::optional<std::string> fitted;
    if (member != nullptr) fitted = fit(field.type, *member, field.name);
    if (!fitted && field.required) {
      // The word that tells one kind of object from another cannot be made up.
      if (field.type.kind == Kind::Word) return std::nullopt;
      fitted = make(field.type, field.name);
    }
    if (fitted) add_member(out, field.name, *fitted);
  }
  return "{" + out + "}";
}

std::optional<std::string> ApiShape::fit_union(const ApiType& type, const json::value& value,
                                               std::string_view name) {
  for (const auto& option : type.parts) {
    if (auto fitted = fit(option, value, name)) return fitted;
  }
  return std::nullopt;
}

std::optional<std::string> ApiShape::fit(const ApiType& type, const json::value& value,
                                         std::string_view name) {
  switch (type.kind) {
    case Kind::Number:
      return number_text(value);
    case Kind::Constant: {
      const auto number = as_int(value);
      if (!number || fmt::format("{}", *number) != type.name) return std::nullopt;
      return type.name;
    }
    case Kind::Text:
    case Kind::File:
      if (!value.is_string()) return std::nullopt;
      return quoted(value.get_string());
    case Kind::Word:
      if (!value.is_string() || std::string_view(value.get_string()) != type.name) {
        return std::nullopt;
      }
      return quoted(type.name);
    case Kind::Flag: {
      const auto flag = flag_of(value);
      if (!flag) return std::nullopt;
      return *flag ? "true" : "false";
    }
    case Kind::True:
      return flag_of(value).value_or(false) ? std::optional<std::string>("true") : std::nullopt;
    case Kind::List: {
      if (!value.is_array()) return std::nullopt;
      std::string out = "[";
      for (const auto& item : value.get_array()) {
        auto fitted = fit(type.parts.front(), item, name);
        if (!fitted) return std::nullopt;
        if (out.size() > 1) out += ',';
        out += *fitted;
      }
      return out + "]";
    }
    case Kind::Union:
      return fit_union(type, value, name);
    case Kind::Named: {
      const auto* object = parts_.facts.object(type.name);
      if (object == nullptr) return std::nullopt;
      if (object->is_alias) return fit(object->alias, value, name);
      if (!value.is_object() || type.name == "User" || type.name == "Chat") return std::nullopt;
      return fit_object(*object, value.get_object());
    }
  }
  return std::nullopt;
}

}  // namespace chorus::sandbox::telegram
