#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/event_queue.hpp"
#include "chorus/sandbox/types.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the world is made of. Nothing here knows a wire format: what a platform needs to encode is
/// kept as text that its dialect wrote.
namespace chorus::sandbox {

enum class Standing : std::uint8_t {
  Creator,
  Administrator,
  Member,
  Restricted,
  Left,
  Kicked,
  Invited
};
std::string_view to_string(Standing standing) noexcept;
std::optional<Standing> standing_from(std::string_view name) noexcept;
inline bool is_present(Standing s) {
  return s != Standing::Left && s != Standing::Kicked && s != Standing::Invited;
}
inline bool is_admin(Standing s) {
  return s == Standing::Creator || s == Standing::Administrator;
}

std::string_view to_string(RoomType type) noexcept;
std::optional<RoomType> room_type_from(std::string_view name) noexcept;

/// A person or a bot. Accounts are never destroyed while the world lives: a removed one is marked,
/// so that its token stays refused and its messages keep an author.
struct Account {
  PlatformUserId id;
  Platform platform = Platform::Telegram;
  bool is_bot = false;
  bool removed = false;
  std::string username;  ///< people: the unique handle, shown as username
  std::string first_name;
  std::string language;
  std::string wire;  ///< the dialect's form of this account, ready to copy

  // Bots only.
  std::string token;
  bool self_registered = false;
  bool privacy = false;
  bool bot_to_bot = false;
  bool admin = false;
  std::int64_t next_message_id = 1;  ///< its own numbering: private chats and basic groups share it
  EventMask wanted = kDefaultEvents;
  std::unique_ptr<EventQueue> queue;
  /// State that a front door keeps with the account (webhook, commands), by name, as text. Kept
  /// across restarts.
  std::map<std::string, std::string> extras;
};

struct Member {
  Account* account = nullptr;
  Standing standing = Standing::Member;
};

/// Media is a file of another form (a video, a sticker: the file says which), Content what is
/// neither text nor file (a poll, a place: in the dialect's words only).
enum class MessageKind : std::uint8_t { Text, Photo, Document, Service, Media, Content };

struct Reaction {
  PlatformUserId by;
  std::string emoji;
};

/// What a text asks for, as the platform's clients read it. Privacy mode decides with it.
struct Address {
  bool is_command = false;
  PlatformUserId command_target;  ///< `/cmd@bot`: that bot, 0 for a general command
  std::vector<PlatformUserId> mentions;
};

struct Message {
  PlatformMessageId id;  ///< the room's own numbering
  Account* from = nullptr;
  bool as_room = false;  ///< posted in the room's name (channels): no author is shown
  MessageKind kind = MessageKind::Text;
  MonoTime at{};
  WallTime date{};
  WallTime edited{};          ///< epoch: never
  std::string text;           ///< or caption
  std::string wire;           ///< the dialect's content members, the same for every viewer
  std::string origin;         ///< the dialect's forward origin, empty when not a forward
  std::string markup;         ///< the dialect's inline keyboard, empty for none
  bool other_markup = false;  ///< sent with a keyboard that messages do not carry
  std::string markup_shown;   ///< any keyboard, as sent: what the chat page draws
  std::int64_t file = 0;      ///< FileStore number, 0 for none
  PlatformMessageId reply_to;
  PlatformMessageId topic;  ///< forums: the message that opened it; 0: the general one
  Address address;
  PlatformUserId meant_for;  ///< bot that this message is for, by a chain of replies
  bool is_protected = false;
  bool deleted = false;
  std::vector<Reaction> reactions;
  /// Basic groups: the id by which each bot knows this message.
  std::vector<std::pair<PlatformUserId, PlatformMessageId>> views;
};

/// A chat or room. A private chat is a room per bot and peer; its id is the peer's.
struct Room {
  PlatformChatId id;
  std::int64_t serial = 0;  ///< unique over all rooms, private ones too; in order of creation
  RoomType type = RoomType::Supergroup;
  Platform platform = Platform::Telegram;
  std::string name;  ///< unique handle for the control API
  std::string title;
  std::string wire;         ///< the dialect's form of the chat
  Account* bot = nullptr;   ///< private: whose view this is
  Account* peer = nullptr;  ///< private: the person (or, between bots, the other bot)
  bool started = false;     ///< private: the peer has written to the bot
  bool blocked = false;     ///< private: the peer blocked the bot
  bool deleted = false;
  bool is_forum = false;
  PlatformChatId migrated_to;
  std::map<PlatformUserId, Member> members;
  std::vector<Account*> bots;    ///< present bots, in order of joining: who a fan-out visits
  std::deque<Message> messages;  ///< the newest ones, ids ascending
  std::int64_t next_message_id = 1;
  PlatformUserId last_bot_writer;
  WallTime typing_until{};
  /// What a platform keeps with the room (description, pins, links), by name, as text. Kept across
  /// restarts.
  std::map<std::string, std::string> extras;

  [[nodiscard]] bool is_private() const { return type == RoomType::Private; }
  /// Ids of messages differ from bot to bot.
  [[nodiscard]] bool per_account_ids() const {
    return type == RoomType::Private || type == RoomType::Group;
  }
  [[nodiscard]] const Member* member(PlatformUserId id_of) const {
    auto it = members.find(id_of);
    return it == members.end() ? nullptr : &it->second;
  }
  /// By the room's own numbering; deleted and forgotten ones are absent.
  Message* find(PlatformMessageId message);
  [[nodiscard]] const Message* find(PlatformMessageId message) const {
    return const_cast<Room*>(this)->find(message);
  }
  /// The message that opened the topic; nullptr: there is no such topic.
  [[nodiscard]] const Message* find_topic(PlatformMessageId topic) const {
    const Message* found = topic ? find(topic) : nullptr;
    return found != nullptr && found->topic == topic ? found : nullptr;
  }
  /// By the id under which `viewer` knows it.
  Message* find_view(PlatformMessageId seen, PlatformUserId viewer);
  /// The id under which `viewer` knows `message`; 0 when it has never seen it.
  [[nodiscard]] PlatformMessageId view_id(const Message& message, PlatformUserId viewer) const;
};

/// A pressed button that waits for its answer.
struct ButtonPress {
  std::int64_t id = 0;
  Account* bot = nullptr;
  Account* by = nullptr;
  Room* room = nullptr;
  PlatformMessageId message;
  std::string data;
  WallTime at{};
};

}  // namespace chorus::sandbox
