#include "chorus/store/sqlite/sqlite_store.hpp"

#include "chorus/store/sqlite/detail/commit_queue.hpp"

#include <utility>

namespace chorus::store {

namespace {

using detail::Engine;
using detail::Session;

// Each call hands copies of its arguments to the writer: the caller may be gone by then.
class Sqlite final : public SqliteStore {
 public:
  Sqlite(rt::Loop& loop, std::unique_ptr<Engine> engine, detail::CommitQueue::Options options)
      : queue_(loop, std::move(engine), options) {}

  rt::Task<Result<Snapshot>> load() override {
    return queue_.submit<Snapshot>([](const Session& s) { return detail::load(s); });
  }
  rt::Task<Result<void>> put_bot(BotRow bot) override {
    return queue_.submit<void>(
        [bot = std::move(bot)](const Session& s) { return detail::put_bot(s, bot); });
  }
  rt::Task<Result<void>> remove_bot(BotId bot) override {
    return queue_.submit<void>([bot](const Session& s) { return detail::remove_bot(s, bot); });
  }
  rt::Task<Result<std::int32_t>> add_persona(PersonaRow persona) override {
    return queue_.submit<std::int32_t>([persona = std::move(persona)](const Session& s) {
      return detail::add_persona(s, persona);
    });
  }
  rt::Task<Result<std::vector<PersonaRow>>> persona_versions(BotId bot,
                                                             std::size_t limit) override {
    return queue_.submit<std::vector<PersonaRow>>(
        [bot, limit](const Session& s) { return detail::persona_versions(s, bot, limit); });
  }
  rt::Task<Result<std::optional<PersonaRow>>> find_persona(BotId bot,
                                                           std::int32_t version) override {
    return queue_.submit<std::optional<PersonaRow>>(
        [bot, version](const Session& s) { return detail::find_persona(s, bot, version); });
  }
  rt::Task<Result<RoomRow>> ensure_room(RoomRow room) override {
    return queue_.submit<RoomRow>(
        [room = std::move(room)](const Session& s) { return detail::ensure_room(s, room); });
  }
  rt::Task<Result<void>> put_room(RoomRow room) override {
    return queue_.submit<void>(
        [room = std::move(room)](const Session& s) { return detail::put_room(s, room); });
  }
  rt::Task<Result<void>> set_membership(RoomId room, BotId bot, bool member) override {
    return queue_.submit<void>([room, bot, member](const Session& s) {
      return detail::set_membership(s, room, bot, member);
    });
  }
  rt::Task<Result<void>> set_setting(std::string key, std::optional<std::string> value) override {
    return queue_.submit<void>([key = std::move(key), value = std::move(value)](const Session& s) {
      return detail::set_setting(s, key, value);
    });
  }
  rt::Task<Result<std::vector<std::pair<std::string, std::string>>>> settings() override {
    return queue_.submit<std::vector<std::pair<std::string, std::string>>>(
        [](const Session& s) { return detail::settings(s); });
  }
  rt::Task<Result<AcceptOutcome>> accept_updates(std::vector<InboundUpdate> updates,
                                                 std::optional<Cursor> cursor) override {
    return queue_.submit<AcceptOutcome>([updates = std::move(updates), cursor](const Session& s) {
      return detail::accept_updates(s, updates, cursor);
    });
  }
  rt::Task<Result<std::vector<InboxItem>>> read_inbox(InboxId after, std::size_t limit) override {
    return queue_.submit<std::vector<InboxItem>>(
        [after, limit](const Session& s) { return detail::read_inbox(s, after, limit); });
  }
  rt::Task<Result<void>> finish_inbox(std::vector<InboxDone> done) override {
    return queue_.submit<void>(
        [done = std::move(done)](const Session& s) { return detail::finish_inbox(s, done); });
  }
  rt::Task<Result<std::vector<bool>>> append_turn(TurnRow turn, std::vector<OutboxRow> sends,
                                                  std::vector<InboxDone> done) override {
    return queue_.submit<std::vector<bool>>([turn = std::move(turn), sends = std::move(sends),
                                             done = std::move(done)](const Session& s) {
      return detail::append_turn(s, turn, sends, done);
    });
  }
  rt::Task<Result<void>> append_silences(std::vector<TurnRow> turns,
                                         std::vector<InboxDone> done) override {
    return queue_.submit<void>(
        [turns = std::move(turns), done = std::move(done)](const Session& s) {
          return detail::append_silences(s, turns, done);
        });
  }
  rt::Task<Result<std::vector<OutboxRow>>> recover_outbox(std::vector<Platform> resend) override {
    return queue_.submit<std::vector<OutboxRow>>([resend = std::move(resend)](const Session& s) {
      return detail::recover_outbox(s, resend);
    });
  }
  rt::Task<Result<std::vector<bool>>> claim(std::vector<OutboxId> ids) override {
    return queue_.submit<std::vector<bool>>(
        [ids = std::move(ids)](const Session& s) { return detail::claim(s, ids); });
  }
  rt::Task<Result<void>> settle(std::vector<Settlement> settlements) override {
    return queue_.submit<void>([settlements = std::move(settlements)](const Session& s) {
      return detail::settle(s, settlements);
    });
  }
  rt::Task<Result<void>> put_freeze(FreezeRow freeze) override {
    return queue_.submit<void>(
        [freeze](const Session& s) { return detail::put_freeze(s, freeze); });
  }
  rt::Task<Result<void>> put_notice(NoticeRow notice) override {
    return queue_.submit<void>(
        [notice = std::move(notice)](const Session& s) { return detail::put_notice(s, notice); });
  }
  rt::Task<Result<bool>> use_news(RoomId room, std::string key, WallTime at) override {
    return queue_.submit<bool>([room, key = std::move(key), at](const Session& s) {
      return detail::use_news(s, room, key, at);
    });
  }
  rt::Task<Result<void>> put_conversations(std::vector<ConversationRow> conversations,
                                           std::vector<ConversationId> ended) override {
    return queue_.submit<void>(
        [rows = std::move(conversations), ended = std::move(ended)](const Session& s) {
          return detail::put_conversations(s, rows, ended);
        });
  }
  rt::Task<Result<std::vector<NameRow>>> intern_names(std::vector<NameAsk> names) override {
    return queue_.submit<std::vector<NameRow>>(
        [names = std::move(names)](const Session& s) { return detail::intern_names(s, names); });
  }
  rt::Task<Result<std::vector<std::optional<NameRow>>>> find_names(
      std::vector<std::int64_t> ids) override {
    return queue_.submit<std::vector<std::optional<NameRow>>>(
        [ids = std::move(ids)](const Session& s) { return detail::find_names(s, ids); });
  }
  rt::Task<Result<void>> put_mark(BotId bot, std::string key,
                                  std::optional<std::string> value) override {
    return queue_.submit<void>(
        [bot, key = std::move(key), value = std::move(value)](const Session& s) {
          return detail::put_mark(s, bot, key, value);
        });
  }
  rt::Task<Result<std::vector<std::pair<std::string, std::string>>>> marks(BotId bot) override {
    return queue_.submit<std::vector<std::pair<std::string, std::string>>>(
        [bot](const Session& s) { return detail::marks(s, bot); });
  }
  rt::Task<Result<std::vector<MessageRow>>> history(RoomId room, std::size_t limit) override {
    return queue_.submit<std::vector<MessageRow>>(
        [room, limit](const Session& s) { return detail::history(s, room, limit); });
  }
  rt::Task<Result<std::vector<MessageRow>>> thread_history(RoomId room, PlatformMessageId thread,
                                                           std::size_t limit) override {
    return queue_.submit<std::vector<MessageRow>>([room, thread, limit](const Session& s) {
      return detail::thread_history(s, room, thread, limit);
    });
  }
  rt::Task<Result<std::optional<MessageRow>>> find_message(RoomId room, BotId owner,
                                                           PlatformMessageId message) override {
    return queue_.submit<std::optional<MessageRow>>([room, owner, message](const Session& s) {
      return detail::find_message(s, room, owner, message);
    });
  }
  rt::Task<Result<std::vector<MessageRow>>> recent_by_bot(BotId bot, WallTime since,
                                                          std::size_t limit) override {
    return queue_.submit<std::vector<MessageRow>>([bot, since, limit](const Session& s) {
      return detail::recent_by_bot(s, bot, since, limit);
    });
  }
  rt::Task<Result<std::vector<MessageRow>>> reply_chain(RoomId room, PlatformMessageId message,
                                                        std::size_t limit) override {
    return queue_.submit<std::vector<MessageRow>>([room, message, limit](const Session& s) {
      return detail::reply_chain(s, room, message, limit);
    });
  }
  rt::Task<Result<std::vector<TurnRow>>> recent_turns(RoomId room, std::size_t limit) override {
    return queue_.submit<std::vector<TurnRow>>(
        [room, limit](const Session& s) { return detail::recent_turns(s, room, limit); });
  }
  rt::Task<Result<std::vector<OutboxRow>>> outbox_in(OutboxState state,
                                                     std::size_t limit) override {
    return queue_.submit<std::vector<OutboxRow>>(
        [state, limit](const Session& s) { return detail::outbox_in(s, state, limit); });
  }
  rt::Task<Result<void>> put_spend(std::vector<SpendRow> rows) override {
    return queue_.submit<void>(
        [rows = std::move(rows)](const Session& s) { return detail::put_spend(s, rows); });
  }
  rt::Task<Result<std::vector<SpendTotal>>> spend_since(WallTime since,
                                                        std::chrono::microseconds step) override {
    return queue_.submit<std::vector<SpendTotal>>(
        [since, step](const Session& s) { return detail::spend_since(s, since, step); });
  }
  rt::Task<Result<void>> put_budget(BudgetRow budget) override {
    return queue_.submit<void>(
        [budget = std::move(budget)](const Session& s) { return detail::put_budget(s, budget); });
  }
  rt::Task<Result<std::vector<BudgetRow>>> budgets() override {
    return queue_.submit<std::vector<BudgetRow>>(
        [](const Session& s) { return detail::budgets(s); });
  }
  rt::Task<Result<Counts>> counts() override {
    return queue_.submit<Counts>([](const Session& s) { return detail::counts(s); });
  }
  rt::Task<Result<void>> put_memories(std::vector<MemoryRow> memories,
                                      std::vector<MemoryId> gone) override {
    return queue_.submit<void>(
        [memories = std::move(memories), gone = std::move(gone)](const Session& s) {
          return detail::put_memories(s, memories, gone);
        });
  }
  rt::Task<Result<std::vector<MemoryRow>>> memories_of(BotId bot) override {
    return queue_.submit<std::vector<MemoryRow>>(
        [bot](const Session& s) { return detail::memories_of(s, bot); });
  }
  rt::Task<Result<ReminderKept>> put_reminder(ReminderRow reminder,
                                              ReminderLimits limits) override {
    return queue_.submit<ReminderKept>([row = std::move(reminder), limits](const Session& s) {
      return detail::put_reminder(s, row, limits);
    });
  }
  rt::Task<Result<std::vector<ReminderRow>>> next_reminders(std::size_t limit) override {
    return queue_.submit<std::vector<ReminderRow>>(
        [limit](const Session& s) { return detail::next_reminders(s, limit); });
  }
  rt::Task<Result<std::vector<ReminderRow>>> reminders_of(PlatformUserId person) override {
    return queue_.submit<std::vector<ReminderRow>>(
        [person](const Session& s) { return detail::reminders_of(s, person); });
  }
  rt::Task<Result<std::vector<ReminderRow>>> open_questions() override {
    return queue_.submit<std::vector<ReminderRow>>(
        [](const Session& s) { return detail::open_questions(s); });
  }
  rt::Task<Result<bool>> remove_reminder(ReminderId reminder) override {
    return queue_.submit<bool>(
        [reminder](const Session& s) { return detail::remove_reminder(s, reminder); });
  }
  rt::Task<Result<std::uint64_t>> forget_person(PlatformUserId person) override {
    auto forgotten = co_await queue_.submit<std::uint64_t>(
        [person](const Session& s) { return detail::forget_person(s, person); });
    if (!forgotten) co_return forgotten;
    // The log in front of the file still holds the deleted pages: it is emptied into the file.
    auto emptied = co_await queue_.submit_alone<bool>([](Engine& engine) -> Result<bool> {
      CH_TRY_VOID(engine.database().exec("PRAGMA wal_checkpoint(TRUNCATE)"));
      return true;
    });
    if (!emptied) co_return std::unexpected(emptied.error());
    co_return forgotten;
  }
  rt::Task<Result<PersonData>> export_person(PlatformUserId person) override {
    return queue_.submit<PersonData>(
        [person](const Session& s) { return detail::export_person(s, person); });
  }
  rt::Task<Result<void>> put_api_token(std::string name, std::string hash,
                                       std::string role) override {
    return queue_.submit<void>(
        [name = std::move(name), hash = std::move(hash), role = std::move(role)](const Session& s) {
          return detail::put_api_token(s, name, hash, role);
        });
  }
  rt::Task<Result<std::optional<std::string>>> find_api_token(std::string hash) override {
    return queue_.submit<std::optional<std::string>>(
        [hash = std::move(hash)](const Session& s) { return detail::find_api_token(s, hash); });
  }
  rt::Task<Result<std::size_t>> prune(Retention keep, std::size_t batch) override {
    return queue_.submit<std::size_t>(
        [keep, batch](const Session& s) { return detail::prune(s, keep, batch); });
  }
  rt::Task<void> close() override { return queue_.close(); }

