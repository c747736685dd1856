#include "chorus/app/room_choice.hpp"

#include <fmt/format.h>

namespace chorus::app {

std::optional<RoomId> find_room(const fleet::Fleet& fleet, std::string_view wanted) {
  for (const auto& row : fleet.rooms()) {
    if (wanted == fmt::format("{}", row.id) || wanted == fmt::format("{}", row.chat) ||
        wanted == row.title) {
      return row.id;
    }
  }
  return std::nullopt;
}

}  // namespace chorus::app
