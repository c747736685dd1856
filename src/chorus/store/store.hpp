#pragma once

#include "chorus/base/error.hpp"
#include "chorus/rt/task.hpp"
#include "chorus/store/rows.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::store {

/// What cannot be rebuilt. Operations stand at the level of the domain, each is one transaction,
/// and a returned success means durable (SQLite: the log is synced). Calls come from the loop's
/// thread; many may be under way, and those that write are committed together in the order they
/// were made. A cancelled caller does not undo a write that was queued.
///
/// Errors of every call: Unavailable (disk full, engine gone, queue of the writer full: QueueFull),
/// Internal (corruption). Domain errors stand at each call.
class Store {
 public:
  virtual ~Store() = default;

  // Configuration of the fleet.
  virtual rt::Task<Result<Snapshot>> load() = 0;
  /// Insert or replace by id. Conflict: another bot has that name or that token.
  virtual rt::Task<Result<void>> put_bot(BotRow bot) = 0;
  /// Takes the bot's own state along, cancels its open sends and skips its undone updates; what was
  /// said stays. NotFound.
  virtual rt::Task<Result<void>> remove_bot(BotId bot) = 0;
  /// A new version of a bot's character; its number. `put_bot` makes one too when the row's
  /// document differs from the newest enabled one. NotFound: no such bot.
  virtual rt::Task<Result<std::int32_t>> add_persona(PersonaRow persona) = 0;
  /// The newest `limit` versions, oldest first.
  virtual rt::Task<Result<std::vector<PersonaRow>>> persona_versions(BotId bot,
                                                                     std::size_t limit) = 0;
  virtual rt::Task<Result<std::optional<PersonaRow>>> find_persona(BotId bot,
                                                                   std::int32_t version) = 0;
  /// Returns the existing room with the same (platform, owner, chat), or makes this one.
  virtual rt::Task<Result<RoomRow>> ensure_room(RoomRow room) = 0;
  /// Insert or replace by id. Conflict: another room has that (platform, owner, chat).
  virtual rt::Task<Result<void>> put_room(RoomRow room) = 0;
  virtual rt::Task<Result<void>> set_membership(RoomId room, BotId bot, bool member) = 0;
  /// Insert or replace by key; without a value the row is removed.
  virtual rt::Task<Result<void>> set_setting(std::string key, std::optional<std::string> value) = 0;
  /// What `load` gives as `settings`, alone: pairs in order of key.
  virtual rt::Task<Result<std::vector<std::pair<std::string, std::string>>>> settings() = 0;

  // Inbox: durable before anyone hears of it.
  /// Inserts what is new, ignores duplicates, and moves the cursor in the same transaction. An
  /// update whose message the room log holds refers to that line. An EditedMessage gives that line
  /// its text and makes none: what the log does not hold is not edited. Conflict: a row id is
  /// taken.
  virtual rt::Task<Result<AcceptOutcome>> accept_updates(std::vector<InboundUpdate> updates,
                                                         std::optional<Cursor> cursor) = 0;
  /// Undone rows in order of arrival, after `after`; for restart and for overflow.
  virtual rt::Task<Result<std::vector<InboxItem>>> read_inbox(InboxId after, std::size_t limit) = 0;
  virtual rt::Task<Result<void>> finish_inbox(std::vector<InboxDone> done) = 0;

