#pragma once

#include "chorus/fleet/hourly.hpp"
#include "chorus/fleet/outbox.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/fleet/room_log.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/fleet/speed_profile.hpp"
#include "chorus/policy/breaker.hpp"
#include "chorus/policy/retry.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/store/rows.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace chorus::fleet::detail {

struct TurnJob;
struct Heard;

/// A row of the outbox on its way, as the sender needs it.
struct Outgoing {
  store::OutboxRow row;
  PlatformChatId chat;
  std::optional<PlatformMessageId> thread;  ///< where it belongs, as its options say
  policy::Priority priority = policy::Priority::Ambient;
  MonoTime queued_at{};
  std::int32_t attempts = 0;       ///< that count against the retry policy
  bool carries_notice = false;     ///< the first-contact line stands in the text
  PlatformUserId notice_person{};  ///< whom it tells; 0: the room
};

/// One bot at run time. Stays until the fleet goes, so that coroutines may hold it.
struct Bot {
  Bot(rt::Loop& loop, store::BotRow r, const FleetSettings& settings);

  store::BotRow row;
  std::int64_t next_offset = 0;
  Persona persona;
  std::string display_name;
  std::string folded_name;
  std::vector<std::string> other_names;  ///< what else it is called, folded
  std::vector<std::string> interests;    ///< folded words
  std::vector<std::string> expertise;    ///< folded words
  std::shared_ptr<const TimeZone> zone;  // of its active hours; shared with the source of zones
  SpeedProfile speed;
  bool identified = false;
  bool sandbox = false;  ///< the platform's identification carried the sandbox's mark
  bool removed = false;
  std::string conflict;
  std::deque<MonoTime> unasked;  ///< messages nobody asked for, of the last hour

  // Sender's part.
  SendQueue queue;
  std::unordered_map<OutboxId, Outgoing> outgoing;  ///< queued and in flight
  std::size_t in_flight = 0;
  bool sending = false;  ///< its sender runs
  rt::Notify wake;
  policy::Breaker breaker;
  policy::RetryBudget retry_budget;

  /// May speak, as far as its own state goes.
  [[nodiscard]] bool may_send() const {
    return !removed &&
           (row.state == store::BotState::Active || row.state == store::BotState::Unverified);
  }
  [[nodiscard]] BotAccess access() const { return {row.id, row.token, row.username, row.platform}; }
  /// Takes over the document of the founding routes: only `speed_profile` has a meaning here.
  Result<void> set_extra(std::string json);
  /// Takes over a persona document and what follows from it.
  Result<void> set_persona(std::string_view json, ZoneSource* zones);
  /// Messages an hour that nobody asked for: the smaller one of its own limit and the fleet's; 0 =
  /// no limit.
  [[nodiscard]] std::uint32_t hourly_cap(const FleetSettings& settings) const;
  void set_display_name(std::string_view platform_name);
};

/// Turns of one bot in one room or thread, one after the other.
struct Lane {
  std::deque<std::shared_ptr<TurnJob>> jobs;  // shared with the running task
  bool running = false;
};

/// A message that nobody asked for, between its decision and its leaving.
struct Unsaid {
  BotId bot;
  OutboxId row;          ///< 0: none
  MessageRowId trigger;  ///< 0: the bot began by itself
  MonoTime due{};        ///< when it first was to leave
  std::string text;
};

/// One chat at run time, with the log and the floor of everything said there. A basic group is one
/// chat whose messages each bot numbers for itself: it has one face (store row) per bot and one
/// floor.
struct Room {
  Room(store::RoomRow first, const FleetSettings& settings);

  std::vector<store::RoomRow> faces;  ///< at least one
  RoomLog log;
  bool loaded = false;                         ///< the log's past was read from the store
  bool loading = false;                        ///< a task reads it
  bool edited_while_loading = false;           ///< it has to be read once more
  std::deque<std::shared_ptr<Heard>> waiting;  // shared with the triggers made of them
  std::vector<BotId> members;                  ///< in order of id
  /// By bot and thread (0: the main line); a thread's lane goes when it is empty.
  std::map<std::pair<BotId, PlatformMessageId>, Lane> lanes;
  std::size_t unasked_turns = 0;   ///< under way: nobody was named
  Unsaid unsaid;                   ///< unasked message that still waits to leave
  HourlyCount unasked;             ///< messages that no person asked for
  std::uint32_t thread_said = 0;   ///< of bots among themselves since a rest or a person
  std::uint32_t thread_limit = 0;  ///< after so many the room rests; 0: not drawn yet
  MonoTime rests_until{};
  std::vector<std::string> topics;       ///< names, as users wrote them
  std::vector<std::string> topic_words;  ///< folded, with their keywords
  MonoTime last_used{};
  MonoTime floor_free_at{};  ///< until then the last unasked message is on its way
  /// Which bots the last messages that named them were put to. A named bot that was not yet known
  /// as a member, or not yet known by its username, is not among them: its own copy asks it.
  std::deque<std::pair<MessageRowId, BotId>> asked;
  /// Of people seen here: lower case, newest last, at most 200.
  std::deque<std::pair<PlatformUserId, std::string>> usernames;
  bool talks = false;  ///< its timer runs
  bool told_not_member = false;
  bool reactions_refused = false;
  std::optional<MonoTime> disclaimed;  ///< the finance disclaimer was last written here
  std::unordered_map<PlatformUserId, MonoTime> told;  ///< queue and refusal lines, per person

