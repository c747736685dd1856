#pragma once

#include "chorus/base/error.hpp"
#include "chorus/proto/matrix/event.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The answer of `/sync`. Source: specification, client-server API 6 ("Syncing").
namespace chorus::proto::matrix {

struct JoinedRoom {
  std::string room_id;
  std::vector<Event> timeline;  ///< oldest first
  bool limited = false;         ///< events are missing before the timeline: fetch from `prev_batch`
  std::string prev_batch;
  std::vector<Event> state;  ///< at the start of the timeline, or what changed in the gap
  std::optional<std::int64_t> members;  ///< joined and invited, when the summary says so
  friend bool operator==(const JoinedRoom&, const JoinedRoom&) = default;
};

struct InvitedRoom {
  std::string room_id;
  std::vector<StrippedEvent> state;
  friend bool operator==(const InvitedRoom&, const InvitedRoom&) = default;
};

struct LeftRoom {
  std::string room_id;
  std::vector<Event> timeline;
  friend bool operator==(const LeftRoom&, const LeftRoom&) = default;
};

struct SyncResponse {
  std::string next_batch;
  std::vector<JoinedRoom> joined;
  std::vector<InvitedRoom> invited;
  std::vector<LeftRoom> left;
  /// Events that could not be read: counted, and never a reason to lose the others.
  std::size_t malformed = 0;
  friend bool operator==(const SyncResponse&, const SyncResponse&) = default;
};

/// Every section but `next_batch` may be absent. Rooms come in the order of the text. Ephemeral
/// events, presence and account data are not read. Errors: ParseError (no JSON object, no
/// `next_batch`).
Result<SyncResponse> decode_sync(std::string_view text);
void append_sync(std::string& out, const SyncResponse& sync);

/// `chunk` of `/messages` and where to go on: an empty `end` is the end of the history.
struct MessagesPage {
  std::vector<Event> chunk;
  std::string start;
  std::string end;
  std::size_t malformed = 0;
  friend bool operator==(const MessagesPage&, const MessagesPage&) = default;
};
/// Errors: ParseError.
Result<MessagesPage> decode_messages(std::string_view text);

}  // namespace chorus::proto::matrix
