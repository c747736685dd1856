#include "chorus/proto/matrix/appservice.hpp"

#include "chorus/base/text.hpp"

#include <utility>

namespace chorus::proto::matrix {

Result<Transaction> decode_transaction(std::string_view text) {
  CH_TRY(const auto parsed, parse_json(text));
  if (!parsed.is_object()) return fail(ErrorCode::ParseError, "a transaction is an object");
  const auto* events = find_array(parsed.get_object(), "events");
  if (events == nullptr) return fail(ErrorCode::ParseError, "events is missing");
  Transaction out;
  for (const auto& item : *events) {
    if (auto event = decode_event(item)) {
      out.events.push_back(std::move(*event));
    } else {
      ++out.malformed;
    }
  }
  return out;
}

void append_transaction(std::string& text, std::span<const std::string> events,
                        std::span<const std::string> ephemeral) {
  JsonWriter out(text);
  out.begin_object().key("events").begin_array();
  for (const auto& event : events) out.raw(event);
  out.end_array();
  if (!ephemeral.empty()) {
    out.key("ephemeral").begin_array();
    for (const auto& event : ephemeral) out.raw(event);
    out.end_array();
  }
  out.end_object();
}

Result<Registration> decode_registration(const json::object& object) {
  Registration out;
  for (auto [key, target, required] :
       {std::tuple{"id", &out.id, true}, std::tuple{"url", &out.url, false},
        std::tuple{"as_token", &out.as_token, true}, std::tuple{"hs_token", &out.hs_token, true},
        std::tuple{"sender_localpart", &out.sender_localpart, true}}) {
    *target = to_valid_utf8(find_string(object, key).value_or(""));
    if (required && target->empty()) {
      return fail(ErrorCode::ParseError, std::string(key) + " must be a text");
    }
  }
  out.rate_limited = find_bool(object, "rate_limited").value_or(true);
  out.receive_ephemeral = find_bool(object, "receive_ephemeral").value_or(false);
  const auto* namespaces = find_object(object, "namespaces");
  const auto* users = namespaces == nullptr ? nullptr : find_array(*namespaces, "users");
  if (users == nullptr) return out;
  for (const auto& item : *users) {
    const auto regex = item.is_object() ? find_string(item.get_object(), "regex") : std::nullopt;
    if (!regex) return fail(ErrorCode::ParseError, "namespaces.users need a regex each");
    out.users.push_back(
        {to_valid_utf8(*regex), find_bool(item.get_object(), "exclusive").value_or(false)});
  }
  return out;
}

std::string encode_registration(const Registration& registration) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().field("id", registration.id).field("url", registration.url);
  out.field("as_token", registration.as_token).field("hs_token", registration.hs_token);
  out.field("sender_localpart", registration.sender_localpart);
  out.field("rate_limited", registration.rate_limited);
  out.field("receive_ephemeral", registration.receive_ephemeral);
  out.key("namespaces").begin_object().key("users").begin_array();
  for (const auto& users : registration.users) {
    out.begin_object().field("regex", users.regex).field("exclusive", users.exclusive);
    out.end_object();
  }
  out.end_array().end_object().end_object();
  return text;
}

}  // namespace chorus::proto::matrix
