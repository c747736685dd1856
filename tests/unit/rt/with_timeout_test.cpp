#include "chorus/rt/channel.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace chorus::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Log = std::vector<std::string>;

Loop::Options virtual_options() {
  Loop::Options options;
  options.mode = Loop::Mode::Virtual;
  return options;
}

std::string told(const Loop& loop, const auto& result) {
  const std::string what = result ? "ok" : std::string(to_string(result.error().code));
  return what + " at " + std::to_string(loop.now().time_since_epoch() / milliseconds(1));
}

Task<Result<void>> take(Loop& loop, Duration d) {
  if (!co_await sleep_for(loop, d)) co_return fail(ErrorCode::Cancelled);
  co_return Result<void>{};
}

/// Runs `body(loop, log)` as a task to its end.
Log run(Task<void> (*body)(Loop&, Log&)) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Log log;
  spawn(scope, "test", body, std::ref(loop), std::ref(log));
  loop.run();
  EXPECT_EQ(scope.size(), 0U);
  EXPECT_EQ(loop.exceptions_for_test(), 0U);
  return log;
}

TEST(WithTimeout, AnswersAtTheVeryDeadlineOrTimesOut) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              auto result = co_await with_timeout(l, seconds(2), take(l, milliseconds(1999)));
              log.push_back(told(l, result));
              result = co_await with_timeout(l, seconds(2), take(l, milliseconds(2001)));
              log.push_back(told(l, result));
            }),
            (Log{"ok at 1999", "timeout at 3999"}));
}

TEST(WithTimeout, NestsAndTheNearerDeadlineWins) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              auto inner = co_await with_timeout(l, seconds(9),
                                                 with_timeout(l, seconds(1), take(l, seconds(60))));
              log.push_back("inner " + told(l, inner));
              auto outer = co_await with_timeout(l, seconds(2),
                                                 with_timeout(l, seconds(9), take(l, seconds(60))));
              log.push_back("outer " + told(l, outer));
            }),
            (Log{"inner timeout at 1000", "outer timeout at 3000"}));
}

TEST(WithTimeout, WaitsForTheCleanUpOfTheTask) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              const auto slow_to_leave = [](Loop& loop) -> Task<Result<void>> {
                (void)co_await sleep_for(loop, seconds(60));
                (void)co_await sleep_for(loop, milliseconds(300));
                co_return fail(ErrorCode::Cancelled);
              };
              auto result = co_await with_timeout(l, seconds(1), slow_to_leave(l));
              log.push_back(told(l, result));
            }),
            (Log{"timeout at 1300"}));
}

TEST(WithTimeout, TellsATaskAgainThatGoesOnAllTheSame) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              const auto deaf = [](Loop& loop) -> Task<Result<void>> {
                (void)co_await sleep_for(loop, seconds(60));
                (void)co_await sleep_for(loop, seconds(60));
                (void)co_await sleep_for(loop, seconds(60));
                co_return fail(ErrorCode::Cancelled);
              };
              auto result = co_await with_timeout(l, seconds(1), deaf(l));
              log.push_back(told(l, result));
            }),
            (Log{"timeout at 3000"}));
}

TEST(WithTimeout, KeepsTheErrorOfTheTaskWhenItWasInTime) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              const auto refuse = [](Loop& loop) -> Task<Result<int>> {
                (void)co_await sleep_for(loop, seconds(1));
                co_return fail(ErrorCode::Forbidden);
              };
              log.push_back(told(l, co_await with_timeout(l, seconds(2), refuse(l))));
            }),
            (Log{"forbidden at 1000"}));
}

TEST(WithTimeout, CarriesMoveOnlyValuesAndCompletesWithoutSuspending) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              const auto at_once = []() -> Task<Result<std::unique_ptr<int>>> {
                co_return std::make_unique<int>(5);
              };
              auto result = co_await with_timeout(l, seconds(1), at_once());
              log.push_back(told(l, result) + " " + std::to_string(**result));
            }),
            (Log{"ok at 0 5"}));
}

TEST(WithTimeout, ADeadlineInThePastStillEndsTheTask) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              log.push_back(told(l, co_await with_timeout(l, Duration(0), take(l, seconds(5)))));
              log.push_back(told(l, co_await with_timeout(l, -seconds(1), take(l, seconds(5)))));
            }),
            (Log{"timeout at 0", "timeout at 0"}));
}

TEST(WithTimeout, AnAnswerOfATaskThatWasToldIsLate) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              const auto shrugs = [](Loop& loop) -> Task<Result<int>> {
                (void)co_await sleep_for(loop, seconds(60));
                co_return 1;
              };
              log.push_back(told(l, co_await with_timeout(l, seconds(1), shrugs(l))));
            }),
            (Log{"timeout at 1000"}));
}

TEST(WithTimeout, NoDeadlineIsNone) {
  EXPECT_EQ(run([](Loop& l, Log& log) -> Task<void> {
              auto result = co_await with_timeout(l, Duration::max(), take(l, seconds(5)));
              log.push_back(told(l, result));
            }),
            (Log{"ok at 5000"}));
}

TEST(WithTimeout, AnExceptionOfTheTaskIsAnInternalErrorAndCounted) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Log log;
  spawn(
      scope, "test",
      [](Loop& l, Log& out) -> Task<void> {
        const auto bad = []() -> Task<Result<int>> {
          throw std::runtime_error("boom");
          co_return 1;
        };
        out.push_back(told(l, co_await with_timeout(l, seconds(1), bad())));
      },
      std::ref(loop), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (Log{"internal at 0"}));
  EXPECT_EQ(loop.exceptions_for_test(), 1U);
}

TEST(WithTimeout, LosesNoItemThatArrivesWithTheDeadline) {
  // The sender and the deadline meet at one instant, in both orders of arming.
  for (const bool deadline_first : {true, false}) {
    Loop loop(virtual_options());
    TaskScope scope(loop);
    Channel<int> channel(loop, 4);
    Log log;
    const auto sender = [](Loop& l, Channel<int>& c) -> Task<void> {
      (void)co_await sleep_until(l, MonoTime{seconds(1)});
      EXPECT_TRUE(c.try_send(7));
    };
    const auto receiver = [](Loop& l, Channel<int>& c, Log& out) -> Task<void> {
      const auto receive = [](Channel<int>& from) -> Task<Result<int>> {
        if (auto item = co_await from.receive()) co_return *item;
        co_return fail(ErrorCode::Cancelled);
      };
      auto got = co_await with_timeout(l, seconds(1), receive(c));
      out.push_back(got ? "received" : "timeout, " + std::to_string(c.size()) + " left");
    };
    if (!deadline_first) spawn(scope, "sender", sender, std::ref(loop), std::ref(channel));
    spawn(scope, "receiver", receiver, std::ref(loop), std::ref(channel), std::ref(log));
    if (deadline_first) {
      // One turn of the loop between the two, so that the deadline is armed before the sleep.
      loop.run_until(MonoTime{});
      spawn(scope, "sender", sender, std::ref(loop), std::ref(channel));
    }
    loop.run();
    EXPECT_EQ(log, deadline_first ? Log{"timeout, 1 left"} : Log{"received"});
  }
}

}  // namespace
}  // namespace chorus::rt
