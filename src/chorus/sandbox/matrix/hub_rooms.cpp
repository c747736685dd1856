#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/matrix/hub.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace chorus::sandbox::matrix {

namespace {

std::int64_t millis(WallTime t) {
  return to_micros(t) / 1000;
}

std::string one_text(std::string_view key, std::string_view value) {
  std::string out;
  JsonWriter(out).begin_object().field(key, value).end_object();
  return out;
}

/// Members of `base` replaced by those of `over`; both are JSON objects.
std::string merged(std::string_view base, std::string_view over) {
  auto result = parse_json(base);
  const auto more = parse_json(over);
  if (!result || !more || !result->is_object() || !more->is_object()) return std::string(base);
  for (const auto& [key, value] : more->get_object()) result->get_object()[key] = value;
  return json::serialize(*result);
}

}  // namespace

std::string Hub::make_event_id(const RoomLog& log, std::int64_t position) const {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr std::size_t kLength = 43;
  Rng letters(stable_hash(log.id(), static_cast<std::uint64_t>(position)));
  std::string id = "$";
  while (id.size() <= kLength) {
    auto bits = letters.next();
    for (int i = 0; i < 10 && id.size() <= kLength; ++i, bits >>= 6) id += kAlphabet[bits & 63];
  }
  return id;
}

RoomLog* Hub::find_log(std::string_view room_id) const {
  const auto found = by_room_id_.find(std::string(room_id));
  return found == by_room_id_.end() || found->second->room().deleted ? nullptr : found->second;
}

RoomLog& Hub::log_of(Room& room) {
  auto& log = logs_[room.serial];
  if (!log) {
    log = std::make_unique<RoomLog>(room);
    by_room_id_[room.wire] = log.get();
  }
  return *log;
}

RoomLog* Hub::find_alias(std::string_view alias) const {
  const auto found = aliases_.find(std::string(alias));
  return found == aliases_.end() || found->second->room().deleted ? nullptr : found->second;
}

void Hub::set_alias(const std::string& alias, RoomLog& log) {
  aliases_[alias] = &log;
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "alias")
      .field("alias", alias)
      .field("room", log.room().serial)
      .end_object();
  record(line);
}

void Hub::remove_alias(const std::string& alias) {
  aliases_.erase(alias);
  std::string line;
  JsonWriter(line).begin_object().field("k", "alias_gone").field("alias", alias).end_object();
  record(line);
}

EventPtr Hub::add(RoomLog& log, Account& sender, std::string type, std::string content,
                  std::optional<std::string> state_key, PlatformMessageId message) {
  auto event = std::make_shared<LogEvent>();
  std::string txn_key;
  event->ts = millis(loop_.wall_now());
  if (origin_ != nullptr && !origin_->made) {
    if (!origin_->type.empty()) type = std::move(origin_->type);
    if (!origin_->content.empty()) content = std::move(origin_->content);
    event->device = std::move(origin_->device);
    event->txn_id = std::move(origin_->txn_id);
    txn_key = std::move(origin_->txn_key);
    if (origin_->ts) event->ts = *origin_->ts;
    origin_->made = event;
  }
  event->type = std::move(type);
  event->content = std::move(content);
  event->state_key = std::move(state_key);
  event->sender = &sender;
  event->message = message;
  take(log, event, txn_key);
  return event;
}

EventPtr Hub::add_redaction(RoomLog& log, Account& sender, const std::string& target,
                            std::string content) {
  auto event = std::make_shared<LogEvent>();
  std::string txn_key;
  event->ts = millis(loop_.wall_now());
  if (origin_ != nullptr && !origin_->made) {
    if (!origin_->content.empty()) content = std::move(origin_->content);
    event->device = std::move(origin_->device);
    event->txn_id = std::move(origin_->txn_id);
    txn_key = std::move(origin_->txn_key);
    if (origin_->ts) event->ts = *origin_->ts;
    origin_->made = event;
  }
  event->type = proto::matrix::kRedaction;
  event->content = merged(content, one_text("redacts", target));
  event->redacts = target;
  event->sender = &sender;
  take(log, event, txn_key);
  return event;
}

void Hub::take(RoomLog& log, EventPtr event, const std::string& txn_key) {
  event->position = next_position();
  event->id = make_event_id(log, event->position);
  if (event->relation.empty() && event->content.find("m.relates_to") != std::string::npos) {
    if (const auto parsed = parse_json(event->content); parsed && parsed->is_object()) {
      event->relation = proto::matrix::decode_relation(parsed->get_object());
    }
  }
  encode(*event);
  log.append(event);
  if (!event->redacts.empty()) log.apply_redaction(event);
  if (!txn_key.empty()) transactions_.add(txn_key, event->id);
  record_event(log, *event, txn_key);
  // Who stops typing has sent something.
  if (auto& typing = ephemerals_.of(log.room().serial).typing; !typing.empty() && event->message) {
    set_typing(log, user_of(*event->sender), false, {});
  }
  if (hook_) hook_(log, event);
  const User* subject = nullptr;
  if (event->type == proto::matrix::kMember) subject = find_user(*event->state_key);
  wake_members(log, subject);
}

