#include "chorus/sandbox/llm/quota.hpp"

#include <gtest/gtest.h>

namespace chorus::sandbox {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr MonoTime at(Duration d) {
  return MonoTime{} + d;
}

TEST(SlidingQuota, AsksWithoutTaking) {
  SlidingQuota quota(10, minutes(1));
  EXPECT_EQ(quota.wait_for(10, at(seconds(1))), std::nullopt);
  EXPECT_EQ(quota.used(at(seconds(1))), 0);
  quota.take(4, at(seconds(1)));
  EXPECT_EQ(quota.used(at(seconds(1))), 4);
}

TEST(SlidingQuota, SaysHowLongUntilEnoughHasLeft) {
  SlidingQuota quota(10, minutes(1));
  quota.take(6, at(seconds(0)));
  quota.take(4, at(seconds(10)));
  EXPECT_EQ(quota.wait_for(6, at(seconds(20))), Duration(seconds(40)));
  EXPECT_EQ(quota.wait_for(7, at(seconds(20))), Duration(seconds(50)));
  EXPECT_EQ(quota.wait_for(6, at(seconds(60))), std::nullopt) << "it fits when it was said to";
  EXPECT_EQ(quota.reset_in(at(seconds(20))), Duration(seconds(50)));
  EXPECT_EQ(quota.reset_in(at(seconds(70))), Duration::zero());
}

TEST(SlidingQuota, WhatNeverFitsWaitsAPeriod) {
  SlidingQuota quota(10, minutes(1));
  EXPECT_EQ(quota.wait_for(11, at(seconds(5))), Duration(minutes(1)));
}

TEST(SlidingQuota, ASteadyLoadLeavesTheWindow) {
  // One per 50 ms is far below 100 ms apart: folding must not keep the first ones for ever.
  SlidingQuota quota(100'000, minutes(1));
  Duration t{};
  for (; t < minutes(5); t += milliseconds(50)) quota.take(1, at(t));
  EXPECT_GE(quota.used(at(t)), 1200);
  EXPECT_LE(quota.used(at(t)), 1203) << "at most one folded entry more than the window";
}

TEST(SlidingQuota, NeverForgetsTooEarly) {
  SlidingQuota quota(1000, minutes(1));
  quota.take(1, at(milliseconds(0)));
  quota.take(1, at(milliseconds(99)));
  EXPECT_EQ(quota.used(at(seconds(60) + milliseconds(98))), 2);
  EXPECT_EQ(quota.used(at(seconds(60) + milliseconds(99))), 0);
}

TEST(SlidingQuota, ADayIsKeptInBoundedMemory) {
  SlidingQuota quota(1'000'000, hours(24));
  std::size_t most = 0;
  for (Duration t{}; t < hours(30); t += seconds(1)) {
    quota.take(1, at(t));
    most = std::max(most, quota.entries_for_test());
  }
  EXPECT_LE(most, 1003u);
  EXPECT_GE(quota.used(at(hours(30))), 86'400 - 1);
}

}  // namespace
}  // namespace chorus::sandbox
