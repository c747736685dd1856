#include "chorus/sandbox/telegram/facts/api_facts.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/facts/embedded_bot_api.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace chorus::sandbox::telegram {

namespace {

// Source: tdlib/telegram-bot-api, the methods' table.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kRenamed = {{
    {"kickchatmember", "banchatmember"},
    {"getchatmemberscount", "getchatmembercount"},
    {"setstickersetthumb", "setstickersetthumbnail"},
}};

/// Position of the first `|` outside of quotes and brackets; npos when there is none.
std::size_t end_of_option(std::string_view text) {
  bool quoted = false;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') quoted = !quoted;
    if (quoted) continue;
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (c == '|' && depth == 0) return i;
  }
  return std::string_view::npos;
}

ApiType parse_type(std::string_view text) {
  ApiType type;
  if (end_of_option(text) != std::string_view::npos) {
    type.kind = ApiType::Kind::Union;
    while (true) {
      const auto end = end_of_option(text);
      type.parts.push_back(parse_type(text.substr(0, end)));
      if (end == std::string_view::npos) return type;
      text.remove_prefix(end + 1);
    }
  }
  static constexpr std::array<std::pair<std::string_view, ApiType::Kind>, 5> kPlain = {{
      {"number", ApiType::Kind::Number},
      {"string", ApiType::Kind::Text},
      {"boolean", ApiType::Kind::Flag},
      {"true", ApiType::Kind::True},
      {"file", ApiType::Kind::File},
  }};
  for (const auto& [name, kind] : kPlain) {
    if (text != name) continue;
    type.kind = kind;
    return type;
  }
  if (text.starts_with('[') && text.ends_with(']')) {
    type.kind = ApiType::Kind::List;
    type.parts.push_back(parse_type(text.substr(1, text.size() - 2)));
  } else if (text.starts_with('\'') && text.size() >= 2) {
    type.kind = ApiType::Kind::Word;
    type.name = text.substr(1, text.size() - 2);
  } else if (!text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
    type.kind = ApiType::Kind::Constant;
    type.name = text;
  } else {
    type.kind = ApiType::Kind::Named;
    type.name = text;
  }
  return type;
}

std::vector<ApiField> parse_fields(const json::object& object) {
  std::vector<ApiField> fields;
  fields.reserve(object.size());
  for (const auto& [name, value] : object) {
    if (!value.is_string()) continue;
    std::string_view text = value.get_string();
    ApiField field;
    field.name = std::string(name);
    field.required = !text.ends_with('?');
    if (!field.required) text.remove_suffix(1);
    field.type = parse_type(text);
    fields.push_back(std::move(field));
  }
  return fields;
}

const ApiField* find_field(const std::vector<ApiField>& fields, std::string_view name) {
  const auto it = std::ranges::find(fields, name, &ApiField::name);
  return it == fields.end() ? nullptr : &*it;
}

}  // namespace

const ApiField* ApiMethod::parameter(std::string_view name_of) const {
  return find_field(parameters, name_of);
}

const ApiField* ApiObject::field(std::string_view name_of) const {
  return find_field(fields, name_of);
}

ApiFacts ApiFacts::builtin() {
  auto facts = parse(embedded_bot_api::files().front().bytes);
  CH_CHECK(facts.has_value());
  return std::move(*facts);
}

Result<ApiFacts> ApiFacts::parse(std::string_view json_text) {
  CH_TRY(const auto parsed, parse_json(json_text));
  const auto* root = parsed.if_object();
  const auto* methods = root == nullptr ? nullptr : find_object(*root, "methods");
  const auto* types = root == nullptr ? nullptr : find_object(*root, "types");
  if (methods == nullptr || types == nullptr) {
    return fail(ErrorCode::ParseError, "a table of the Bot API has 'methods' and 'types'");
  }
  ApiFacts facts;
  facts.version_ = std::string(find_string(*root, "version").value_or(""));
  for (const auto& [name, value] : *methods) {
    const auto* body = value.if_object();
    const auto* parameters = body == nullptr ? nullptr : find_object(*body, "params");
    if (parameters == nullptr) {
      return fail(ErrorCode::ParseError, std::string(name) + ": a method has 'params'");
    }
    ApiMethod method;
    method.name = std::string(name);
    method.parameters = parse_fields(*parameters);
    method.returns = parse_type(find_string(*body, "returns").value_or("true"));
    facts.by_method_.emplace(ascii_lower(method.name), facts.methods_.size());
    facts.methods_.push_back(std::move(method));
  }
  for (const auto& [name, value] : *types) {
    ApiObject object;
    object.name = std::string(name);
    object.is_alias = value.is_string();
    if (object.is_alias) object.alias = parse_type(value.get_string());
    if (value.is_object()) object.fields = parse_fields(value.get_object());
    facts.by_object_.emplace(object.name, facts.objects_.size());
    facts.objects_.push_back(std::move(object));
  }
  return facts;
}

const ApiMethod* ApiFacts::method(std::string_view name) const {
  auto lower = ascii_lower(name);
  for (const auto& [old, now] : kRenamed) {
    if (lower == old) lower = now;
  }
  const auto it = by_method_.find(lower);
  return it == by_method_.end() ? nullptr : &methods_[it->second];
}

const ApiObject* ApiFacts::object(std::string_view name) const {
  const auto it = by_object_.find(std::string(name));
  return it == by_object_.end() ? nullptr : &objects_[it->second];
}

}  // namespace chorus::sandbox::telegram
