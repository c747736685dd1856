#include "chorus/base/id_source.hpp"
#include "chorus/crypto/key_ring.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/store/sqlite/detail/database.hpp"
#include "chorus/store/sqlite/detail/schema.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <vector>

// Durable ingest through the writer against its own floor: the same two inserts with the same
// index trees, sealed with nothing and with no queue, committed 100 at a time on one thread. Read
// the ratio within one run; absolute rates follow the disk's fsync, which is printed beside them.
namespace {

using namespace chorus;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "chorus-bench-XXXXXX").string();
    if (const char* made = ::mkdtemp(pattern.data())) path_ = made;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

double thread_cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

store::InboundUpdate make_update(IdSource& ids, std::int64_t n, WallTime at) {
  store::InboundUpdate update;
  update.inbox.id = ids.next<InboxId>();
  update.inbox.bot = BotId(1 + n % 50);
  update.inbox.update_id = n;
  update.inbox.room = RoomId(1 + n % 20);
  update.inbox.received_at = at;
  store::MessageRow message;
  message.id = ids.next<MessageRowId>();
  message.room = update.inbox.room;
  message.author = PlatformUserId(1000 + n % 500);
  message.author_name = "Person";
  message.message = PlatformMessageId(n);
  message.text = std::string(90, 'x');
  message.date = at;
  message.created_at = at;
  update.inbox.message = message.id;
  update.message = std::move(message);
  return update;
}

crypto::KeyRing new_keys() {
  crypto::SystemRandom random;
  return crypto::KeyRing::generate(random);
}

struct Load {
  rt::Loop& loop;
  store::Store& store;
  IdSource ids;
  std::int64_t next = 1;
  std::int64_t left = 0;
  std::int64_t failed = 0;
};

/// One webhook connection: the next update goes when the last one is durable.
rt::Task<void> caller(Load& load) {
  while (load.left > 0) {
    --load.left;
    const auto at = load.loop.wall_now();
    std::vector<store::InboundUpdate> one;
    one.push_back(make_update(load.ids, load.next++, at));
    const auto done = co_await load.store.accept_updates(std::move(one), std::nullopt);
    if (!done) ++load.failed;
  }
}

rt::Task<void> run_callers(Load& load, int callers) {
  rt::TaskScope scope(load.loop);
  for (int i = 0; i < callers; ++i) rt::spawn(scope, "caller", &caller, std::ref(load));
  co_await scope.join();
  load.loop.stop();
}

/// Updates per second with `callers` concurrent callers, each update durable before the next.
void accept_updates(benchmark::State& state) {
  const int callers = static_cast<int>(state.range(0));
  constexpr std::int64_t kPerRound = 20'000;
  const Folder folder;
  rt::Loop loop;
  metrics::Registry registry;
  store::SqliteOptions options;
  options.path = folder.file("store.db");
  options.metrics = &registry;
  auto opened = store::open_sqlite(loop, options, new_keys());
  if (!opened) {
    state.SkipWithError(opened.error().message.c_str());
    return;
  }
  Load load{loop, **opened, IdSource(loop, Rng(1))};
  double loop_cpu = 0;
  std::int64_t done = 0;
  for (auto _ : state) {
    load.left = kPerRound;
    const double before = thread_cpu_seconds();
    rt::TaskScope scope(loop);
    rt::spawn(scope, "load", &run_callers, std::ref(load), callers);
    loop.run();
    while (scope.size() > 0) loop.context().run_one();
    loop_cpu += thread_cpu_seconds() - before;
    done += kPerRound;
  }
  if (load.failed > 0) state.SkipWithError("some updates failed");
  const double commits = registry.value("chorus_store_commits_total");
  state.counters["updates"] =
      benchmark::Counter(static_cast<double>(done), benchmark::Counter::kIsRate);
  state.counters["batch"] = static_cast<double>(done) / commits;
  state.counters["loop_us"] = loop_cpu * 1e6 / static_cast<double>(done);
}
BENCHMARK(accept_updates)
    ->Arg(1)
    ->Arg(20)
    ->Arg(100)
    ->Arg(200)
    ->Arg(400)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

constexpr char kFloorMessage[] =
    "INSERT INTO messages (id, room, owner, bot, author, author_name, author_is_bot, message, "
    "direction, body, date, created_at, name) VALUES (?, ?, 0, 0, ?, '', 0, ?, 1, ?, ?, ?, ?)";
constexpr char kFloorInbox[] =
    "INSERT INTO inbox (id, bot, update_id, room, message, kind, state, reason, payload, "
    "received_at, person) VALUES (?, ?, ?, ?, ?, 1, 1, '', x'', ?, ?)";

/// The floor: prepared inserts of the same rows in the same schema, 100 per transaction.
void raw_inserts(benchmark::State& state) {
  const Folder folder;
  auto opened = store::detail::Database::open(folder.file("raw.db"),
                                              store::detail::Database::Access::ReadWrite);
  auto& db = **opened;
  bool ok = db.exec(
                  "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                  "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000;"
                  "PRAGMA cache_size = -32768")
                .has_value() &&
            store::detail::migrate(db, WallTime{}).has_value();
  constexpr std::int64_t kPerRound = 20'000;
  const std::string body(90 + 41, 'x');
  const std::string name(6 + 41, 'x');
  rt::Loop loop;
  IdSource ids(loop, Rng(1));
  std::int64_t n = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < kPerRound && ok; i += 100) {
      ok = db.begin().has_value();
      for (int k = 0; k < 100 && ok; ++k) {
        ++n;
        const auto at = loop.wall_now();
        const auto id = ids.next<MessageRowId>();
        auto message = db.run(kFloorMessage);
        message.bind(id)
            .bind(1 + n % 20)
            .bind(1000 + n % 500)
            .bind(n)
            .bind_blob(std::string_view(body));
        ok = message.bind(at).bind(at).bind_blob(std::string_view(name)).finish().has_value();
        auto inbox = db.run(kFloorInbox);
        inbox.bind(ids.next<InboxId>()).bind(1 + n % 50).bind(n).bind(1 + n % 20).bind(id);
        ok = ok && inbox.bind(at).bind(1000 + n % 500).finish().has_value();
      }
      ok = ok && db.commit().has_value();
    }
  }
  if (!ok) state.SkipWithError("the engine refused");
  state.counters["updates"] =
      benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsRate);
}
BENCHMARK(raw_inserts)->UseRealTime()->Unit(benchmark::kMillisecond);

/// What one durable write of a page costs here: the reason why rates differ between machines.
void fsync_cost(benchmark::State& state) {
  const Folder folder;
  const int fd = ::open(folder.file("sync").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  off_t at = 0;
  for (auto _ : state) {
    if (::pwrite(fd, page.data(), page.size(), at) != 4096 || ::fdatasync(fd) != 0) {
      state.SkipWithError("the disk refused");
      break;
    }
    at += 4096;
  }
  ::close(fd);
}
BENCHMARK(fsync_cost)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
