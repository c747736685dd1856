#include "chorus/rt/loop.hpp"

#include "chorus/rt/blocking_pool.hpp"
#include "chorus/rt/channel.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Loop::Options virtual_options() {
  Loop::Options options;
  options.mode = Loop::Mode::Virtual;
  return options;
}

Task<void> note_after(Loop& loop, Duration d, std::vector<std::string>& log, std::string name) {
  const bool slept = co_await sleep_for(loop, d);
  log.push_back(name + (slept ? "" : " cancelled"));
}

TEST(VirtualLoop, JumpsToTheNextTimerAndKeepsOrder) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::string> log;
  spawn(scope, "b", &note_after, std::ref(loop), seconds(7200), std::ref(log), std::string("b"));
  spawn(scope, "a", &note_after, std::ref(loop), milliseconds(5), std::ref(log), std::string("a"));
  spawn(scope, "c", &note_after, std::ref(loop), seconds(7200), std::ref(log), std::string("c"));
  loop.run();
  EXPECT_EQ(log, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(loop.now().time_since_epoch(), Duration(seconds(7200)));
  EXPECT_EQ(to_iso8601(loop.wall_now()), "2026-01-05T14:00:00.000Z");
}

TEST(VirtualLoop, RunUntilStopsTheClockThere) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::string> log;
  spawn(scope, "a", &note_after, std::ref(loop), seconds(10), std::ref(log), std::string("a"));
  loop.run_until(MonoTime{seconds(4)});
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(loop.now(), MonoTime{seconds(4)});
  loop.run_until(MonoTime{seconds(20)});
  EXPECT_EQ(log, std::vector<std::string>{"a"});
}

TEST(TaskScope, CancelWakesSleepersAndJoinWaits) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  TaskScope control(loop);
  std::vector<std::string> log;
  spawn(scope, "a", &note_after, std::ref(loop), seconds(100), std::ref(log), std::string("a"));
  spawn(
      control, "control",
      [](Loop& l, TaskScope& s, std::vector<std::string>& out) -> Task<void> {
        co_await sleep_for(l, seconds(1));
        co_await s.close();
        out.push_back("joined");
      },
      std::ref(loop), std::ref(scope), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (std::vector<std::string>{"a cancelled", "joined"}));
  EXPECT_EQ(loop.now(), MonoTime{seconds(1)});
}

TEST(TaskScope, TaskCancelledBeforeItStartedNeverRuns) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::string> log;
  auto handle =
      spawn(scope, "a", &note_after, std::ref(loop), seconds(1), std::ref(log), std::string("a"));
  handle.cancel();
  loop.run();
  EXPECT_TRUE(log.empty());
  EXPECT_TRUE(handle.done());
  EXPECT_EQ(scope.size(), 0U);
}

TEST(TaskScope, AfterACancelledWaitTheNextWaitWorks) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::string> log;
  auto handle = spawn(
      scope, "a",
      [](Loop& l, std::vector<std::string>& out) -> Task<void> {
        if (!co_await sleep_for(l, seconds(50))) out.push_back("cancelled");
        if (co_await sleep_for(l, seconds(2))) out.push_back("cleaned up");
      },
      std::ref(loop), std::ref(log));
  loop.run_until(MonoTime{seconds(1)});
  handle.cancel();
  loop.run();
  EXPECT_EQ(log, (std::vector<std::string>{"cancelled", "cleaned up"}));
  EXPECT_EQ(loop.exceptions_for_test(), 0U);
}

TEST(TaskScope, AnExceptionEndsThatTaskOnlyAndIsCounted) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::string> log;
  spawn(scope, "bad", []() -> Task<void> {
    throw std::runtime_error("boom");
    co_return;
  });
  spawn(scope, "a", &note_after, std::ref(loop), seconds(1), std::ref(log), std::string("a"));
  loop.run();
  EXPECT_EQ(loop.exceptions_for_test(), 1U);
  EXPECT_EQ(log, std::vector<std::string>{"a"});
}

struct NoDefault {
  explicit NoDefault(int v) : value(v) {}
  int value;
};

Task<Result<NoDefault>> answer_after(Loop& loop, Duration d) {
  if (!co_await sleep_for(loop, d)) co_return fail(ErrorCode::Cancelled);
  co_return NoDefault(42);
}

TEST(WithTimeout, AnswersTimesOutAndPassesCancellationOn) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::string> log;
  spawn(
      scope, "t",
      [](Loop& l, std::vector<std::string>& out) -> Task<void> {
        auto in_time = co_await with_timeout(l, seconds(2), answer_after(l, seconds(1)));
        out.push_back(in_time ? std::to_string(in_time->value) : "error");
        auto late = co_await with_timeout(l, seconds(2), answer_after(l, seconds(60)));
        out.push_back(std::string(to_string(late.error().code)) + " at " +
                      std::to_string(l.now().time_since_epoch() / seconds(1)));
      },
      std::ref(loop), std::ref(log));
  auto cancelled = spawn(
      scope, "c",
      [](Loop& l, std::vector<std::string>& out) -> Task<void> {
        auto r = co_await with_timeout(l, seconds(100), answer_after(l, seconds(90)));
        out.push_back(std::string(to_string(r.error().code)) + " at " +
                      std::to_string(l.now().time_since_epoch() / seconds(1)));
      },
      std::ref(loop), std::ref(log));
  loop.run_until(MonoTime{seconds(10)});
  cancelled.cancel();
  loop.run();
  EXPECT_EQ(log, (std::vector<std::string>{"42", "timeout at 3", "cancelled at 10"}));
}