  // Turns and outbox.
  /// Decision, its sends and the end of its triggers in one transaction. A row whose idem_key
  /// exists already is not inserted again; the answer says which were new.
  virtual rt::Task<Result<std::vector<bool>>> append_turn(TurnRow turn,
                                                          std::vector<OutboxRow> sends,
                                                          std::vector<InboxDone> done) = 0;
  /// Decisions without a send, and ends of updates, many in one transaction. May be called again
  /// with the same rows: a turn that is there already stays as it is.
  virtual rt::Task<Result<void>> append_silences(std::vector<TurnRow> turns,
                                                 std::vector<InboxDone> done) = 0;
  /// Rows a restart finds: Ready ones, and those that were Sending, which are answered as Unknown
  /// and stored so, too; where the bot's platform is in `resend`, or the key begins with
  /// kPromisedKey, they are stored as Ready, to be claimed again.
  virtual rt::Task<Result<std::vector<OutboxRow>>> recover_outbox(
      std::vector<Platform> resend = {}) = 0;
  /// Ready -> Sending, durable before the bytes leave. False per row that was not Ready any more.
  virtual rt::Task<Result<std::vector<bool>>> claim(std::vector<OutboxId> ids) = 0;
  /// Sent, Dead and Cancelled are final: such a row stays as it is, without an error. A line that
  /// another bot's update brought first becomes ours.
  virtual rt::Task<Result<void>> settle(std::vector<Settlement> settlements) = 0;

  virtual rt::Task<Result<void>> put_freeze(FreezeRow freeze) = 0;
  virtual rt::Task<Result<void>> put_notice(NoticeRow notice) = 0;
  /// Notes that a room has had a news item, by a key of at most 64 characters. False: it had it
  /// before. Keys older than 30 days are forgotten with the next new one.
  virtual rt::Task<Result<bool>> use_news(RoomId room, std::string key, WallTime at) = 0;
  /// Insert or replace `conversations` by id and delete `ended`, in one transaction; an id that
  /// does not exist is no error.
  virtual rt::Task<Result<void>> put_conversations(std::vector<ConversationRow> conversations,
                                                   std::vector<ConversationId> ended) = 0;

  // Platforms whose ids are texts.
  /// The number of each text, in order: the one it had before, or a new one, which is greater than
  /// every older one and never given again. What is known of an event is kept from the first call
  /// that knew it. Names of events are kept as long as messages and updates (`prune`), those of
  /// rooms and users until `forget_person`.
  virtual rt::Task<Result<std::vector<NameRow>>> intern_names(std::vector<NameAsk> names) = 0;
  /// In order; nullopt where nothing has that number.
  virtual rt::Task<Result<std::vector<std::optional<NameRow>>>> find_names(
      std::vector<std::int64_t> ids) = 0;
  /// What an adapter notes for a bot (0: for none): insert or replace by key, without a value the
  /// mark is removed. Goes with the bot.
  virtual rt::Task<Result<void>> put_mark(BotId bot, std::string key,
                                          std::optional<std::string> value) = 0;
  /// Pairs in order of key.
  virtual rt::Task<Result<std::vector<std::pair<std::string, std::string>>>> marks(BotId bot) = 0;

  // Reads.
  /// Newest `limit` lines of a room's log, oldest first.
  virtual rt::Task<Result<std::vector<MessageRow>>> history(RoomId room, std::size_t limit) = 0;
  /// The same of one of the room's threads: what was said in it, without the message that it hangs
  /// on.
  virtual rt::Task<Result<std::vector<MessageRow>>> thread_history(RoomId room,
                                                                   PlatformMessageId thread,
                                                                   std::size_t limit) = 0;
  virtual rt::Task<Result<std::optional<MessageRow>>> find_message(RoomId room, BotId owner,
                                                                   PlatformMessageId message) = 0;
  /// What one of our bots said at or after `since`: the newest `limit` lines, oldest first.
  virtual rt::Task<Result<std::vector<MessageRow>>> recent_by_bot(BotId bot, WallTime since,
                                                                  std::size_t limit) = 0;
  /// The message and what it replies to, up to `limit` lines, oldest first; ends where the log
  /// does.
  virtual rt::Task<Result<std::vector<MessageRow>>> reply_chain(RoomId room,
                                                                PlatformMessageId message,
                                                                std::size_t limit) = 0;
  virtual rt::Task<Result<std::vector<TurnRow>>> recent_turns(RoomId room, std::size_t limit) = 0;
  virtual rt::Task<Result<std::vector<OutboxRow>>> outbox_in(OutboxState state,
                                                             std::size_t limit) = 0;
  virtual rt::Task<Result<Counts>> counts() = 0;

