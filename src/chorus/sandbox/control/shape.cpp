#include "chorus/sandbox/control/shape.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::sandbox::control {

namespace {

enum class Kind : std::uint8_t { Text, Flag, Number, Name, Names };

struct Member {
  std::string_view name;
  Kind kind;
};

constexpr Member kBot[] = {{"platform", Kind::Text}, {"username", Kind::Text},
                           {"name", Kind::Text},     {"token", Kind::Text},
                           {"privacy", Kind::Flag},  {"bot_to_bot", Kind::Flag},
                           {"admin", Kind::Flag}};
constexpr Member kPerson[] = {{"platform", Kind::Text},
                              {"name", Kind::Text},
                              {"first_name", Kind::Text},
                              {"language", Kind::Text}};
constexpr Member kRoom[] = {{"platform", Kind::Text}, {"type", Kind::Text},
                            {"title", Kind::Text},    {"bots", Kind::Names},
                            {"people", Kind::Names},  {"forum", Kind::Flag}};
constexpr Member kMessage[] = {
    {"room", Kind::Name},    {"bot", Kind::Name},        {"from", Kind::Name},
    {"text", Kind::Text},    {"reply_to", Kind::Number}, {"message_id", Kind::Number},
    {"mention", Kind::Name}, {"callback", Kind::Text},   {"thread", Kind::Number}};
constexpr Member kAction[] = {
    {"type", Kind::Text},       {"room", Kind::Name},    {"bot", Kind::Name},
    {"from", Kind::Name},       {"who", Kind::Name},     {"message_id", Kind::Number},
    {"reply_to", Kind::Number}, {"emoji", Kind::Text},   {"text", Kind::Text},
    {"status", Kind::Text},     {"content", Kind::Text}, {"file_name", Kind::Text},
    {"mime", Kind::Text},       {"kind", Kind::Text}};

std::span<const Member> members_of(Takes takes) {
  switch (takes) {
    case Takes::Bot:
      return kBot;
    case Takes::Person:
      return kPerson;
    case Takes::Room:
      return kRoom;
    case Takes::Message:
      return kMessage;
    case Takes::Action:
      return kAction;
    case Takes::Nothing:
      break;
  }
  return {};
}

bool is_name(const json::value& value) {
  return value.is_string() || as_int(value).has_value();
}

bool is_kind(const json::value& value, Kind kind) {
  switch (kind) {
    case Kind::Text:
      return value.is_string();
    case Kind::Flag:
      return value.is_bool();
    case Kind::Number:
      return as_int(value).has_value();
    case Kind::Name:
      return is_name(value);
    case Kind::Names:
      return value.is_array() && std::ranges::all_of(value.get_array(), is_name);
  }
  return false;
}

std::string_view words_for(Kind kind) {
  switch (kind) {
    case Kind::Text:
      return "a text";
    case Kind::Flag:
      return "true or false";
    case Kind::Number:
      return "a whole number";
    case Kind::Name:
      return "a name or an id";
    case Kind::Names:
      return "a list of names or ids";
  }
  return "of another kind";
}

std::unexpected<Error> unknown(std::string_view name, std::span<const Member> members) {
  if (members.empty()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is unknown: this takes an empty object, {{}}", name));
  }
  std::vector<std::string> names;
  for (const auto& member : members) names.emplace_back(member.name);
  const std::string word(name);
  if (const auto near = nearest(word, names)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is unknown, did you mean '{}'?", word, *near));
  }
  return fail(ErrorCode::InvalidArgument,
              fmt::format("'{}' is unknown; there are {}", word, fmt::join(names, ", ")));
}

}  // namespace

Result<void> check_shape(Takes takes, const json::object& body) {
  const auto members = members_of(takes);
  for (const auto& [key, value] : body) {
    const std::string_view name(key.data(), key.size());
    const auto found = std::ranges::find(members, name, &Member::name);
    if (found == members.end()) return unknown(name, members);
    if (!value.is_null() && !is_kind(value, found->kind)) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("'{}' must be {}", name, words_for(found->kind)));
    }
  }
  if (const auto platform = find_string(body, "platform"); platform && !platform_from(*platform)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("unknown platform '{}'; it is telegram or matrix", *platform));
  }
  return {};
}

Platform platform_of(const json::object& body) {
  const auto name = find_string(body, "platform");
  return name ? platform_from(*name).value_or(Platform::Telegram) : Platform::Telegram;
}

Result<json::object> body_of(const net::Request& request) {
  // A form or a plain text could come from a page of another site without asking first.
  if (!ascii_lower(request.headers.get("Content-Type")).starts_with("application/json")) {
    return fail(ErrorCode::InvalidArgument, "send JSON: Content-Type: application/json");
  }
  if (trim(request.body).empty()) {
    return fail(ErrorCode::InvalidArgument, "the body is empty: send a JSON object");
  }
  auto document = parse_json(request.body);
  if (!document) return fail(ErrorCode::InvalidArgument, document.error().message);
  if (!document->is_object()) {
    return fail(ErrorCode::InvalidArgument, "the body must be a JSON object");
  }
  return std::move(document->get_object());
}

Result<json::object> body_of(const net::Request& request, Takes takes) {
  CH_TRY(json::object body, body_of(request));
  CH_TRY_VOID(check_shape(takes, body));
  return body;
}

}  // namespace chorus::sandbox::control
