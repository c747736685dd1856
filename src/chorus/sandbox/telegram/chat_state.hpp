#pragma once

#include "chorus/sandbox/telegram/call.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

/// What Telegram keeps with a chat: texts in the extras of its room.
namespace chorus::sandbox::telegram {

inline constexpr const char* kDescription = "telegram.description";
inline constexpr const char* kPhoto = "telegram.photo";              ///< number of a stored file
inline constexpr const char* kPermissions = "telegram.permissions";  ///< JSON object
inline constexpr const char* kPins = "telegram.pins";  ///< JSON array, the newest last
inline constexpr const char* kStickerSet = "telegram.sticker_set";
inline constexpr const char* kPrimaryLink = "telegram.primary_link";
inline constexpr const char* kLink = "telegram.link/";        ///< + the link: JSON object
inline constexpr const char* kRequest = "telegram.request/";  ///< + user id: asks to join

// Per member.
inline constexpr const char* kRights = "telegram.rights/";  ///< of an administrator: members, JSON
inline constexpr const char* kLimits = "telegram.limits/";  ///< of a restricted one, the same way
inline constexpr const char* kUntil = "telegram.until/";    ///< of a ban, unix seconds
inline constexpr const char* kTitle = "telegram.title/";
inline constexpr const char* kTag = "telegram.tag/";

inline std::string member_key(std::string_view kind, PlatformUserId user) {
  return fmt::format("{}{}", kind, user.value);
}

/// Empty when there is none. Nearly every room has no extras at all.
inline std::string_view chat_extra(const Room& room, const std::string& name) {
  if (room.extras.empty()) return {};
  const auto it = room.extras.find(name);
  return it == room.extras.end() ? std::string_view() : std::string_view(it->second);
}

/// The chat of the call, a group or channel that the bot administers. `private_words` answer for a
/// private chat, `right_words` when the bot is no administrator.
Step<Room*> administered_chat(Call& call, std::string_view private_words,
                              std::string_view right_words);
/// What the chat shows as pinned; nullptr when nothing is.
const Message* pinned_message(const Room& room);
/// The person or bot of `user_id`; errors are the server's.
Step<Account*> user_of(Call& call);

}  // namespace chorus::sandbox::telegram
