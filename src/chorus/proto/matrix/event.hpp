#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::proto::matrix {

/// A room event as clients and application services see it. Source: specification, client-server
/// API 4 ("Room event format").
struct Event {
  std::string event_id;
  std::string type;
  std::string sender;
  std::string room_id;                   ///< absent in `/sync`: the room is the map's key
  std::optional<std::string> state_key;  ///< set: a state event
  std::int64_t origin_server_ts = 0;     ///< milliseconds
  std::string content = "{}";            ///< a JSON object
  std::string redacts;                   ///< top level, rooms before version 11
  std::string transaction_id;            ///< `unsigned`, to the device that sent it only
  bool redacted = false;                 ///< `unsigned.redacted_because` is there

  friend bool operator==(const Event&, const Event&) = default;
};

/// Errors: ParseError naming the member that is missing or of a wrong kind (`event_id`, `type`,
/// `sender`, `origin_server_ts`, `content`).
Result<Event> decode_event(const json::value& value);
void write_event(JsonWriter& out, const Event& event);

/// A stripped state event, as invites carry them.
struct StrippedEvent {
  std::string type;
  std::string sender;
  std::string state_key;
  std::string content = "{}";
  friend bool operator==(const StrippedEvent&, const StrippedEvent&) = default;
};
/// Errors: ParseError.
Result<StrippedEvent> decode_stripped(const json::value& value);
void write_stripped(JsonWriter& out, const StrippedEvent& event);

}  // namespace chorus::proto::matrix
