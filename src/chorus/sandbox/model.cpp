#include "chorus/sandbox/model.hpp"

#include <algorithm>
#include <array>

namespace chorus::sandbox {

namespace {

constexpr std::array<std::string_view, 7> kStandings = {
    "creator", "administrator", "member", "restricted", "left", "kicked", "invited"};
constexpr std::array<std::string_view, 5> kRoomTypes = {"private", "group", "supergroup", "channel",
                                                        "room"};
constexpr std::array<std::string_view, kPlatforms> kPlatformNames = {"telegram", "matrix"};

}  // namespace

std::string_view to_string(Platform platform) noexcept {
  return kPlatformNames[static_cast<std::size_t>(platform)];
}

std::optional<Platform> platform_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kPlatformNames.size(); ++i) {
    if (kPlatformNames[i] == name) return static_cast<Platform>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Standing standing) noexcept {
  return kStandings[static_cast<std::size_t>(standing)];
}

std::optional<Standing> standing_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kStandings.size(); ++i) {
    if (kStandings[i] == name) return static_cast<Standing>(i);
  }
  return std::nullopt;
}

std::string_view to_string(RoomType type) noexcept {
  return kRoomTypes[static_cast<std::size_t>(type)];
}

std::optional<RoomType> room_type_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kRoomTypes.size(); ++i) {
    if (kRoomTypes[i] == name) return static_cast<RoomType>(i);
  }
  return std::nullopt;
}

Message* Room::find(PlatformMessageId message) {
  if (!message) return nullptr;
  auto it = std::ranges::lower_bound(messages, message, {}, &Message::id);
  return it == messages.end() || it->id != message || it->deleted ? nullptr : &*it;
}

Message* Room::find_view(PlatformMessageId seen, PlatformUserId viewer) {
  if (type != RoomType::Group) return find(seen);
  // Newest first: what bots refer to is recent.
  for (auto it = messages.rbegin(); it != messages.rend(); ++it) {
    for (const auto& [account, id_seen] : it->views) {
      if (account == viewer && id_seen == seen) return it->deleted ? nullptr : &*it;
    }
  }
  return nullptr;
}

PlatformMessageId Room::view_id(const Message& message, PlatformUserId viewer) const {
  if (type != RoomType::Group) return message.id;
  for (const auto& [account, id_seen] : message.views) {
    if (account == viewer) return id_seen;
  }
  return PlatformMessageId(0);
}

}  // namespace chorus::sandbox
