#pragma once

#include "chorus/sandbox/matrix/hub.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::sandbox::matrix {

/// For whom an event is written out.
struct Viewer {
  const User* user = nullptr;
  std::string_view device{};
  std::int64_t now_ms = 0;
  bool with_room = false;       ///< `room_id` (everywhere but in sync)
  bool with_relations = false;  ///< bundle threads and edits
};

/// Appends the event object with its `unsigned`: age, the transaction id of the viewer's own
/// device, what was there before, who redacted it, and what relates to it.
void append_event(std::string& out, const RoomLog& log, const LogEvent& event,
                  const Viewer& viewer);
/// The four members that invitations show.
void append_stripped(std::string& out, const LogEvent& event);

}  // namespace chorus::sandbox::matrix
