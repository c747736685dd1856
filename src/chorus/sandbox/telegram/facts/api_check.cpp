#include "chorus/sandbox/telegram/facts/api_check.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chorus::sandbox::telegram {

namespace {

using Kind = ApiType::Kind;
using Problem = std::optional<std::string>;

bool is_number(const json::value& value) {
  if (value.is_number()) return true;
  if (!value.is_string()) return false;
  const std::string_view text = value.get_string();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_constant(const ApiType& type, const json::value& value) {
  const auto number = as_int(value);
  return number && fmt::format("{}", *number) == type.name;
}

Problem wrong_type(std::string_view name, std::string_view wanted) {
  return fmt::format("field \"{}\" must be of type {}", name, wanted);
}

/// Whether the words that tell this object from others of a union (`type`, `source`) are there.
bool has_its_words(const ApiObject& object, const json::object& value) {
  for (const auto& field : object.fields) {
    if (field.type.kind != Kind::Word || !field.required) continue;
    if (find_string(value, field.name) != std::string_view(field.type.name)) return false;
  }
  return true;
}

Problem object_mismatch(const ApiFacts& facts, const ApiObject& object, const json::value& value) {
  if (!value.is_object()) return fmt::format("can't parse {}: expected an Object", object.name);
  const auto& members = value.get_object();
  for (const auto& field : object.fields) {
    const auto* member = find(members, field.name);
    if (member == nullptr || member->is_null()) {
      if (!field.required || field.type.kind == Kind::Flag) continue;
      return fmt::format("can't parse {}: can't find field \"{}\"", object.name, field.name);
    }
    auto problem = mismatch(facts, field.type, *member, field.name);
    if (!problem) continue;
    if (problem->starts_with("can't parse")) return problem;
    return fmt::format("can't parse {}: {}", object.name, *problem);
  }
  return std::nullopt;
}

Problem union_mismatch(const ApiFacts& facts, const ApiType& type, const json::value& value,
                       std::string_view name) {
  Problem first;
  Problem alike;
  for (const auto& option : type.parts) {
    auto problem = mismatch(facts, option, value, name);
    if (!problem) return std::nullopt;
    if (!first) first = problem;
    const auto* object = option.kind == Kind::Named ? facts.object(option.name) : nullptr;
    if (!alike && object != nullptr && value.is_object() &&
        has_its_words(*object, value.get_object())) {
      alike = std::move(problem);
    }
  }
  if (alike) return alike;
  const auto& head = type.parts.front();
  if (head.kind == Kind::Word || head.kind == Kind::Constant) {
    return fmt::format("field \"{}\" has an unsupported value", name);
  }
  if (head.kind == Kind::Named && value.is_object()) {
    return fmt::format("can't parse {}: unsupported type specified", name);
  }
  return first;
}

}  // namespace

std::string_view word_for(const ApiType& type) {
  switch (type.kind) {
    case Kind::Named:
      return type.name;
    case Kind::Number:
    case Kind::Constant:
      return "Integer";
    case Kind::Flag:
    case Kind::True:
      return "Boolean";
    case Kind::Union:
      return word_for(type.parts.front());
    case Kind::List:
      return "Array";
    case Kind::Text:
    case Kind::File:
    case Kind::Word:
      break;
  }
  return "String";
}

std::optional<std::string> mismatch(const ApiFacts& facts, const ApiType& type,
                                    const json::value& value, std::string_view name) {
  switch (type.kind) {
    case Kind::Number:
      return is_number(value) ? std::nullopt : wrong_type(name, "Number");
    case Kind::Constant:
      return is_constant(type, value) ? std::nullopt : wrong_type(name, "Number");
    case Kind::Text:
    case Kind::File:
      return value.is_string() || value.is_number() ? std::nullopt : wrong_type(name, "String");
    case Kind::Word:
      if (value.is_string() && std::string_view(value.get_string()) == type.name) {
        return std::nullopt;
      }
      return fmt::format("field \"{}\" must be \"{}\"", name, type.name);
    case Kind::Flag:
    case Kind::True:
      return value.is_bool() ? std::nullopt : wrong_type(name, "Boolean");
    case Kind::List: {
      if (!value.is_array()) {
        return fmt::format("expected an Array of {}", word_for(type.parts.front()));
      }
      for (const auto& item : value.get_array()) {
        const auto& part = type.parts.front();
        if (auto problem = mismatch(facts, part, item, word_for(part))) return problem;
      }
      return std::nullopt;
    }
    case Kind::Union:
      return union_mismatch(facts, type, value, name);
    case Kind::Named: {
      const auto* object = facts.object(type.name);
      if (object == nullptr) return std::nullopt;
      if (!object->is_alias) return object_mismatch(facts, *object, value);
      return mismatch(facts, object->alias, value, object->name);
    }
  }
  return std::nullopt;
}

}  // namespace chorus::sandbox::telegram
