#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/room_log.hpp"
#include "chorus/store/rows.hpp"

namespace chorus::fleet::detail {

/// A stored line as the room's log keeps it; `at`: when this process heard of it.
RoomLine to_line(store::MessageRow row, MonoTime at);

}  // namespace chorus::fleet::detail