  [[nodiscard]] const store::RoomRow& first() const { return faces.front(); }
  [[nodiscard]] RoomId id() const { return faces.front().id; }
  [[nodiscard]] bool is_private() const { return first().kind == store::ChatKind::Private; }
  [[nodiscard]] bool has_member(BotId bot) const;
  /// The row under which `bot` knows this chat; the first one when it has none of its own.
  [[nodiscard]] const store::RoomRow& face_of(BotId bot) const;
  void remember_username(PlatformUserId person, std::string username);
};

struct NoticeKey {
  BotId bot;
  RoomId room;
  PlatformUserId person;
  friend bool operator==(const NoticeKey&, const NoticeKey&) = default;
};
struct NoticeHash {
  std::size_t operator()(const NoticeKey& k) const noexcept {
    const auto mix = [](std::uint64_t h, std::int64_t v) {
      return (h ^ static_cast<std::uint64_t>(v)) * 0x9E3779B97F4A7C15ULL + 0x632BE59BD9B4E019ULL;
    };
    return mix(mix(mix(0, k.bot.value), k.room.value), k.person.value);
  }
};

/// Who and where: bots, rooms, memberships, what was told to whom. One thread.
class Directory {
 public:
  Bot& add_bot(std::unique_ptr<Bot> bot);
  [[nodiscard]] Bot* bot(BotId id) const;      ///< nullptr when unknown or removed
  [[nodiscard]] Bot* any_bot(BotId id) const;  ///< removed ones too
  [[nodiscard]] Bot* by_user(PlatformUserId user) const;
  void index_user(Bot& bot);
  [[nodiscard]] const std::map<BotId, std::unique_ptr<Bot>>& bots() const { return bots_; }

  /// The room of a store row: the known one (which gains a face), or a new one.
  Room& add_room(store::RoomRow row, const FleetSettings& settings);
  [[nodiscard]] Room* room(RoomId id) const;
  /// Room and row of a chat as `bot` sees it; nullptr when not known yet.
  [[nodiscard]] Room* find_room(store::Platform platform, PlatformChatId chat, BotId owner) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Room>>& rooms() const { return rooms_; }
  /// The chat has a new id. Faces and look-ups follow.
  void migrate(Room& room, PlatformChatId to);
  /// True when it changes something.
  bool set_member(Room& room, BotId bot, bool member);

  /// What the bot is was said here, and when: rooms hear it again after 30 days.
  std::unordered_map<NoticeKey, WallTime, NoticeHash> disclosed;
  [[nodiscard]] bool is_disclosed(const NoticeKey& key, WallTime now) const;
  /// The bot has another character: its rooms are told anew.
  void forget_room_notices(BotId bot);
  std::unordered_set<NoticeKey, NoticeHash> stopped;
  [[nodiscard]] bool is_stopped(BotId bot, const Room& room, PlatformUserId person) const;

 private:
  struct ChatKey {
    store::Platform platform;
    PlatformChatId chat;
    BotId owner;
    friend bool operator==(const ChatKey&, const ChatKey&) = default;
  };
  struct ChatHash {
    std::size_t operator()(const ChatKey& k) const noexcept {
      return NoticeHash{}(
          {k.owner, RoomId(static_cast<std::int64_t>(k.platform)), PlatformUserId(k.chat.value)});
    }
  };
  std::map<BotId, std::unique_ptr<Bot>> bots_;
  std::unordered_map<PlatformUserId, Bot*> by_user_;
  std::vector<std::unique_ptr<Room>> rooms_;
  std::unordered_map<RoomId, Room*> by_id_;
  std::unordered_map<ChatKey, Room*, ChatHash> by_chat_;
};

/// Telegram's ids of supergroups and channels begin at -1e12, whatever an update calls them.
store::ChatKind effective_kind(store::Platform platform, PlatformChatId chat, store::ChatKind kind);
/// Whose message ids and log a chat of that kind has: the bot's own, or everybody's (0).
BotId owner_of(store::Platform platform, store::ChatKind kind, BotId bot);

}  // namespace chorus::fleet::detail
