#include "chorus/proto/matrix/content.hpp"

#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"

#include <algorithm>
#include <utility>

namespace chorus::proto::matrix {

namespace {

std::string text_of(const json::object& object, std::string_view key) {
  return to_valid_utf8(find_string(object, key).value_or(""));
}

Result<MessageBody> decode_body(const json::object& content) {
  const auto msgtype = find_string(content, "msgtype");
  const auto body = find_string(content, "body");
  if (!msgtype || !body) return fail(ErrorCode::ParseError, "content.msgtype and body are needed");
  MessageBody out;
  out.msgtype = to_valid_utf8(*msgtype);
  out.body = to_valid_utf8(*body);
  out.formatted_body = text_of(content, "formatted_body");
  out.url = text_of(content, "url");
  out.mentions = decode_mentions(content);
  return out;
}

void write_body(JsonWriter& out, const MessageBody& content) {
  out.field("msgtype", content.msgtype).field("body", content.body);
  if (!content.formatted_body.empty()) {
    out.field("format", "org.matrix.custom.html").field("formatted_body", content.formatted_body);
  }
  if (!content.url.empty()) out.field("url", content.url);
  if (!content.mentions) return;
  out.key("m.mentions").begin_object();
  if (!content.mentions->user_ids.empty()) {
    out.key("user_ids").begin_array();
    for (const auto& id : content.mentions->user_ids) out.value(id);
    out.end_array();
  }
  if (content.mentions->room) out.field("room", true);
  out.end_object();
}

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         byte == '_';
}

bool has_word(std::string_view lower_text, std::string_view lower_word) {
  if (lower_word.empty()) return false;
  for (auto at = lower_text.find(lower_word); at != std::string_view::npos;
       at = lower_text.find(lower_word, at + 1)) {
    const auto end = at + lower_word.size();
    const bool begins = at == 0 || !is_word_byte(lower_text[at - 1]);
    const bool ends = end == lower_text.size() || !is_word_byte(lower_text[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

Relation decode_relation(const json::object& content) {
  Relation out;
  const auto* relates = find_object(content, "m.relates_to");
  if (relates == nullptr) return out;
  if (const auto* reply = find_object(*relates, "m.in_reply_to")) {
    out.in_reply_to = text_of(*reply, "event_id");
  }
  auto event_id = text_of(*relates, "event_id");
  auto rel_type = text_of(*relates, "rel_type");
  if (rel_type.empty() || event_id.empty()) return out;
  out.rel_type = std::move(rel_type);
  out.event_id = std::move(event_id);
  if (out.rel_type == kAnnotation) out.key = text_of(*relates, "key");
  out.is_falling_back = out.is_thread() && find_bool(*relates, "is_falling_back").value_or(false);
  return out;
}

std::optional<Mentions> decode_mentions(const json::object& content) {
  const auto* found = find_object(content, "m.mentions");
  if (found == nullptr) return std::nullopt;
  Mentions out;
  out.room = find_bool(*found, "room").value_or(false);
  if (const auto* ids = find_array(*found, "user_ids")) {
    for (const auto& id : *ids) {
      if (id.is_string()) out.user_ids.push_back(to_valid_utf8(id.get_string()));
    }
  }
  return out;
}

Result<MessageContent> decode_message(const json::object& content) {
  CH_TRY(auto body, decode_body(content));
  MessageContent out;
  static_cast<MessageBody&>(out) = std::move(body);
  out.relation = decode_relation(content);
  if (!out.relation.is_edit()) return out;
  if (const auto* inner = find_object(content, "m.new_content")) {
    if (auto decoded = decode_body(*inner)) out.new_content = std::move(*decoded);
  }
  return out;
}

void write_relation(JsonWriter& out, const Relation& relation) {
  out.begin_object();
  if (!relation.rel_type.empty()) {
    out.field("rel_type", relation.rel_type).field("event_id", relation.event_id);
    if (relation.rel_type == kAnnotation) out.field("key", relation.key);
    if (relation.is_falling_back) out.field("is_falling_back", true);
  }
  if (!relation.in_reply_to.empty()) {
    out.key("m.in_reply_to").begin_object().field("event_id", relation.in_reply_to).end_object();
  }
  out.end_object();
}

void write_message(JsonWriter& out, const MessageContent& content) {
  out.begin_object();
  write_body(out, content);
  if (content.new_content) {
    out.key("m.new_content").begin_object();
    write_body(out, *content.new_content);
    out.end_object();
  }
  if (!content.relation.empty()) {
    out.key("m.relates_to");
    write_relation(out, content.relation);
  }
  out.end_object();
}

MessageContent edit_of(std::string_view event_id, MessageBody new_content) {
  MessageContent out;
  static_cast<MessageBody&>(out) = new_content;
  out.body.insert(0, "* ");
  if (!out.formatted_body.empty()) out.formatted_body.insert(0, "* ");
  out.relation.rel_type = kReplace;
  out.relation.event_id = event_id;
  out.new_content = std::move(new_content);
  return out;
}

void write_reaction(JsonWriter& out, std::string_view event_id, std::string_view key) {
  Relation relation;
  relation.rel_type = kAnnotation;
  relation.event_id = event_id;
  relation.key = key;
  out.begin_object().key("m.relates_to");
  write_relation(out, relation);
  out.end_object();
}

std::string_view without_reply_fallback(std::string_view body) {
  auto rest = body;
  bool quoted = false;
  while (rest.starts_with("> ") || rest == ">" || rest.starts_with(">\n")) {
    quoted = true;
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  if (!quoted || !rest.starts_with('\n')) return body;  // a quote of the writer's own
  rest.remove_prefix(1);
  return rest;
}

bool mentions_user(const MessageBody& message, std::string_view user_id) {
  if (message.mentions) {
    return std::ranges::find(message.mentions->user_ids, user_id) !=
           message.mentions->user_ids.end();
  }
  const auto id = parse_user_id(user_id);
  if (!id) return false;
  const auto body = ascii_lower(without_reply_fallback(message.body));
  if (body.find(ascii_lower(user_id)) != std::string::npos) return true;
  if (has_word(body, ascii_lower(id->localpart))) return true;
  const auto html = ascii_lower(percent_decode(message.formatted_body, false));
  return html.find("matrix.to/#/" + ascii_lower(user_id)) != std::string::npos;
}

}  // namespace chorus::proto::matrix
