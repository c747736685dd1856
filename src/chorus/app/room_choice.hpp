#pragma once

#include "chorus/fleet/fleet.hpp"

#include <optional>
#include <string_view>

namespace chorus::app {

/// The room that an operator means by its id, its chat id or its title; of several with one title
/// the first. O(rooms).
std::optional<RoomId> find_room(const fleet::Fleet& fleet, std::string_view wanted);

}  // namespace chorus::app
