#include "chorus/sandbox/control/views.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/control/lookup.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace chorus::sandbox::control {

namespace {

std::int64_t millis(WallTime t) {
  return to_micros(t) / 1000;
}

std::string_view kind_name(MessageKind kind) {
  switch (kind) {
    case MessageKind::Text:
      return "text";
    case MessageKind::Photo:
      return "photo";
    case MessageKind::Document:
      return "document";
    case MessageKind::Service:
      return "service";
    case MessageKind::Media:
      return "media";
    case MessageKind::Content:
      return "content";
  }
  return "text";
}

void write_room_id(JsonWriter& out, const Room& room) {
  if (room.is_private()) {
    out.value(room_reference(room));
  } else {
    out.value(room.id.value);
  }
}

bool is_anonymous(const Message& message) {
  return message.from == nullptr || message.as_room;
}

/// Formatting of the text, an array as the platform writes it: a page shows bold as bold.
std::string entities_of(const Message& message) {
  if (message.wire.find("entities\":") == std::string::npos) return "[]";
  const auto content = parse_json("{" + message.wire + "}");
  if (!content || !content->is_object()) return "[]";
  for (const auto* key : {"entities", "caption_entities"}) {
    const auto* found = content->get_object().if_contains(key);
    if (found != nullptr && found->is_array()) return json::serialize(*found);
  }
  return "[]";
}

void write_last(JsonWriter& out, const Room& room) {
  const auto found = std::find_if(room.messages.rbegin(), room.messages.rend(),
                                  [](const Message& m) { return !m.deleted; });
  if (found == room.messages.rend()) {
    out.null();
    return;
  }
  constexpr std::size_t kPreview = 120;
  out.begin_object();
  out.field("from_name", is_anonymous(*found) ? room.title : found->from->first_name);
  out.field("text", truncate_code_points(found->text, kPreview))
      .field("kind", kind_name(found->kind));
  out.field("at", millis(found->date)).end_object();
}

}  // namespace

void write_account(JsonWriter& out, const Account& account) {
  out.begin_object();
  out.field("id", account.id.value).field("name", account.username);
  out.field("first_name", account.first_name).field("platform", to_string(account.platform));
  if (account.platform == Platform::Matrix) out.field("user_id", account.wire);
  if (account.is_bot) {
    out.field("username", account.username).field("token", account.token);
    out.field("privacy", account.privacy).field("bot_to_bot", account.bot_to_bot);
    out.field("admin", account.admin).field("self_registered", account.self_registered);
    out.field("pending", account.queue ? account.queue->size() : std::size_t{0});
  } else {
    out.field("language", account.language);
  }
  out.end_object();
}

void write_room(JsonWriter& out, const Room& room) {
  out.begin_object().key("id");
  write_room_id(out, room);
  out.field("name", room.name).field("title", room.title);
  out.field("type", to_string(room.type)).field("platform", to_string(room.platform));
  if (room.platform == Platform::Matrix) out.field("room_id", room.wire);
  out.key("bots").begin_array();
  if (room.is_private()) {
    out.value(room.bot->username);
  } else {
    for (const auto* bot : room.bots) out.value(bot->username);
  }
  out.end_array();
  out.key("people").begin_array();
  if (room.is_private()) {
    out.value(room.peer->username);
  } else {
    for (const auto& [id, member] : room.members) {
      if (!member.account->is_bot && is_present(member.standing))
        out.value(member.account->username);
    }
  }
  out.end_array();
  out.field("messages", room.messages.size());
  out.field("last_message_id", room.messages.empty() ? 0 : room.messages.back().id.value);
  out.key("last");
  write_last(out, room);
  out.end_object();
}

void write_message(JsonWriter& out, const Room& room, const Message& message) {
  out.begin_object();
  out.field("message_id", message.id.value).key("room");
  write_room_id(out, room);
  const bool anonymous = is_anonymous(message);
  out.field("from", anonymous ? room.name : message.from->username);
  out.field("from_name", anonymous ? room.title : message.from->first_name);
  out.field("is_bot", message.from != nullptr && message.from->is_bot);
  out.field("text", message.text).field("kind", kind_name(message.kind));
  out.key("entities").raw(entities_of(message)).key("reply_to");
  if (message.reply_to) {
    out.value(message.reply_to.value);
  } else {
    out.null();
  }
  if (message.topic) out.field("thread", message.topic.value);
  const std::string& markup = message.markup_shown.empty() ? message.markup : message.markup_shown;
  out.key("reply_markup").raw(markup.empty() ? "null" : markup);
  // One entry per emoji, in order of the first reaction with it.
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> grouped;
  for (const auto& reaction : message.reactions) {
    auto found = std::find_if(grouped.begin(), grouped.end(),
                              [&](const auto& g) { return g.first == reaction.emoji; });
    if (found == grouped.end()) {
      grouped.push_back({reaction.emoji, {}});
      found = std::prev(grouped.end());
    }
    found->second.push_back(reaction.by.value);
  }
  out.key("reactions").begin_array();
  for (const auto& [emoji, by] : grouped) {
    out.begin_object().field("emoji", emoji).field("count", by.size()).key("by").begin_array();
    for (const auto id : by) out.value(id);
    out.end_array().end_object();
  }
  out.end_array();
  out.field("at", millis(message.date)).key("edited_at");
  if (message.edited == WallTime{}) {
    out.null();
  } else {
    out.value(millis(message.edited));
  }
  out.end_object();
}

json::array methods_json(const CallTally& tally) {
  json::array out;
  for (const auto& [door, methods] : tally.doors()) {
    for (const auto& [name, m] : methods) {
      json::object statuses;
      for (const auto& [status, count] : m.statuses) statuses[std::to_string(status)] = count;
      json::array within;
      for (std::size_t i = 0; i < m.at_most.size(); ++i) {
        within.push_back(json::array{CallTally::kBoundsMs[i], m.at_most[i]});
      }
      out.push_back(json::object{{"door", door},
                                 {"method", name},
                                 {"count", m.count},
                                 {"statuses", std::move(statuses)},
                                 {"seconds", m.seconds},
                                 {"at_most_ms", std::move(within)}});
    }
  }
  return out;
}

}  // namespace chorus::sandbox::control
