#include "chorus/sandbox/matrix/room_log.hpp"

#include "chorus/base/json_writer.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace chorus::sandbox::matrix {

namespace {

/// What a redaction leaves of a state event's content. Source: specification, room version 11
/// ("Redactions").
std::string kept_after_redaction(const LogEvent& event) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKept = {
      {{"m.room.member", "membership"},
       {"m.room.join_rules", "join_rule"},
       {"m.room.history_visibility", "history_visibility"},
       {"m.room.create", "creator"}}};
  if (event.type == "m.room.power_levels") return event.content;
  for (const auto& [type, key] : kKept) {
    if (event.type != type) continue;
    const auto parsed = parse_json(event.content);
    if (!parsed || !parsed->is_object()) break;
    const auto* value = find(parsed->get_object(), key);
    if (value == nullptr) break;
    std::string out;
    JsonWriter(out).begin_object().key(key).raw(json::serialize(*value)).end_object();
    return out;
  }
  return "{}";
}

const std::vector<EventPtr> kNone;

}  // namespace

void encode(LogEvent& event) {
  event.wire.clear();
  event.wire.reserve(event.content.size() + 256);
  JsonWriter out(event.wire);
  out.begin_object().key("content").raw(event.content).field("event_id", event.id);
  out.field("origin_server_ts", event.ts).field("sender", event.sender->wire);
  if (event.state_key) out.field("state_key", *event.state_key);
  // Rooms before version 11 have the target beside the content, later ones in it: both are served.
  if (!event.redacts.empty()) out.field("redacts", event.redacts);
  out.field("type", event.type);
}

void RoomLog::append(EventPtr event) {
  last_position_ = event->position;
  if (event->state_key) {
    auto& current = state_[{event->type, *event->state_key}];
    event->replaces = current;
    current = event;
    if (event->type == "m.room.power_levels") levels_ = PowerLevels::parse(event->content);
    if (event->type == "m.room.create") levels_.set_creator(event->sender->wire);
  }
  index(event);
  events_.push_back(std::move(event));
  if (events_.size() > kMaxEvents) forget_oldest();
}

void RoomLog::index(const EventPtr& event) {
  by_id_[event->id] = event;
  if (event->message && !event->relation.is_edit()) by_message_[event->message.value] = event;
  if (!event->relation.rel_type.empty()) children_[event->relation.event_id].push_back(event);
}

void RoomLog::forget_oldest() {
  const auto oldest = std::move(events_.front());
  events_.pop_front();
  // A chain of old states would keep all of them alive.
  oldest->replaces.reset();
  const bool current = oldest->state_key && state_of(oldest->type, *oldest->state_key) == oldest;
  if (!current) by_id_.erase(oldest->id);
  if (oldest->message) by_message_.erase(oldest->message.value);
  children_.erase(oldest->id);
  if (oldest->relation.rel_type.empty()) return;
  if (const auto siblings = children_.find(oldest->relation.event_id);
      siblings != children_.end()) {
    std::erase(siblings->second, oldest);
    if (siblings->second.empty()) children_.erase(siblings);
  }
}

void RoomLog::apply_redaction(const EventPtr& redaction) {
  const auto target = find(redaction->redacts);
  if (!target || target->redacted) return;
  if (const auto siblings = children_.find(target->relation.event_id);
      siblings != children_.end()) {
    std::erase(siblings->second, target);
  }
  // What it was edited to goes with it; messages of its thread stay.
  if (const auto own = children_.find(target->id); own != children_.end()) {
    std::erase_if(own->second, [](const EventPtr& e) { return !e->relation.is_thread(); });
  }
  target->content = kept_after_redaction(*target);
  target->relation = {};
  target->redacted = redaction;
  encode(*target);
}

EventPtr RoomLog::find(std::string_view event_id) const {
  const auto found = by_id_.find(std::string(event_id));
  return found == by_id_.end() ? nullptr : found->second;
}

EventPtr RoomLog::find_message(PlatformMessageId message) const {
  const auto found = by_message_.find(message.value);
  return found == by_message_.end() ? nullptr : found->second;
}

std::size_t RoomLog::index_after(std::int64_t position) const {
  const auto found = std::ranges::upper_bound(events_, position, {}, &LogEvent::position);
  return static_cast<std::size_t>(std::distance(events_.begin(), found));
}

EventPtr RoomLog::state_of(std::string_view type, std::string_view key) const {
  const auto found = state_.find(StateKey(std::string(type), std::string(key)));
  return found == state_.end() ? nullptr : found->second;
}

EventPtr RoomLog::as_of(EventPtr current, std::int64_t position) {
  while (current && current->position > position) current = current->replaces;
  return current;
}

const std::vector<EventPtr>& RoomLog::children(std::string_view event_id) const {
  const auto found = children_.find(std::string(event_id));
  return found == children_.end() ? kNone : found->second;
}

}  // namespace chorus::sandbox::matrix