void Hub::note_membership(RoomLog& log, const Account& subject) {
  auto& user = user_of(const_cast<Account&>(subject));
  user.rooms[log.id()] = &log;
  if (membership_hook_) membership_hook_(log, subject);
}

void Hub::open(Room& room, const Opening& opening) {
  auto& log = log_of(room);
  Account* creator = nullptr;
  for (const auto& [id, member] : room.members) {
    if (member.standing == Standing::Creator) creator = member.account;
    note_membership(log, *member.account);
  }
  if (creator == nullptr && !room.is_private()) {
    creator = &host();
    world_.place(room, *creator, Standing::Creator);
    note_membership(log, *creator);
  }
  if (creator == nullptr) creator = room.peer;
  // Source: specification, createRoom: the order of events.
  add(log, *creator, "m.room.create",
      merged(
          fmt::format(R"({{"creator":"{}","room_version":"{}"}})", creator->wire, opening.version),
          opening.creation_content),
      "");
  add_join(log, *creator);
  std::string users = fmt::format(R"("{}":100)", creator->wire);
  for (const auto* trusted : opening.trusted) users += fmt::format(R"(,"{}":100)", trusted->wire);
  for (const auto& [id, member] : room.members) {
    if (member.account != creator && member.standing == Standing::Administrator) {
      users += fmt::format(R"(,"{}":50)", member.account->wire);
    }
  }
  add(log, *creator, "m.room.power_levels",
      merged(fmt::format(R"({{"users":{{{}}},"users_default":0,"events":{{)"
                         R"("m.room.name":50,"m.room.power_levels":100,)"
                         R"("m.room.history_visibility":100,"m.room.canonical_alias":50,)"
                         R"("m.room.avatar":50,"m.room.tombstone":100,"m.room.server_acl":100,)"
                         R"("m.room.encryption":100}},"events_default":0,"state_default":50,)"
                         R"("ban":50,"kick":50,"redact":50,"invite":{},"historical":100}})",
                         users, opening.preset == "public_chat" ? 50 : 0),
             opening.power_overrides),
      "");
  if (!opening.alias.empty()) {
    set_alias(opening.alias, log);
    add(log, *creator, "m.room.canonical_alias", one_text("alias", opening.alias), "");
  }
  const bool is_public = opening.preset == "public_chat";
  add(log, *creator, "m.room.join_rules", one_text("join_rule", is_public ? "public" : "invite"),
      "");
  add(log, *creator, "m.room.history_visibility", R"({"history_visibility":"shared"})", "");
  if (!is_public) add(log, *creator, "m.room.guest_access", R"({"guest_access":"can_join"})", "");
  for (const auto& state : opening.initial_state) {
    add(log, *creator, state.type, state.content, state.key);
  }
  if (!opening.name.empty()) {
    add(log, *creator, "m.room.name", one_text("name", opening.name), "");
  }
  if (!opening.topic.empty()) {
    add(log, *creator, "m.room.topic", one_text("topic", opening.topic), "");
  }
  for (const auto& [id, member] : room.members) {
    if (member.account != creator && is_present(member.standing)) add_join(log, *member.account);
  }
}

void Hub::add_join(RoomLog& log, Account& account) {
  add(log, account, std::string(proto::matrix::kMember), member_content(account, "join"),
      account.wire);
}

void Hub::set_level(RoomLog& log, const StandingChange& change) {
  const auto current = log.state_of("m.room.power_levels");
  if (!current) return;
  auto content = parse_json(current->content);
  if (!content || !content->is_object()) return;
  auto& users = content->get_object()["users"];
  if (!users.is_object()) users.emplace_object();
  std::int64_t level = change.after == Standing::Creator         ? 100
                       : change.after == Standing::Administrator ? 50
                       : change.after == Standing::Restricted    ? -1
                                                                 : 0;
  users.get_object()[change.subject.wire] = level;
  add(log, change.actor, "m.room.power_levels", json::serialize(*content), "");
}

std::string Hub::member_content(Account& account, std::string_view membership) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("membership", membership).field("displayname", account.first_name);
  if (const auto& avatar = user_of(account).avatar; !avatar.empty()) w.field("avatar_url", avatar);
  w.end_object();
  return out;
}

}  // namespace chorus::sandbox::matrix
