#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/matrix/membership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// Sending events, with the exact idempotency of transaction ids.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::size_t kMaxEvent = 65'536;
constexpr std::size_t kMaxName = 255;

Reply event_id_reply(std::string_view id) {
  std::string out;
  JsonWriter(out).begin_object().field("event_id", id).end_object();
  return Reply::ok(std::move(out));
}

/// The body as content of an event: an object of integers, not too large.
Step<json::object> content_of(const Call& call) {
  auto body = body_of(call);
  if (!body) return body;
  for (const auto& [key, value] : *body) {
    if (!has_only_integers(value)) {
      return std::unexpected(Reply::bad("Bad JSON value: float"));
    }
  }
  if (call.request.body.size() > kMaxEvent - 512) {
    return std::unexpected(Reply::error(413, "M_TOO_LARGE", "event too large"));
  }
  return body;
}

Step<void> may_send(const Call& call, const RoomLog& log, std::string_view type, bool state) {
  if (type.size() > kMaxName) {
    return std::unexpected(Reply::error(413, "M_TOO_LARGE", "'type' too large"));
  }
  if (log.levels().may_send(call.user_id(), type, state)) return {};
  return std::unexpected(Reply::forbidden(
      fmt::format("You don't have permission to post that to the room. user_level ({}) < "
                  "send_level ({})",
                  log.levels().of(call.user_id()), log.levels().needed_for(type, state))));
}

/// What relations forbid. Source: reference matrix.md 1.3.
Step<void> check_relation(const Call& call, const RoomLog& log, std::string_view type,
                          const mx::Relation& relation) {
  if (relation.rel_type.empty()) return {};
  const auto target = log.find(relation.event_id);
  if (relation.is_thread() && target && !target->relation.rel_type.empty()) {
    return std::unexpected(
        Reply::error(400, "M_UNKNOWN", "Cannot start threads from an event with a relation"));
  }
  if (relation.rel_type != mx::kAnnotation) return {};
  for (const auto& child : log.children(relation.event_id)) {
    if (child->sender == call.user->account && child->type == type &&
        child->relation.key == relation.key && !child->redacted) {
      return std::unexpected(
          Reply::error(400, "M_DUPLICATE_ANNOTATION", "Can't send same reaction twice"));
    }
  }
  return {};
}

/// The world's message that an edit changes; nullptr when the edit counts for nothing.
Message* edited_message(const Call& call, RoomLog& log, const mx::Relation& relation) {
  const auto target = log.find(relation.event_id);
  if (!target || !target->message || target->sender != call.user->account ||
      target->relation.is_edit() || target->redacted) {
    return nullptr;
  }
  return log.room().find(target->message);
}

void send_message(Call& call, RoomLog& log, const json::object& content,
                  const mx::Relation& relation) {
  const auto decoded = mx::decode_message(content);
  if (relation.is_edit()) {
    if (auto* message = edited_message(call, log, relation)) {
      if (decoded)
        message->text = decoded->new_content ? decoded->new_content->body : decoded->body;
      call.world().edits(log.room(), *message);
      return;
    }
    call.hub.add(log, call.account(), std::string(mx::kMessage), "{}");
    return;
  }
  Draft draft;
  if (decoded) {
    draft.text = relation.in_reply_to.empty()
                     ? decoded->body
                     : std::string(mx::without_reply_fallback(decoded->body));
    for (const auto& id : decoded->mentions.value_or(mx::Mentions{}).user_ids) {
      if (const auto* user = call.hub.find_user(id)) {
        draft.address.mentions.push_back(user->account->id);
      }
    }
  }
  // What it answers: the message itself, or for clients without threads the thread's root.
  auto answered = std::string(relation.reply_target());
  if (answered.empty()) answered = relation.in_reply_to;
  if (answered.empty() && relation.is_thread()) answered = relation.event_id;
  if (const auto target = log.find(answered)) draft.reply_to = target->message;
  call.world().says(log.room(), call.account(), std::move(draft), "send");
}

void react(Call& call, RoomLog& log, const mx::Relation& relation) {
  const auto target = log.find(relation.event_id);
  auto* message = target ? log.room().find(target->message) : nullptr;
  if (message != nullptr && relation.rel_type == mx::kAnnotation && !relation.key.empty()) {
    call.world().adds_reaction(log.room(), *message, call.account(), relation.key);
  } else {
    call.hub.add(log, call.account(), std::string(mx::kReaction), "{}");
  }
}

/// Takes the event back in the world, too, when it is a message or a reaction there.
void redact(Call& call, RoomLog& log, const EventPtr& target) {
  if (target->message && !target->relation.is_edit()) {
    if (auto* message = log.room().find(target->message)) {
      call.world().delete_message(log.room(), *message, call.account());
      return;
    }
  }
  if (target->type == mx::kReaction && !target->redacted) {
    const auto parent = log.find(target->relation.event_id);
    auto* message = parent ? log.room().find(parent->message) : nullptr;
    if (message != nullptr) {
      call.world().drops_reaction(log.room(), *message, *target->sender, target->relation.key);
    }
  }
  call.hub.add_redaction(log, call.account(), std::string(target->id), "{}");
}

