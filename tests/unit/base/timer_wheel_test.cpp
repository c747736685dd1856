#include "chorus/base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;

struct Named : TimerEntry {
  Named(int n, std::vector<int>& l) : TimerEntry(&Named::fired), name(n), log(&l) {}
  static void fired(TimerEntry& entry) noexcept {
    auto& self = static_cast<Named&>(entry);
    EXPECT_FALSE(self.armed());
    self.log->push_back(self.name);
    if (self.then) self.then(self);
  }
  int name;
  std::vector<int>* log;
  void (*then)(Named&) = nullptr;
  TimerWheel* wheel = nullptr;
  Named* other = nullptr;
};

MonoTime at(Duration d) {
  return MonoTime{d};
}

TEST(TimerWheel, FiresInOrderOfDueTimeThenOfArming) {
  TimerWheel wheel;
  std::vector<int> log;
  Named a(1, log), b(2, log), c(3, log), d(4, log);
  wheel.arm(a, at(2h));
  wheel.arm(b, at(1ms));
  wheel.arm(c, at(2h));
  wheel.arm(d, at(70us));
  EXPECT_EQ(wheel.size(), 4U);
  EXPECT_EQ(wheel.next_due(), at(70us));
  EXPECT_EQ(wheel.advance(at(1h)), 2U);
  EXPECT_EQ(log, (std::vector<int>{4, 2}));
  EXPECT_EQ(wheel.next_due(), at(2h));
  EXPECT_EQ(wheel.advance(at(3h)), 2U);
  EXPECT_EQ(log, (std::vector<int>{4, 2, 1, 3}));
  EXPECT_EQ(wheel.next_due(), std::nullopt);
  EXPECT_EQ(wheel.next_event(), std::nullopt);
}

TEST(TimerWheel, RoundsUpToTheTickAndNeverFiresEarly) {
  TimerWheel wheel;
  std::vector<int> log;
  Named a(1, log);
  wheel.arm(a, at(1500ns));
  EXPECT_EQ(wheel.next_due(), at(2us));
  EXPECT_EQ(a.due(), at(1500ns));
  EXPECT_EQ(wheel.advance(at(1999ns)), 0U);
  EXPECT_EQ(wheel.advance(at(2us)), 1U);
}

TEST(TimerWheel, ThePastAndTheFarFuture) {
  TimerWheel wheel;
  std::vector<int> log;
  EXPECT_EQ(wheel.advance(at(1s)), 0U);
  Named past(1, log), never(2, log), before_start(3, log);
  wheel.arm(past, at(1ms));
  wheel.arm(never, MonoTime::max());
  wheel.arm(before_start, at(-5s));
  EXPECT_EQ(wheel.advance(at(1s)), 2U);
  EXPECT_EQ(log, (std::vector<int>{1, 3}));
  EXPECT_EQ(wheel.advance(at(24h * 365)), 0U);
  EXPECT_TRUE(never.armed());
  wheel.cancel(never);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, RearmingMovesAndCancellingTwiceIsFine) {
  TimerWheel wheel;
  std::vector<int> log;
  Named a(1, log);
  wheel.arm(a, at(1ms));
  wheel.arm(a, at(5ms));
  EXPECT_EQ(wheel.size(), 1U);
  EXPECT_EQ(wheel.advance(at(2ms)), 0U);
  wheel.cancel(a);
  wheel.cancel(a);
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_EQ(wheel.advance(at(1s)), 0U);
}

TEST(TimerWheel, WhatAFiredEntryArmsForNowWaitsForTheNextCall) {
  TimerWheel wheel;
  std::vector<int> log;
  Named a(1, log);
  a.wheel = &wheel;
  a.then = [](Named& self) { self.wheel->arm(self, self.due()); };
  wheel.arm(a, at(1ms));
  EXPECT_EQ(wheel.advance(at(1ms)), 1U);
  EXPECT_EQ(wheel.advance(at(1ms)), 1U);
  EXPECT_EQ(log.size(), 2U);
  wheel.cancel(a);
}

TEST(TimerWheel, AFiredEntryMayCancelOneThatIsDueWithIt) {
  TimerWheel wheel;
  std::vector<int> log;
  Named a(1, log), b(2, log), c(3, log);
  a.wheel = &wheel;
  a.other = &b;
  a.then = [](Named& self) { self.wheel->cancel(*self.other); };
  for (Named* entry : {&a, &b, &c}) wheel.arm(*entry, at(1ms));
  EXPECT_EQ(wheel.advance(at(1ms)), 2U);
  EXPECT_EQ(log, (std::vector<int>{1, 3}));
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, NextEventLeadsToNextDueInAFewSteps) {
  TimerWheel wheel;
  std::vector<int> log;
  Named a(1, log);
  wheel.arm(a, at(37h + 1234567us));
  int steps = 0;
  while (auto event = wheel.next_event()) {
    ASSERT_LE(*event, *wheel.next_due());
    wheel.advance(*event);
    ASSERT_LT(++steps, 10);
  }
  EXPECT_EQ(log.size(), 1U);
}

}  // namespace
}  // namespace chorus
