#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus {

// Our own, like those of base/ids.hpp.
using MemoryId = Id<struct MemoryTag>;
using ReminderId = Id<struct ReminderTag>;

}  // namespace chorus

namespace chorus::store {

enum class Platform : std::uint8_t { Telegram = 1, Matrix = 2 };
enum class ChatKind : std::uint8_t { Private = 1, Group = 2, Supergroup = 3, Channel = 4 };

enum class BotState : std::uint8_t {
  Unverified = 1,  ///< made through a founding route; the platform was not asked yet
  Active = 2,
  Disabled = 3,     ///< by an operator
  Unauthorized = 4  ///< the platform answered 401: sending is off until the token is replaced
};

struct BotRow {
  BotId id;
  std::string name;
  Platform platform = Platform::Telegram;
  Secret token;            ///< sealed at rest
  PlatformUserId user_id;  ///< 0 until verified
  std::string username;    ///< without '@'
  BotState state = BotState::Unverified;
  std::string state_reason;  ///< one line for people
  std::string persona;  ///< JSON document (fleet/persona/persona.hpp); the newest enabled version
  std::string webhook_path;  ///< random id of /webhook/telegram/<id>; empty: polls
  Secret webhook_secret;     ///< sealed at rest
  bool founding = false;     ///< made through POST /bots: its token path is open
  std::string extra;         ///< JSON kept for the founding routes (speed_profile, ...)
  WallTime created_at{};
};

/// One version of a bot's character. `document`, `findings` and `rewrite` are sealed at rest.
struct PersonaRow {
  BotId bot;
  std::int32_t version = 0;  ///< from 1, given by the store
  std::string document;
  bool enabled = true;   ///< the bot lives by the newest enabled one
  std::string origin;    ///< `set`, `import`, `rollback to 3`, ...; empty: came with the bot's row
  std::string findings;  ///< JSON: what the lint found in it
  std::string rewrite;   ///< the document without that
  WallTime created_at{};
};

/// A chat as one of our rooms. `owner` is the bot in private chats and basic groups (there message
/// ids and visibility belong to the bot), and 0 in supergroups and channels.
struct RoomRow {
  RoomId id;
  Platform platform = Platform::Telegram;
  PlatformChatId chat;
  BotId owner;
  ChatKind kind = ChatKind::Group;
  std::string title;
  bool enabled = true;
  std::string extra;  ///< JSON: topics, pacing, founding chat id as given
  WallTime created_at{};
};

enum class Direction : std::uint8_t { In = 1, Out = 2 };

/// One line of the room log. Unique by (room, owner, platform message id, date); the body is
/// sealed.
struct MessageRow {
  MessageRowId id;
  RoomId room;
  BotId owner;
  BotId bot;              ///< author when it is one of ours, else 0
  PlatformUserId author;  ///< platform account of the author
  std::string author_name;
  bool author_is_bot = false;
  PlatformMessageId message;
  std::optional<PlatformMessageId> reply_to;
  std::optional<PlatformMessageId> thread;  ///< of the platform's own threads; none: the main line
  Direction direction = Direction::In;
  std::string text;  ///< sealed at rest
  WallTime date{};   ///< the platform's
  WallTime created_at{};
};

enum class InboxKind : std::uint8_t {
  Message = 1,
  EditedMessage = 2,
  Callback = 3,
  Reaction = 4,
  Membership = 5,
  Other = 6
};
enum class InboxState : std::uint8_t { New = 1, Done = 2, Skipped = 3 };

/// One update of one bot. Unique by (bot, update_id), kept 48 h.
struct InboxRow {
  InboxId id;
  BotId bot;
  std::int64_t update_id = 0;
  RoomId room;
  MessageRowId message;   ///< row of the room log, 0 for updates without a message
  PlatformUserId person;  ///< who caused it; 0: nobody we know
  InboxKind kind = InboxKind::Message;
  InboxState state = InboxState::New;
  std::string payload;  ///< sealed; only what the room log does not hold (callbacks, ...)
  WallTime received_at{};
};

/// What the receiver hands over for one update; rows refer to each other by id.
struct InboundUpdate {
  InboxRow inbox;
  std::optional<MessageRow> message;
};

struct Cursor {
  BotId bot;
  std::int64_t next_offset = 0;  ///< first update id that is not yet taken
};

struct AcceptOutcome {
  /// One per update, in order: the inbox id that is now durable, or nullopt for a duplicate.
  std::vector<std::optional<InboxId>> accepted;
  /// Row ids of the room log: the given one, or the one that already held that message. None for
  /// updates without a message, and for a duplicate or an edit whose message the log does not hold.
  std::vector<MessageRowId> messages;
  /// True per update when this call made the room log row (the first bot that saw the message).
  std::vector<bool> first_seen;
};

struct InboxDone {
  InboxId id;
  InboxState state = InboxState::Done;
  std::string reason;  ///< machine-readable, for Skipped
};

/// One decision of a floor: who spoke, or why nobody did.
struct TurnRow {
  TurnId id;
  RoomId room;
  BotId bot;             ///< 0: nobody
  MessageRowId trigger;  ///< 0: a timer
  std::string outcome;   ///< `sent`, or one reason of fleet::TurnReason
  std::string detail;    ///< JSON: candidates, scores, seed, spans, cost
  WallTime at{};
};

enum class OutboxKind : std::uint8_t { Message = 1, Reaction = 2, Edit = 3, Callback = 4 };
enum class OutboxState : std::uint8_t {
  Ready = 1,
  Sending = 2,
  Sent = 3,
  Unknown = 4,
  Dead = 5,
  Cancelled = 6
};

struct OutboxRow {
  OutboxId id;
  BotId bot;
  RoomId room;
  TurnId turn;
  OutboxKind kind = OutboxKind::Message;
  OutboxState state = OutboxState::Ready;
  std::int32_t priority = 0;  ///< policy's classes; higher goes first
  std::string idem_key;       ///< unique: one row per cause and part
  std::string text;           ///< message text or emoji; sealed at rest
  std::string options;        ///< JSON: entities, markup, target message of a reaction
  std::optional<PlatformMessageId> reply_to;
  std::int32_t attempts = 0;
  WallTime not_before{};
  WallTime created_at{};
  std::string error;  ///< last refusal, for people
};

/// The idem keys of rows that were promised to a person (reminders) begin so: they are sent at
/// least once, so a restart finds them Ready.
inline constexpr std::string_view kPromisedKey = "reminder:";

/// What became of a claimed row.
struct Settlement {
  OutboxId id;
  OutboxState state = OutboxState::Sent;  ///< Ready again means: retry at `not_before`
  WallTime not_before{};
  std::string error;
  /// For Sent messages: the room log line, written in the same transaction.
  std::optional<MessageRow> message;
};

/// `retry_after` in full, durable. chat 0 freezes the whole bot.
struct FreezeRow {
  BotId bot;
  PlatformChatId chat;
  WallTime until{};
};

/// First-contact notices and opt-outs: (bot, subject) where the subject is a person or a room.
struct NoticeRow {
  BotId bot;
  RoomId room;
  PlatformUserId person;  ///< 0: the room as a whole
  std::string kind;       ///< `disclosure`, `stop`
  std::int32_t version = 1;
  WallTime at{};
};

/// A bot's exchange with one person that has not ended (fleet/conversations.hpp).
struct ConversationRow {
  ConversationId id;
  RoomId room;
  BotId bot;
  PlatformUserId person;
  std::string state;
  WallTime started_at{};
  WallTime last_activity_at{};
  PlatformMessageId thread{};  ///< of the platform's own threads; 0: none
  MessageRowId first{};        ///< the person's line that began it
  MessageRowId newest{};       ///< the person's newest line in it
};

/// One thing that a bot keeps in mind (fleet/memory/memory.hpp says what the fields mean).
struct MemoryRow {
  MemoryId id;
  BotId bot;
  RoomId room;                     ///< 0: not bound to a room
  PlatformUserId person;           ///< whom it is about; 0: nobody but the bot
  std::string kind;                ///< name of fleet::MemoryKind
  std::string text;                ///< sealed at rest
  std::string source;              ///< name of fleet::MemorySource
  MessageRowId message;            ///< the line in which it was said; 0: none
  std::int32_t confidence = 1000;  ///< thousandths
  std::int32_t strength = 1000;    ///< thousandths, as of `last_used_at`
  std::int64_t uses = 0;
  WallTime created_at{};
  WallTime last_used_at{};
  WallTime expires_at{};  ///< zero: never
};

/// Something that is due at a time, for one person in one room.
enum class ReminderKind : std::uint8_t {
  Remind = 1,   ///< the person asked for it
  Question = 2  ///< a bot waits for the person's answer until then
};
struct ReminderRow {
  ReminderId id;
  std::string key;  ///< unique: one row per cause and part, so that a turn made twice makes one
  ReminderKind kind = ReminderKind::Remind;
  BotId bot;
  RoomId room;
  PlatformUserId person;
  std::int32_t number = 0;                    ///< what the person calls it by; given by the store
  std::string text;                           ///< sealed at rest
  std::optional<PlatformMessageId> reply_to;  ///< the message in which it was asked for
  std::optional<PlatformMessageId> thread;    ///< and its thread; none: the main line
  WallTime due{};
  WallTime created_at{};
};
/// How many of a kind may wait.
struct ReminderLimits {
  std::size_t per_person = 20;  ///< with all bots
  std::size_t per_bot = 1000;
};
struct ReminderKept {
  enum class Outcome : std::uint8_t { New, Known, PersonFull, BotFull };
  Outcome outcome = Outcome::New;
  std::int32_t number = 0;  ///< of the row that is there now; 0: none
};

/// What a text id of a platform names.
enum class NameKind : std::uint8_t { User = 1, Room = 2, Event = 3 };

/// A text id that a number is asked for. Of an event also who wrote it, the first event of its
/// thread (text ids, too) and when, as far as that is known.
struct NameAsk {
  Platform platform = Platform::Matrix;
  NameKind kind = NameKind::Event;
  std::string text;
  std::string author{};
  std::string thread{};
  WallTime date{};
};

/// A text id and its number. The text is sealed at rest.
struct NameRow {
  std::int64_t id = 0;
  Platform platform = Platform::Matrix;
  NameKind kind = NameKind::Event;
  std::string text;
  PlatformUserId author;     ///< of an event; 0: not known
  std::string author_text;   ///< the author's own id; empty: not known
  PlatformMessageId thread;  ///< of an event: the first of its thread; 0: in none, or not known
  std::string thread_text;
  WallTime date{};  ///< of an event; 0: not known
};

/// Numbers of text ids begin above every number that Telegram gives out (52 bits), so that people
/// of two platforms in one fleet are never taken for each other.
inline constexpr std::int64_t kFirstName = std::int64_t{1} << 56;

/// What the store holds about one person, oldest first.
struct PersonData {
  std::vector<MessageRow> messages;  ///< what they said, and what was said in their private rooms
  std::vector<MemoryRow> memories;
  std::vector<NoticeRow> notices;
  std::vector<ConversationRow> conversations;
  std::vector<ReminderRow> reminders;
};

/// One call of a language model, whatever became of it. Money in micros of the chain's currency.
struct SpendRow {
  SpendId id;
  WallTime at{};
  TurnId turn;  ///< 0: not for a turn
  BotId bot;    ///< 0: for no bot
  std::string provider;
  std::string model;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cost_micros = 0;
};

/// Calls of one provider for one bot, added up over a step of time.
struct SpendTotal {
  WallTime latest{};  ///< of the last call in it
  std::string provider;
  BotId bot;
  std::int64_t calls = 0;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t cost_micros = 0;
};

/// Ceilings that an operator set: scope `fleet`, `provider:NAME` or `bot:ID`; period `minute` or
/// `day`.
struct BudgetRow {
  std::string scope;
  std::string period;
  std::optional<std::int64_t> max_requests;
  std::optional<std::int64_t> max_tokens;
  std::optional<std::int64_t> max_cost_micros;
};

/// Everything a fleet needs in memory before it starts.
struct Snapshot {
  std::vector<BotRow> bots;
  std::vector<RoomRow> rooms;
  std::vector<std::pair<RoomId, BotId>> memberships;
  std::vector<Cursor> cursors;
  std::vector<FreezeRow> freezes;
  std::vector<NoticeRow> notices;
  std::vector<ConversationRow> conversations;
  std::vector<std::pair<std::string, std::string>> settings;
};

struct InboxItem {
  InboxRow inbox;
  std::optional<MessageRow> message;
};

/// Counts that the ledger and `/queue/stats` compare with.
struct Counts {
  std::uint64_t inbox_total = 0, inbox_new = 0;
  std::uint64_t messages_in = 0, messages_out = 0;
  std::uint64_t outbox_ready = 0, outbox_sending = 0, outbox_sent = 0;
  std::uint64_t outbox_unknown = 0, outbox_dead = 0, outbox_cancelled = 0;
  std::uint64_t turns = 0;
  std::uint64_t bots = 0, rooms = 0;
};

}  // namespace chorus::store