Reply send_redaction(Call& call, RoomLog& log, const std::string& target_id, Origin& origin) {
  const auto target = log.find(target_id);
  if (!target) return Reply::not_found("Event to redact was not found");
  const auto& levels = log.levels();
  const bool own = target->sender == call.user->account;
  if (!levels.may_send(call.user_id(), mx::kRedaction, false) ||
      (!own && levels.of(call.user_id()) < levels.redact)) {
    return Reply::forbidden("You don't have permission to redact events");
  }
  if (auto fine = charge(call, Limiter::Message); !fine) return fine.error();
  const Hub::Using using_origin(call.hub, origin);
  redact(call, log, target);
  return origin.made ? event_id_reply(origin.made->id)
                     : Reply::error(500, "M_UNKNOWN", "The event was not made");
}

}  // namespace

Reply send_event(Call& call) {
  const auto type = call.parts[1];
  const auto txn = call.parts[2];
  auto joined = joined_room(call, call.parts[0]);
  if (call.log == nullptr) return std::move(joined).error();
  auto& log = *call.log;
  const auto key = call.txn_key(type, txn);
  // A repetition gets the answer that it had, whatever has changed since.
  if (const auto& made = call.hub.transactions().find(key); !made.empty()) {
    return event_id_reply(made);
  }
  if (!joined) return std::move(joined).error();
  auto content = content_of(call);
  if (!content) return std::move(content).error();
  if (auto fine = may_send(call, log, type, false); !fine) return fine.error();
  const auto relation = mx::decode_relation(*content);
  if (auto fine = check_relation(call, log, type, relation); !fine) return fine.error();
  auto origin = call.origin(type, json::serialize(*content));
  origin.device = call.device;
  origin.txn_id = txn;
  origin.txn_key = key;
  if (type == mx::kRedaction) {
    return send_redaction(
        call, log, std::string(chorus::find_string(*content, "redacts").value_or("")), origin);
  }
  if (auto fine = charge(call, Limiter::Message); !fine) return fine.error();
  const Hub::Using using_origin(call.hub, origin);
  if (type == mx::kMessage) {
    send_message(call, log, *content, relation);
  } else if (type == mx::kReaction) {
    react(call, log, relation);
  } else {
    call.hub.add(log, call.account(), type, "{}");
  }
  if (origin.made) return event_id_reply(origin.made->id);
  // The world has this reaction, of an event older than the history that is kept.
  return Reply::error(400, "M_DUPLICATE_ANNOTATION", "Can't send same reaction twice");
}

Reply redact_event(Call& call) {
  const auto target = call.parts[1];
  const auto txn = call.parts[2];
  auto joined = joined_room(call, call.parts[0]);
  if (call.log == nullptr) return std::move(joined).error();
  const auto key = call.txn_key("redact " + target, txn);
  if (const auto& made = call.hub.transactions().find(key); !made.empty()) {
    return event_id_reply(made);
  }
  if (!joined) return std::move(joined).error();
  auto content = content_of(call);
  if (!content) return std::move(content).error();
  auto origin = call.origin({}, json::serialize(*content));
  origin.device = call.device;
  origin.txn_id = txn;
  origin.txn_key = key;
  return send_redaction(call, *call.log, target, origin);
}

Reply put_state(Call& call) {
  auto joined = joined_room(call, call.parts[0]);
  if (!joined) return std::move(joined).error();
  auto& log = **joined;
  const auto type = call.parts[1];
  const auto key = call.parts.size() > 2 ? call.parts[2] : std::string();
  if (key.size() > kMaxName) return Reply::error(413, "M_TOO_LARGE", "'state_key' too large");
  auto content = content_of(call);
  if (!content) return std::move(content).error();
  const auto text = json::serialize(*content);
  if (type == mx::kMember) {
    return Reply::error(400, "M_UNKNOWN",
                        "Membership is changed by join, leave, invite, kick and ban here");
  }
  if (auto fine = may_send(call, log, type, true); !fine) return fine.error();
  // Source: reference matrix.md, tier B: identical content gives the event that is there.
  if (const auto current = log.state_of(type, key);
      current && current->content == text && current->sender == call.user->account) {
    return event_id_reply(current->id);
  }
  if (key.starts_with('@') && key != call.user_id()) {
    return Reply::forbidden("You are not allowed to set others state");
  }
  if (auto fine = charge(call, Limiter::Message); !fine) return fine.error();
  auto origin = call.origin(type, text);
  const Hub::Using using_origin(call.hub, origin);
  const auto event = call.hub.add(log, call.account(), type, text, key);
  if (type == "m.room.name") {
    const auto name = chorus::find_string(*content, "name").value_or("");
    if (!name.empty()) call.world().rename(log.room(), to_valid_utf8(name));
  }
  return event_id_reply(event->id);
}

}  // namespace chorus::sandbox::matrix
