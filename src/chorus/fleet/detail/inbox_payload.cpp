#include "chorus/fleet/detail/inbox_payload.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"

namespace chorus::fleet::detail {
namespace {

void write_message(JsonWriter& w, const IncomingMessage& m) {
  if (!m.mentions.empty()) {
    w.key("mentions").begin_array();
    for (const auto& mention : m.mentions) w.value(mention);
    w.end_array();
  }
  if (!m.mentioned_users.empty()) {
    w.key("users").begin_array();
    for (const auto user : m.mentioned_users) w.value(user.value);
    w.end_array();
  }
  if (m.reply_to_user) w.field("reply_to_user", m.reply_to_user->value);
  if (m.command) w.field("command", *m.command);
  if (m.command_target) w.field("target", *m.command_target);
  if (!m.from_username.empty()) w.field("username", m.from_username);
  if (!m.language.empty()) w.field("language", m.language);
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto found = find_string(object, key);
  return found ? std::string(*found) : std::string();
}

}  // namespace

std::string write_payload(const IncomingUpdate& update) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  if (update.kind == store::InboxKind::Message && update.message) write_message(w, *update.message);
  if (!update.callback_id.empty()) w.field("callback", update.callback_id);
  if (!update.member_status.empty()) w.field("member", update.member_status);
  w.end_object();
  if (out == "{}") out.clear();
  return out;
}

InboxPayload payload_of(IncomingUpdate update) {
  InboxPayload payload;
  payload.callback_id = std::move(update.callback_id);
  payload.member_status = std::move(update.member_status);
  if (!update.message) return payload;
  IncomingMessage& m = *update.message;
  payload.mentions = std::move(m.mentions);
  payload.mentioned_users = std::move(m.mentioned_users);
  payload.reply_to_user = m.reply_to_user;
  payload.command = std::move(m.command);
  payload.command_target = std::move(m.command_target).value_or(std::string());
  payload.username = std::move(m.from_username);
  payload.language = std::move(m.language);
  return payload;
}

InboxPayload read_payload(std::string_view text) {
  InboxPayload payload;
  if (text.empty()) return payload;
  const auto document = parse_json(text, {}, 4);
  if (!document || !document->is_object()) return payload;
  const json::object& object = document->get_object();
  if (const auto* mentions = find_array(object, "mentions")) {
    for (const auto& m : *mentions) {
      if (m.is_string()) payload.mentions.emplace_back(m.get_string());
    }
  }
  if (const auto* users = find_array(object, "users")) {
    for (const auto& u : *users) {
      if (const auto id = as_int(u)) payload.mentioned_users.emplace_back(*id);
    }
  }
  if (const auto user = find_int(object, "reply_to_user")) payload.reply_to_user.emplace(*user);
  if (const auto command = find_string(object, "command")) payload.command.emplace(*command);
  payload.command_target = text_of(object, "target");
  payload.username = text_of(object, "username");
  payload.language = text_of(object, "language");
  payload.callback_id = text_of(object, "callback");
  payload.member_status = text_of(object, "member");
  return payload;
}

bool is_member(std::string_view status) {
  return status == "member" || status == "administrator" || status == "creator" ||
         status == "restricted";
}

}  // namespace chorus::fleet::detail
