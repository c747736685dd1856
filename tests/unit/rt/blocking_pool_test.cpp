#include "chorus/rt/blocking_pool.hpp"

#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace chorus::rt {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using Log = std::vector<std::string>;

/// Holds functions of the pool until the test lets them go.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for_arrivals(int n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= n; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
};

Task<void> pass_gate(BlockingPool& pool, Gate& gate, Log& log, std::string name) {
  auto result = co_await pool.run([&gate] { gate.pass(); });
  log.push_back(name + " " + (result ? "ran" : std::string(to_string(result.error().code))));
}

TEST(BlockingPool, RunsOnAnotherThreadAndAnswersOnTheLoop) {
  Loop loop;
  TaskScope scope(loop);
  BlockingPool pool(loop);
  bool elsewhere = false;
  spawn(
      scope, "t",
      [](Loop& l, BlockingPool& p, bool& out) -> Task<void> {
        const auto here = std::this_thread::get_id();
        auto there = co_await p.run([] { return std::this_thread::get_id(); });
        out = there && *there != here && std::this_thread::get_id() == here;
        l.stop();
      },
      std::ref(loop), std::ref(pool), std::ref(elsewhere));
  loop.run();
  EXPECT_TRUE(elsewhere);
}

TEST(BlockingPool, FullQueueRejectsQueuedIsCancelledStartedIsNot) {
  Loop loop;
  TaskScope scope(loop);
  BlockingPool pool(loop, {.threads = 1, .queue = 1});
  Gate gate;
  Log log;
  const auto job = [&](const char* name) {
    return spawn(scope, "job", &pass_gate, std::ref(pool), std::ref(gate), std::ref(log),
                 std::string(name));
  };
  auto started = job("started");
  loop.post([&] {
    gate.wait_for_arrivals(1);
    auto queued = job("queued");
    job("rejected");
    loop.post([&, queued] {
      started.cancel();
      queued.cancel();
      loop.post([&] { loop.post([&] { gate.open(); }); });
    });
  });
  spawn(
      scope, "end",
      [](Loop& l, Log& out) -> Task<void> {
        while (out.size() < 3) co_await sleep_for(l, microseconds(20));
        l.stop();
      },
      std::ref(loop), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (Log{"rejected queue_full", "queued cancelled", "started ran"}));
}

TEST(BlockingPool, GoingDropsWhatIsQueued) {
  Loop loop;
  TaskScope scope(loop);
  auto pool = std::make_unique<BlockingPool>(loop, BlockingPool::Options{.threads = 1});
  Gate gate;
  Log log;
  for (const char* name : {"started", "queued"}) {
    spawn(scope, "job", &pass_gate, std::ref(*pool), std::ref(gate), std::ref(log),
          std::string(name));
  }
  loop.post([&] {
    gate.wait_for_arrivals(1);
    // The gate opens only after the pool has begun to go: its queue is dropped before that.
    std::thread opener([&] { gate.open(); });
    pool.reset();
    opener.join();
  });
  spawn(
      scope, "end",
      [](Loop& l, Log& out) -> Task<void> {
        while (out.size() < 2) co_await sleep_for(l, microseconds(20));
        l.stop();
      },
      std::ref(loop), std::ref(log));
  loop.run();
  std::sort(log.begin(), log.end());
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[1], "started ran");
  // The thread may have taken the second function in the moment between.
  EXPECT_TRUE(log[0] == "queued cancelled" || log[0] == "queued ran") << log[0];
}

TEST(BlockingPool, AFunctionThatThrowsIsAnInternalError) {
  for (const auto mode : {Loop::Mode::Real, Loop::Mode::Virtual}) {
    Loop::Options options;
    options.mode = mode;
    Loop loop(options);
    TaskScope scope(loop);
    BlockingPool pool(loop);
    Log log;
    spawn(
        scope, "t",
        [](Loop& l, BlockingPool& p, Log& out) -> Task<void> {
          auto result = co_await p.run([]() -> int { throw std::runtime_error("boom"); });
          out.push_back(result ? "ran" : std::string(to_string(result.error().code)));
          l.stop();
        },
        std::ref(loop), std::ref(pool), std::ref(log));
    loop.run();
    EXPECT_EQ(log, (Log{"internal"}));
  }
}

TEST(BlockingPool, VirtualKeepsItsBoundAndDropsWhatWasCancelledBeforeItsStart) {
  Loop::Options options;
  options.mode = Loop::Mode::Virtual;
  Loop loop(options);
  TaskScope scope(loop);
  BlockingPool pool(loop, {.threads = 1, .queue = 1, .modelled_delay = seconds(1)});
  Gate gate;
  gate.open();
  Log log;
  for (const char* name : {"a", "b", "c"}) {
    spawn(scope, "job", &pass_gate, std::ref(pool), std::ref(gate), std::ref(log),
          std::string(name));
  }
  loop.run_until(MonoTime{});
  EXPECT_EQ(log, (Log{"c queue_full"}));
  scope.cancel();
  loop.run();
  EXPECT_EQ(log, (Log{"c queue_full", "a cancelled", "b cancelled"}));
  EXPECT_EQ(loop.now(), MonoTime{});
}

}  // namespace
}  // namespace chorus::rt