TEST(Notify, IsFifoAndTimesOut) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Notify notify(loop);
  std::vector<std::string> log;
  const auto waiter = [](Notify& n, std::vector<std::string>& out, std::string name) -> Task<void> {
    const bool woken = co_await n.wait();
    out.push_back(name + (woken ? "" : " cancelled"));
  };
  for (const char* name : {"1", "2", "3"}) {
    spawn(scope, "w", waiter, std::ref(notify), std::ref(log), std::string(name));
  }
  spawn(
      scope, "t",
      [](Loop& l, Notify& n, std::vector<std::string>& out) -> Task<void> {
        const auto how = co_await n.wait_until(l.now() + seconds(1));
        out.push_back(how == Notify::Woken::Timeout ? "timeout" : "?");
        n.notify_one();
        out.push_back("told one");
        co_await yield(l);
        n.notify_all();
      },
      std::ref(loop), std::ref(notify), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (std::vector<std::string>{"timeout", "told one", "1", "2", "3"}));
}

TEST(Channel, BoundsBlocksAndDrainsAfterClose) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Channel<int> channel(loop, 2);
  std::vector<int> got;
  spawn(
      scope, "producer",
      [](Channel<int>& c) -> Task<void> {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE((co_await c.send(i)).has_value());
        c.close();
      },
      std::ref(channel));
  spawn(
      scope, "consumer",
      [](Loop& l, Channel<int>& c, std::vector<int>& out) -> Task<void> {
        while (auto item = co_await c.receive()) {
          EXPECT_LE(c.size(), 2U);
          out.push_back(*item);
          co_await sleep_for(l, milliseconds(1));
        }
      },
      std::ref(loop), std::ref(channel), std::ref(got));
  loop.run();
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(channel.try_send(9));
}

TEST(BlockingPool, RunsInlineAfterItsDelayOnAVirtualLoop) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  BlockingPool pool(loop);
  int value = 0;
  spawn(
      scope, "t",
      [](BlockingPool& p, int& out) -> Task<void> {
        auto r = co_await p.run([] { return 7; });
        out = r.value_or(0);
      },
      std::ref(pool), std::ref(value));
  loop.run();
  EXPECT_EQ(value, 7);
  EXPECT_EQ(loop.now(), MonoTime{std::chrono::microseconds(100)});
}

TEST(RealLoop, SleepsRunsThePoolAndCancelsASocketRead) {
  Loop loop;
  TaskScope scope(loop);
  BlockingPool pool(loop);
  std::vector<std::string> log;
  using Socket = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, Executor>;
  Socket a(loop.context());
  Socket b(loop.context());
  boost::asio::local::connect_pair(a, b);
  auto reader = spawn(
      scope, "reader",
      [](Socket& s, std::vector<std::string>& out) -> Task<void> {
        char buffer[8];
        auto [error, n] = co_await s.async_read_some(boost::asio::buffer(buffer), kAwait);
        out.push_back(error ? "read cancelled" : "read " + std::to_string(n));
      },
      std::ref(a), std::ref(log));
  spawn(
      scope, "main",
      [](Loop& l, BlockingPool& p, TaskScope::Handle r,
         std::vector<std::string>& out) -> Task<void> {
        const MonoTime start = l.now();
        co_await sleep_for(l, milliseconds(3));
        EXPECT_GE(l.now() - start, milliseconds(3));
        auto answer = co_await p.run([] { return std::string("from a thread"); });
        out.push_back(answer.value_or("failed"));
        r.cancel();
        co_await sleep_for(l, milliseconds(1));
        l.stop();
      },
      std::ref(loop), std::ref(pool), reader, std::ref(log));
  loop.run();
  EXPECT_EQ(log, (std::vector<std::string>{"from a thread", "read cancelled"}));
  EXPECT_EQ(scope.size(), 0U);
}

Task<void> hop(Loop& loop, Rng rng, std::uint64_t& hash, int id) {
  for (int i = 0; i < 200; ++i) {
    co_await sleep_for(loop, std::chrono::microseconds(rng.between(0, 50'000)));
    hash = stable_hash(
        "hop", hash ^ std::uint64_t(id) ^ std::uint64_t(loop.now().time_since_epoch().count()));
  }
}

TEST(VirtualLoop, TheSameSeedGivesTheSameHistory) {
  const auto history = [](std::uint64_t seed) {
    Loop loop(virtual_options());
    TaskScope scope(loop);
    std::uint64_t hash = 1;
    for (int i = 0; i < 50; ++i) {
      spawn(scope, "hop", &hop, std::ref(loop), Rng(seed).fork("hop", std::uint64_t(i)),
            std::ref(hash), i);
    }
    loop.run();
    return hash;
  };
  EXPECT_EQ(history(5), history(5));
  EXPECT_NE(history(5), history(6));
}

}  // namespace
}  // namespace chorus::rt
