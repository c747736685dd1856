#include "chorus/fleet/tools/tool_arguments.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet {
namespace {

using Type = ToolParam::Type;

template <class Map>
auto* found_in(const Map& map, std::string_view name) {
  const auto it = map.find(name);
  return it == map.end() ? nullptr : &it->second;
}

std::unexpected<Error> refused(std::string why) {
  return fail(ErrorCode::InvalidArgument, std::move(why));
}

void write_property(JsonWriter& w, const ToolParam& p) {
  w.key(p.name).begin_object();
  switch (p.type) {
    case Type::Text:
      w.field("type", "string").field("minLength", p.least).field("maxLength", p.most);
      break;
    case Type::Whole:
      w.field("type", "integer").field("minimum", p.least).field("maximum", p.most);
      break;
    case Type::Choice:
      w.field("type", "string").key("enum").begin_array();
      for (const auto choice : p.choices) w.value(choice);
      w.end_array();
      break;
    case Type::Texts:
      w.field("type", "array").field("maxItems", p.most);
      w.key("items").begin_object().field("type", "string");
      w.field("maxLength", static_cast<std::int64_t>(kLongestListed)).end_object();
      break;
  }
  w.field("description", p.description).end_object();
}

/// Clean and within the bounds; a text that is only too long is refused, not cut: half of what a
/// person wanted is not what they wanted.
Result<std::string> text_of(const json::value& value, const ToolParam& p) {
  const auto* text = value.if_string();
  if (text == nullptr) return refused(fmt::format("'{}' must be a text", p.name));
  std::string clean = sanitise_text(std::string_view(text->data(), text->size()),
                                    static_cast<std::size_t>(p.most) + 1);
  clean = std::string(trim(clean));
  const auto length = static_cast<std::int64_t>(code_point_count(clean));
  if (length < p.least || length > p.most) {
    return refused(fmt::format("'{}' must have {} to {} characters", p.name, p.least, p.most));
  }
  return clean;
}

Result<std::int64_t> whole_of(const json::value& value, const ToolParam& p) {
  const auto number = as_int(value);
  if (!number || *number < p.least || *number > p.most) {
    return refused(
        fmt::format("'{}' must be a whole number from {} to {}", p.name, p.least, p.most));
  }
  return *number;
}

Result<std::string> choice_of(const json::value& value, const ToolParam& p) {
  const auto* text = value.if_string();
  const auto chosen =
      text == nullptr ? p.choices.end() : std::ranges::find(p.choices, std::string_view(*text));
  if (chosen == p.choices.end()) {
    return refused(fmt::format("'{}' must be one of: {}", p.name, fmt::join(p.choices, ", ")));
  }
  return std::string(*chosen);
}

Result<std::vector<std::string>> list_of(const json::value& value, const ToolParam& p) {
  const auto* list = value.if_array();
  if (list == nullptr || list->size() > static_cast<std::size_t>(p.most)) {
    return refused(fmt::format("'{}' must be a list of at most {} texts", p.name, p.most));
  }
  const ToolParam item{.name = p.name,
                       .type = Type::Text,
                       .description = {},
                       .required = true,
                       .least = 1,
                       .most = static_cast<std::int64_t>(kLongestListed)};
  std::vector<std::string> out;
  for (const auto& entry : *list) {
    CH_TRY(std::string text, text_of(entry, item));
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace

std::string schema_json(std::span<const ToolParam> params) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("type", "object").key("properties").begin_object();
  for (const ToolParam& p : params) write_property(w, p);
  w.end_object().key("required").begin_array();
  for (const ToolParam& p : params) {
    if (p.required) w.value(p.name);
  }
  w.end_array().field("additionalProperties", false).end_object();
  return out;
}

std::optional<std::string_view> ToolArguments::text(std::string_view name) const {
  const auto* text = found_in(texts_, name);
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
}

std::optional<std::int64_t> ToolArguments::whole(std::string_view name) const {
  const auto* number = found_in(wholes_, name);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::vector<std::string> ToolArguments::texts(std::string_view name) const {
  const auto* list = found_in(lists_, name);
  return list == nullptr ? std::vector<std::string>{} : *list;
}

Result<ToolArguments> decode_arguments(std::span<const ToolParam> params, std::string_view text) {
  if (text.size() > kLongestArguments) return refused("the arguments are too long");
  if (trim(text).empty()) text = "{}";
  const auto document = parse_json(text, {}, 4);
  if (!document || !document->is_object()) return refused("the arguments must be one JSON object");
  ToolArguments out;
  for (const auto& [key, value] : document->get_object()) {
    const std::string_view name(key.data(), key.size());
    const auto param = std::ranges::find(params, name, &ToolParam::name);
    if (param == params.end()) return refused("there is an argument that this tool does not have");
    if (value.is_null()) continue;
    switch (param->type) {
      case Type::Text: {
        CH_TRY(out.texts_[std::string(name)], text_of(value, *param));
        break;
      }
      case Type::Choice: {
        CH_TRY(out.texts_[std::string(name)], choice_of(value, *param));
        break;
      }
      case Type::Whole: {
        CH_TRY(out.wholes_[std::string(name)], whole_of(value, *param));
        break;
      }
      case Type::Texts: {
        CH_TRY(out.lists_[std::string(name)], list_of(value, *param));
        break;
      }
    }
  }
  for (const ToolParam& p : params) {
    if (p.required && !out.texts_.contains(p.name) && !out.wholes_.contains(p.name) &&
        !out.lists_.contains(p.name)) {
      return refused(fmt::format("'{}' is missing", p.name));
    }
  }
  return out;
}

}  // namespace chorus::fleet
