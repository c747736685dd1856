// What virtual time promises: it stands while anything is pending, and jumps exactly.
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace chorus::rt {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using Log = std::vector<std::string>;

Loop::Options virtual_options() {
  Loop::Options options;
  options.mode = Loop::Mode::Virtual;
  return options;
}

std::int64_t now_ns(const Loop& loop) {
  return loop.now().time_since_epoch().count();
}

TEST(VirtualTime, StandsStillUntilWorkOutsideHasAnswered) {
  for (int round = 0; round < 50; ++round) {
    Loop loop(virtual_options());
    TaskScope scope(loop);
    Notify answered(loop);
    std::vector<std::int64_t> times;
    std::thread outside;
    spawn(
        scope, "caller",
        [](Loop& l, Notify& n, std::thread& t, std::vector<std::int64_t>& out) -> Task<void> {
          l.external_begin();
          t = std::thread([&l, &n] {
            l.post_from_thread([&n] { n.notify_all(); });
            l.external_end();
          });
          EXPECT_TRUE(co_await n.wait());
          out.push_back(now_ns(l));
        },
        std::ref(loop), std::ref(answered), std::ref(outside), std::ref(times));
    spawn(
        scope, "sleeper",
        [](Loop& l, std::vector<std::int64_t>& out) -> Task<void> {
          co_await sleep_for(l, microseconds(1));
          out.push_back(now_ns(l));
        },
        std::ref(loop), std::ref(times));
    loop.run();
    outside.join();
    ASSERT_EQ(times, (std::vector<std::int64_t>{0, 1000}));
  }
}

TEST(VirtualTime, AnExternalEndWithoutAnAnswerLetsTimeGoOn) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  loop.external_begin();
  spawn(
      scope, "sleeper", [](Loop& l) -> Task<void> { co_await sleep_for(l, seconds(1)); },
      std::ref(loop));
  std::thread outside([&loop] { loop.external_end(); });
  loop.run();
  outside.join();
  EXPECT_EQ(loop.now(), MonoTime{seconds(1)});
}

TEST(VirtualTime, ResumesAtTheEndOfTheTickAndAtOnceForThePast) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::int64_t> times;
  spawn(
      scope, "t",
      [](Loop& l, std::vector<std::int64_t>& out) -> Task<void> {
        for (const std::int64_t ns : {0, 1, 999, 1000, 1001, -5}) {
          co_await sleep_for(l, Duration(ns));
          out.push_back(now_ns(l));
        }
      },
      std::ref(loop), std::ref(times));
  loop.run();
  EXPECT_EQ(times, (std::vector<std::int64_t>{0, 1000, 2000, 3000, 5000, 5000}));
}

TEST(VirtualTime, ASleepForeverIsOnlyEndedByCancellation) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Log log;
  spawn(
      scope, "t",
      [](Loop& l, Log& out) -> Task<void> {
        out.push_back(co_await sleep_for(l, Duration::max()) ? "slept" : "cancelled");
      },
      std::ref(loop), std::ref(log));
  loop.run();
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(now_ns(loop), 0);
  scope.cancel();
  loop.run();
  EXPECT_EQ(log, (Log{"cancelled"}));
}

TEST(VirtualTime, YieldLetsEverythingRunnableGoFirst) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Notify notify(loop);
  Log log;
  spawn(
      scope, "woken",
      [](Notify& n, Log& out) -> Task<void> {
        (void)co_await n.wait();
        out.push_back("woken");
      },
      std::ref(notify), std::ref(log));
  spawn(
      scope, "yielder",
      [](Loop& l, Notify& n, Log& out) -> Task<void> {
        n.notify_all();
        l.post([&out] { out.push_back("posted"); });
        co_await yield(l);
        out.push_back("yielded");
      },
      std::ref(loop), std::ref(notify), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (Log{"woken", "posted", "yielded"}));
}

