#include "chorus/proto/matrix/sync.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <utility>

namespace chorus::proto::matrix {

namespace {

const json::array* events_of(const json::object& object, std::string_view section) {
  const auto* inner = find_object(object, section);
  return inner == nullptr ? nullptr : find_array(*inner, "events");
}

void read_events(const json::array* list, std::vector<Event>& out, std::size_t& malformed) {
  if (list == nullptr) return;
  out.reserve(list->size());
  for (const auto& item : *list) {
    if (auto event = decode_event(item)) {
      out.push_back(std::move(*event));
    } else {
      ++malformed;
    }
  }
}

std::string text_of(const json::object& object, std::string_view key) {
  return to_valid_utf8(find_string(object, key).value_or(""));
}

JoinedRoom read_joined(std::string_view id, const json::object& object, std::size_t& malformed) {
  JoinedRoom room;
  room.room_id = to_valid_utf8(id);
  if (const auto* timeline = find_object(object, "timeline")) {
    room.limited = find_bool(*timeline, "limited").value_or(false);
    room.prev_batch = text_of(*timeline, "prev_batch");
    read_events(find_array(*timeline, "events"), room.timeline, malformed);
  }
  read_events(events_of(object, "state"), room.state, malformed);
  if (const auto* summary = find_object(object, "summary")) {
    constexpr std::int64_t kMost = 1'000'000'000;
    if (const auto joined = find_int(*summary, "m.joined_member_count")) {
      const auto invited = find_int(*summary, "m.invited_member_count").value_or(0);
      room.members =
          std::clamp<std::int64_t>(*joined, 0, kMost) + std::clamp<std::int64_t>(invited, 0, kMost);
    }
  }
  return room;
}

InvitedRoom read_invited(std::string_view id, const json::object& object, std::size_t& malformed) {
  InvitedRoom room;
  room.room_id = to_valid_utf8(id);
  if (const auto* list = events_of(object, "invite_state")) {
    for (const auto& item : *list) {
      if (auto event = decode_stripped(item)) {
        room.state.push_back(std::move(*event));
      } else {
        ++malformed;
      }
    }
  }
  return room;
}

void write_events(JsonWriter& out, std::string_view section, const std::vector<Event>& events) {
  out.key(section).begin_object().key("events").begin_array();
  for (const auto& event : events) write_event(out, event);
  out.end_array().end_object();
}

void write_timeline(JsonWriter& out, const std::vector<Event>& events, bool limited,
                    std::string_view prev_batch) {
  out.key("timeline").begin_object().key("events").begin_array();
  for (const auto& event : events) write_event(out, event);
  out.end_array().field("limited", limited);
  if (!prev_batch.empty()) out.field("prev_batch", prev_batch);
  out.end_object();
}

}  // namespace

Result<SyncResponse> decode_sync(std::string_view text) {
  CH_TRY(const auto parsed, parse_json(text));
  if (!parsed.is_object()) return fail(ErrorCode::ParseError, "a sync answer is an object");
  const auto& object = parsed.get_object();
  SyncResponse out;
  out.next_batch = text_of(object, "next_batch");
  if (out.next_batch.empty()) return fail(ErrorCode::ParseError, "next_batch is missing");
  const auto* rooms = find_object(object, "rooms");
  if (rooms == nullptr) return out;
  const auto each = [&](std::string_view section, auto read) {
    const auto* found = find_object(*rooms, section);
    if (found == nullptr) return;
    for (const auto& [id, room] : *found) {
      if (room.is_object()) {
        read(std::string_view(id.data(), id.size()), room.get_object());
      } else {
        ++out.malformed;
      }
    }
  };
  each("join", [&](std::string_view id, const json::object& room) {
    out.joined.push_back(read_joined(id, room, out.malformed));
  });
  each("invite", [&](std::string_view id, const json::object& room) {
    out.invited.push_back(read_invited(id, room, out.malformed));
  });
  each("leave", [&](std::string_view id, const json::object& room) {
    LeftRoom left;
    left.room_id = to_valid_utf8(id);
    read_events(events_of(room, "timeline"), left.timeline, out.malformed);
    out.left.push_back(std::move(left));
  });
  return out;
}

void append_sync(std::string& text, const SyncResponse& sync) {
  JsonWriter out(text);
  out.begin_object().field("next_batch", sync.next_batch).key("rooms").begin_object();
  out.key("join").begin_object();
  for (const auto& room : sync.joined) {
    out.key(room.room_id).begin_object();
    write_timeline(out, room.timeline, room.limited, room.prev_batch);
    write_events(out, "state", room.state);
    if (room.members) {
      out.key("summary").begin_object().field("m.joined_member_count", *room.members).end_object();
    }
    out.end_object();
  }
  out.end_object().key("invite").begin_object();
  for (const auto& room : sync.invited) {
    out.key(room.room_id).begin_object().key("invite_state").begin_object();
    out.key("events").begin_array();
    for (const auto& event : room.state) write_stripped(out, event);
    out.end_array().end_object().end_object();
  }
  out.end_object().key("leave").begin_object();
  for (const auto& room : sync.left) {
    out.key(room.room_id).begin_object();
    write_timeline(out, room.timeline, false, {});
    out.end_object();
  }
  out.end_object().end_object().end_object();
}

Result<MessagesPage> decode_messages(std::string_view text) {
  CH_TRY(const auto parsed, parse_json(text));
  if (!parsed.is_object()) return fail(ErrorCode::ParseError, "a page of messages is an object");
  const auto& object = parsed.get_object();
  MessagesPage out;
  out.start = text_of(object, "start");
  out.end = text_of(object, "end");
  const auto* chunk = find_array(object, "chunk");
  if (chunk == nullptr) return fail(ErrorCode::ParseError, "chunk is missing");
  read_events(chunk, out.chunk, out.malformed);
  return out;
}

}  // namespace chorus::proto::matrix
