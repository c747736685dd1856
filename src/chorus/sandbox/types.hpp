#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::sandbox {

enum class Platform : std::uint8_t { Telegram, Matrix };
inline constexpr std::size_t kPlatforms = 2;
std::string_view to_string(Platform platform) noexcept;
std::optional<Platform> platform_from(std::string_view name) noexcept;

/// Private chats are on every platform; groups, supergroups and channels are Telegram's, rooms are
/// Matrix's.
enum class RoomType : std::uint8_t { Private, Group, Supergroup, Channel, Room };
enum class LimitsProfile : std::uint8_t { Off, Documented, Strict };

/// Account of a person or a bot. Ids are platform ids (Telegram: > 0, below 2^52).
struct BotSpec {
  std::string username;  ///< empty: `sandbox_<id>_bot`
  std::string name;
  std::string token;     ///< empty: minted
  bool privacy = false;  ///< privacy mode on: sees only what is meant for it
  bool bot_to_bot = false;
  bool admin = false;  ///< administrator in rooms it is added to
  PlatformUserId id;   ///< unset: the number in the token
};
struct BotInfo {
  PlatformUserId id;
  std::string name;
  std::string username;
  std::string token;
  std::string address;  ///< how its platform names it: `@name`, on Matrix `@name:sandbox`
};
struct PersonSpec {
  std::string name;  ///< username-like handle, unique; empty: minted
  std::string first_name;
  std::string language = "en";
};
struct PersonInfo {
  PlatformUserId id;
  std::string name;
};
struct RoomSpec {
  RoomType type = RoomType::Supergroup;
  std::string title;
  std::vector<PlatformUserId> bots;
  std::vector<PlatformUserId> people;
  PlatformUserId creator;  ///< unset: the first of `people`; a member, whether listed or not
};
struct RoomInfo {
  PlatformChatId id;
  std::string name;
  std::string address;  ///< how its platform names it: the number, on Matrix `!abc:sandbox`
};

/// What a person says. `room` is a group, or with `bot` set the private chat with that bot (which
/// the first message starts).
struct PersonMessage {
  PlatformUserId from;
  PlatformChatId room;
  PlatformUserId bot;
  std::string text;
  std::optional<PlatformMessageId> reply_to;
  /// Press this inline button of `reply_to` instead of sending text.
  std::optional<std::string> callback;
};

/// A message of the world as observers and pages see it.
struct MessageView {
  PlatformChatId room;
  RoomType room_type = RoomType::Supergroup;
  PlatformMessageId id;  ///< the room's own numbering (what a supergroup shows)
  PlatformUserId from;
  bool from_bot = false;
  std::string text;
  std::optional<PlatformMessageId> reply_to;
  PlatformUserId private_peer;  ///< private chats: the person (for bot messages) or the bot
  MonoTime at{};
  WallTime date{};
};

}  // namespace chorus::sandbox