  rt::Task<Result<void>> backup(std::string file) override {
    if (copying_) co_return fail(ErrorCode::Conflict, "a backup is under way");
    copying_ = true;
    auto done = co_await copy(std::move(file));
    copying_ = false;
    co_return done;
  }

 private:
  rt::Task<Result<void>> copy(std::string file) {
    constexpr int kPages = 256;
    auto started = co_await queue_.submit_alone<bool>(
        [file = std::move(file)](Engine& engine) -> Result<bool> {
          engine.backup().reset();  // one whose caller left
          CH_TRY(auto backup, detail::Backup::start(engine.database(), file));
          engine.backup().emplace(std::move(backup));
          return true;
        });
    if (!started) co_return std::unexpected(started.error());
    while (true) {
      auto complete = co_await queue_.submit_alone<bool>([](Engine& engine) -> Result<bool> {
        auto step = engine.backup()->step(kPages);
        if (!step || *step) engine.backup().reset();
        return step;
      });
      if (!complete) co_return std::unexpected(complete.error());
      if (*complete) co_return Result<void>{};
    }
  }

  detail::CommitQueue queue_;
  bool copying_ = false;
};

}  // namespace

Result<std::unique_ptr<SqliteStore>> open_sqlite(rt::Loop& loop, SqliteOptions options,
                                                 const crypto::KeyRing& keys,
                                                 std::unique_ptr<crypto::RandomSource> random) {
  if (random == nullptr) {
    if (loop.is_virtual()) {
      random = std::make_unique<crypto::SeededRandom>(loop.rng().fork("store"));
    } else {
      random = std::make_unique<crypto::PooledRandom>();
    }
  }
  const bool inline_on_loop = loop.is_virtual() || options.path == ":memory:";
  CH_TRY(auto engine, Engine::open({options.path, options.max_pages, !inline_on_loop}, keys,
                                   std::move(random), loop.wall_now()));
  detail::CommitQueue::Options queue;
  queue.capacity = options.queue;
  queue.max_batch = options.max_batch;
  queue.inline_on_loop = inline_on_loop;
  queue.delay = loop.is_virtual() ? options.modelled_delay : Duration{};
  queue.metrics = options.metrics;
  return std::make_unique<Sqlite>(loop, std::move(engine), queue);
}

}  // namespace chorus::store
