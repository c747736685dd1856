#include "chorus/proto/matrix/filter.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <utility>

namespace chorus::proto::matrix {

namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  // One '*' is what clients send; with more, the text between them is looked for in order.
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  while (true) {
    const auto next = pattern.find('*');
    if (next == std::string_view::npos) return text.ends_with(pattern);
    const auto found = text.find(pattern.substr(0, next));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + next);
    pattern.remove_prefix(next + 1);
  }
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const auto& p) { return matches(p, text); });
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

Result<std::optional<std::vector<std::string>>> list_of(const json::object& object,
                                                        std::string_view key) {
  const auto* found = find(object, key);
  if (found == nullptr || found->is_null()) return std::optional<std::vector<std::string>>();
  const auto wrong = [&] {
    return fail(ErrorCode::ParseError, std::string(key) + " must be a list of texts");
  };
  if (!found->is_array()) return wrong();
  std::vector<std::string> out;
  for (const auto& item : found->get_array()) {
    if (!item.is_string()) return wrong();
    out.push_back(to_valid_utf8(item.get_string()));
  }
  return std::optional(std::move(out));
}

Result<EventFilter> part(const json::object& object, std::string_view key) {
  const auto* found = find(object, key);
  if (found == nullptr || found->is_null()) return EventFilter{};
  if (!found->is_object()) {
    return fail(ErrorCode::ParseError, std::string(key) + " must be an object");
  }
  return decode_event_filter(found->get_object());
}

void write_list(JsonWriter& out, std::string_view key, const std::vector<std::string>& list) {
  out.key(key).begin_array();
  for (const auto& item : list) out.value(item);
  out.end_array();
}

void write_filter(JsonWriter& out, const EventFilter& filter) {
  out.begin_object();
  if (filter.types) write_list(out, "types", *filter.types);
  if (!filter.not_types.empty()) write_list(out, "not_types", filter.not_types);
  if (filter.senders) write_list(out, "senders", *filter.senders);
  if (!filter.not_senders.empty()) write_list(out, "not_senders", filter.not_senders);
  if (filter.rooms) write_list(out, "rooms", *filter.rooms);
  if (!filter.not_rooms.empty()) write_list(out, "not_rooms", filter.not_rooms);
  if (filter.limit) out.field("limit", *filter.limit);
  if (filter.lazy_load_members) out.field("lazy_load_members", true);
  out.end_object();
}

bool is_room_wanted(const std::optional<std::vector<std::string>>& rooms,
                    const std::vector<std::string>& not_rooms, std::string_view room) {
  return (!rooms || holds(*rooms, room)) && !holds(not_rooms, room);
}

}  // namespace

bool EventFilter::wants(std::string_view type, std::string_view sender) const {
  if (types && !any_matches(*types, type)) return false;
  if (senders && !holds(*senders, sender)) return false;
  return !any_matches(not_types, type) && !holds(not_senders, sender);
}

bool EventFilter::wants_room(std::string_view room_id) const {
  return is_room_wanted(rooms, not_rooms, room_id);
}

bool EventFilter::wants_nothing() const {
  return (types && types->empty()) || (senders && senders->empty()) || (rooms && rooms->empty()) ||
         limit == 0;
}

bool SyncFilter::wants_room(std::string_view room_id) const {
  return is_room_wanted(rooms, not_rooms, room_id);
}

Result<EventFilter> decode_event_filter(const json::object& object) {
  EventFilter out;
  CH_TRY(out.types, list_of(object, "types"));
  CH_TRY(out.senders, list_of(object, "senders"));
  CH_TRY(out.rooms, list_of(object, "rooms"));
  for (auto [key, target] :
       {std::pair{"not_types", &out.not_types}, std::pair{"not_senders", &out.not_senders},
        std::pair{"not_rooms", &out.not_rooms}}) {
    CH_TRY(auto list, list_of(object, key));
    if (list) *target = std::move(*list);
  }
  if (const auto* limit = find(object, "limit"); limit != nullptr && !limit->is_null()) {
    const auto number = as_int(*limit);
    if (!number || *number < 0) return fail(ErrorCode::ParseError, "limit must be 0 or more");
    out.limit = *number;
  }
  out.lazy_load_members = find_bool(object, "lazy_load_members").value_or(false);
  return out;
}

Result<SyncFilter> decode_sync_filter(const json::object& object) {
  SyncFilter out;
  CH_TRY(out.presence, part(object, "presence"));
  CH_TRY(out.account_data, part(object, "account_data"));
  const auto* room = find(object, "room");
  if (room == nullptr || room->is_null()) return out;
  if (!room->is_object()) return fail(ErrorCode::ParseError, "room must be an object");
  const auto& inner = room->get_object();
  CH_TRY(out.rooms, list_of(inner, "rooms"));
  CH_TRY(auto not_rooms, list_of(inner, "not_rooms"));
  if (not_rooms) out.not_rooms = std::move(*not_rooms);
  out.include_leave = find_bool(inner, "include_leave").value_or(false);
  CH_TRY(out.timeline, part(inner, "timeline"));
  CH_TRY(out.state, part(inner, "state"));
  CH_TRY(out.ephemeral, part(inner, "ephemeral"));
  CH_TRY(out.room_account_data, part(inner, "account_data"));
  return out;
}

std::string encode_event_filter(const EventFilter& filter) {
  std::string text;
  JsonWriter out(text);
  write_filter(out, filter);
  return text;
}

std::string encode_sync_filter(const SyncFilter& filter) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("presence");
  write_filter(out, filter.presence);
  out.key("account_data");
  write_filter(out, filter.account_data);
  out.key("room").begin_object();
  if (filter.rooms) write_list(out, "rooms", *filter.rooms);
  if (!filter.not_rooms.empty()) write_list(out, "not_rooms", filter.not_rooms);
  if (filter.include_leave) out.field("include_leave", true);
  out.key("timeline");
  write_filter(out, filter.timeline);
  out.key("state");
  write_filter(out, filter.state);
  out.key("ephemeral");
  write_filter(out, filter.ephemeral);
  out.key("account_data");
  write_filter(out, filter.room_account_data);
  out.end_object().end_object();
  return text;
}

}  // namespace chorus::proto::matrix