TEST(VirtualTime, StopEndsTheRunAndTheNextRunGoesOn) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  std::vector<std::int64_t> times;
  spawn(
      scope, "t",
      [](Loop& l, std::vector<std::int64_t>& out) -> Task<void> {
        for (int i = 0; i < 3; ++i) {
          co_await sleep_for(l, seconds(1));
          out.push_back(now_ns(l));
          if (i == 0) l.stop();
        }
      },
      std::ref(loop), std::ref(times));
  loop.run();
  EXPECT_TRUE(loop.stopped());
  EXPECT_EQ(times.size(), 1U);
  EXPECT_EQ(loop.now(), MonoTime{seconds(1)}) << "no jump after the stop";
  loop.run();
  EXPECT_EQ(times.size(), 3U);
}

TEST(VirtualTimeDeathTest, ATaskThatSpinsAtOneInstantIsFound) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto options = virtual_options();
        options.max_steps_per_instant = 1000;
        Loop loop(options);
        TaskScope scope(loop);
        spawn(
            scope, "spinner",
            [](Loop& l) -> Task<void> {
              while (true) co_await yield(l);
            },
            std::ref(loop));
        loop.run();
      },
      "spins without ever sleeping");
}

TEST(VirtualTimeDeathTest, AScopeThatGoesBeforeItsTasksNamesThem) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Loop loop(virtual_options());
        TaskScope scope(loop);
        spawn(
            scope, "forgotten", [](Loop& l) -> Task<void> { co_await sleep_for(l, seconds(1)); },
            std::ref(loop));
        loop.run_until(MonoTime{});
      },
      "task forgotten still runs");
}

TEST(Deadline, FiresOnceAndNotWhenDisarmedOrGone) {
  Loop loop(virtual_options());
  int fired = 0;
  const auto count = [](void* n) noexcept { ++*static_cast<int*>(n); };
  Deadline kept(loop, count, &fired);
  kept.arm_after(seconds(1));
  Deadline disarmed(loop, count, &fired);
  disarmed.arm_after(seconds(1));
  disarmed.disarm();
  {
    Deadline gone(loop, count, &fired);
    gone.arm_after(seconds(1));
  }
  loop.run();
  EXPECT_EQ(fired, 1);
  EXPECT_TRUE(kept.expired());
  EXPECT_FALSE(disarmed.expired());
  kept.arm_after(seconds(1));
  EXPECT_FALSE(kept.expired());
  loop.run();
  EXPECT_EQ(fired, 2);
}

TEST(RealTime, FiresInOrderOfDeadlineWhateverTheOrderOfArming) {
  metrics::Registry registry;
  Loop::Options options;
  options.metrics = &registry;
  Loop loop(options);
  struct Note {
    Loop* loop;
    MonoTime due;
    std::vector<MonoTime>* order;
    bool last;
    static void fire(void* self) noexcept {
      const auto& note = *static_cast<Note*>(self);
      EXPECT_GE(note.loop->now(), note.due);
      note.order->push_back(note.due);
      if (note.last) note.loop->stop();
    }
  };
  std::vector<MonoTime> order;
  const MonoTime start = loop.now();
  Note late{&loop, start + microseconds(900), &order, true};
  Note soon{&loop, start + microseconds(600), &order, false};
  Note first{&loop, start + microseconds(300), &order, false};
  Note never{&loop, MonoTime::max(), &order, false};
  std::vector<std::unique_ptr<Deadline>> deadlines;
  for (Note* note : {&late, &soon, &first, &never}) {
    deadlines.push_back(std::make_unique<Deadline>(loop, &Note::fire, note));
    deadlines.back()->arm(note->due);
  }
  loop.run();
  EXPECT_EQ(order, (std::vector<MonoTime>{first.due, soon.due, late.due}));
  EXPECT_GE(registry.value("chorus_loop_lag_seconds"), 1.0);
}

}  // namespace
}  // namespace chorus::rt