  // Memories.
  /// Insert or replace `memories` by id and delete `gone`, in one transaction; an id that does not
  /// exist is no error.
  virtual rt::Task<Result<void>> put_memories(std::vector<MemoryRow> memories,
                                              std::vector<MemoryId> gone) = 0;
  /// In order of id.
  virtual rt::Task<Result<std::vector<MemoryRow>>> memories_of(BotId bot) = 0;

  // Reminders.
  /// Keeps it under the smallest number from 1 that none of the person's others has, unless its key
  /// is there (Known) or a limit is reached.
  virtual rt::Task<Result<ReminderKept>> put_reminder(ReminderRow reminder,
                                                      ReminderLimits limits) = 0;
  /// The next ones of all bots, in order of due time and id.
  virtual rt::Task<Result<std::vector<ReminderRow>>> next_reminders(std::size_t limit) = 0;
  /// All of a person's, in order of due time and id.
  virtual rt::Task<Result<std::vector<ReminderRow>>> reminders_of(PlatformUserId person) = 0;
  /// The newest 10,000 questions that wait for an answer, in order of id.
  virtual rt::Task<Result<std::vector<ReminderRow>>> open_questions() = 0;
  /// False: it was not there.
  virtual rt::Task<Result<bool>> remove_reminder(ReminderId reminder) = 0;

  // Money.
  /// A row whose id exists already is not inserted again: a batch may be repeated.
  virtual rt::Task<Result<void>> put_spend(std::vector<SpendRow> rows) = 0;
  /// What was spent at or after `since`, added up per provider, bot and `step` (>= 1 us; counted
  /// from 1970), in order of time, provider and bot.
  virtual rt::Task<Result<std::vector<SpendTotal>>> spend_since(WallTime since,
                                                                std::chrono::microseconds step) = 0;
  /// Insert or replace by scope and period; without any ceiling the row is removed.
  virtual rt::Task<Result<void>> put_budget(BudgetRow budget) = 0;
  /// In order of scope and period.
  virtual rt::Task<Result<std::vector<BudgetRow>>> budgets() = 0;

  // People: a person's data on request.
  /// Deletes what the person said, their private rooms' logs, conversations, memories, reminders
  /// and notices (an opt-out stays) and empties the payloads of their updates; the number of rows.
  /// Then nothing of it stands in the engine's files any more. Scans the index of incoming lines
  /// and the inbox.
  virtual rt::Task<Result<std::uint64_t>> forget_person(PlatformUserId person) = 0;
  /// What `forget_person` would delete and a person may read, and the opt-outs. Same cost.
  virtual rt::Task<Result<PersonData>> export_person(PlatformUserId person) = 0;

  // Admin key and tokens: only hashes are kept.
  /// Insert or replace by name. Conflict: another name has that hash.
  virtual rt::Task<Result<void>> put_api_token(std::string name, std::string hash,
                                               std::string role) = 0;
  /// Role of the token with that hash.
  virtual rt::Task<Result<std::optional<std::string>>> find_api_token(std::string hash) = 0;

  /// Deletes what is older than its keep time, at most `batch` rows; the number deleted. Call again
  /// until 0.
  struct Retention {
    Duration inbox = std::chrono::hours(48);
    Duration messages = std::chrono::hours(24 * 30);
    Duration turns = std::chrono::hours(24 * 30);
    Duration outbox = std::chrono::hours(24 * 7);   ///< sent, dead and cancelled rows
    Duration spend = std::chrono::hours(24 * 400);  ///< a year can be compared with the last
  };
  virtual rt::Task<Result<std::size_t>> prune(Retention keep, std::size_t batch) = 0;

  /// Waits for what is queued and closes. Nothing may be called afterwards.
  virtual rt::Task<void> close() = 0;
};

}  // namespace chorus::store
