#include "chorus/rt/scope.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include "support/drive.hpp"
#include "support/sqlite_under_test.hpp"
#include "support/store_samples.hpp"
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace chorus::store {
namespace {

/// Accepts for ever and tells each id only after the store has acknowledged it.
rt::Task<void> accept_and_tell(rt::Loop& loop, Store& store, std::int64_t first, std::int64_t step,
                               int pipe) {
  for (std::int64_t id = first;; id += step) {
    auto update =
        test::sample_update(id, BotId(1), test::sample_message(id, RoomId(9), loop.wall_now()));
    const auto done = co_await store.accept_updates({std::move(update)}, Cursor{BotId(1), id + 1});
    if (!done || ::write(pipe, &id, sizeof id) != sizeof id) ::_exit(3);
  }
}

[[noreturn]] void run_child(const SqliteOptions& options, const crypto::KeyRing& keys, int pipe) {
  rt::Loop loop;
  auto store = open_sqlite(loop, options, keys);
  if (!store) ::_exit(2);
  constexpr std::int64_t kCallers = 30;
  rt::TaskScope scope(loop);
  for (std::int64_t i = 1; i <= kCallers; ++i) {
    scope.start("caller", accept_and_tell(loop, **store, i, kCallers, pipe));
  }
  loop.run();
  ::_exit(4);
}

TEST(SqliteCrash, KillLosesNothingThatWasAcknowledged) {
  const test::TempDir dir;
  const auto keys = test::fresh_key_ring();
  for (int round = 1; round <= 3; ++round) {
    const SqliteOptions options{
        .path = (dir / ("round" + std::to_string(round) + ".db").c_str()).string()};
    std::set<std::int64_t> acknowledged;
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      run_child(options, keys, ends[1]);
    }
    ::close(ends[1]);
    std::int64_t id = 0;
    bool killed = false;
    // After the kill the pipe still holds what was told before it.
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
      acknowledged.insert(id);
      if (!killed && acknowledged.size() == 500U * static_cast<unsigned>(round)) {
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        killed = true;
      }
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);

    rt::Loop loop;
    auto store = open_sqlite(loop, options, keys);
    ASSERT_TRUE(store) << store.error().message;
    std::set<std::int64_t> found;
    const auto items = test::drive(loop, (*store)->read_inbox(InboxId(), 1'000'000));
    ASSERT_TRUE(items) << items.error().message;
    for (const auto& item : *items) {
      ASSERT_TRUE(item.message) << "an update without its line";
      found.insert(item.inbox.id.value);
    }
    for (const auto told : acknowledged) EXPECT_TRUE(found.contains(told)) << told;
    // What was under way may be there or not; more than the callers cannot be.
    EXPECT_LE(found.size(), acknowledged.size() + 30);
    test::drive(loop, (*store)->close());
    store->reset();
    const auto report = check_sqlite(options.path, keys);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->problems.empty());
  }
}

}  // namespace
}  // namespace chorus::store
