#include "chorus/policy/send_window.hpp"

#include <gtest/gtest.h>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonoTime at(Duration d) {
  return MonoTime(d);
}

TEST(SlidingWindow, PermitsNAtOnceAndThenWaitsForTheNthLast) {
  SlidingWindow window(3, seconds(10));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(window.earliest(at(seconds(i))), at(seconds(i)));
    window.record(at(seconds(i)));
  }
  EXPECT_EQ(window.earliest(at(seconds(3))), at(milliseconds(10'100)));
  window.record(at(milliseconds(10'100)));
  EXPECT_EQ(window.earliest(at(milliseconds(10'100))), at(milliseconds(11'100)));
}

TEST(SlidingWindow, IsAsNewOnceNothingRememberedCanDelay) {
  SlidingWindow window(1, seconds(1));
  EXPECT_TRUE(window.as_new(at(seconds(0))));
  window.record(at(seconds(0)));
  EXPECT_FALSE(window.as_new(at(milliseconds(1009))));
  EXPECT_TRUE(window.as_new(at(milliseconds(1010))));
}

TEST(SlidingWindow, TakesSendsFromBeforeTheLoopStarted) {
  SlidingWindow window(2, seconds(10));
  window.record(at(seconds(-8)));
  window.record(at(seconds(-1)));
  EXPECT_EQ(window.earliest(at(seconds(0))), at(milliseconds(2100)));
}

TEST(TokenBucket, GivesTheBurstAndThenTheRateLessOnePercent) {
  TokenBucket bucket(1.0, 3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(bucket.earliest(at({})), at({}));
    bucket.record(at({}));
  }
  EXPECT_EQ(bucket.earliest(at({})), at(milliseconds(1010)));
  EXPECT_FALSE(bucket.as_new(at(milliseconds(3029))));
  EXPECT_TRUE(bucket.as_new(at(milliseconds(3030))));
}

TEST(Freeze, IsOnlyExtendedUntilThawed) {
  Freeze freeze;
  EXPECT_TRUE(freeze.as_new(at({})));
  freeze.freeze(at(seconds(10'072)));
  freeze.freeze(at(seconds(120)));
  EXPECT_EQ(freeze.earliest(at(seconds(1))), at(seconds(10'072)));
  EXPECT_EQ(freeze.earliest(at(seconds(10'072))), at(seconds(10'072)));
  freeze.thaw();
  EXPECT_EQ(freeze.earliest(at(seconds(1))), at(seconds(1)));
}

TEST(LimitSet, ReservesAllOrNone) {
  SlidingWindow wide(10, seconds(1));
  TokenBucket narrow(1.0, 1);
  Freeze freeze;
  LimitSet set;
  set.add(wide);
  set.add(narrow);
  set.add(freeze);
  ASSERT_TRUE(set.reserve(at({})));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(set.reserve(at(milliseconds(5))));
  // Had a refused reservation been recorded on the wide window, it would be full now.
  EXPECT_EQ(wide.earliest(at(milliseconds(5))), at(milliseconds(5)));
  EXPECT_EQ(set.earliest(at(milliseconds(5))), at(milliseconds(1010)));
  freeze.freeze(at(seconds(60)));
  EXPECT_EQ(set.earliest(at(seconds(2))), at(seconds(60)));
  EXPECT_FALSE(set.reserve(at(seconds(2))));
  EXPECT_TRUE(set.reserve(at(seconds(60))));
}

}  // namespace
}  // namespace chorus::policy
