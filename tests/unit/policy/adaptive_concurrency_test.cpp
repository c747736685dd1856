#include "chorus/policy/adaptive_concurrency.hpp"

#include <gtest/gtest.h>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonoTime at(Duration d) {
  return MonoTime(d);
}

/// Fills the limit and lets every call end alike; returns how many calls that was.
std::uint32_t round_of(AdaptiveConcurrency& limit, CallOutcome outcome, Duration latency,
                       MonoTime now) {
  std::uint32_t n = 0;
  while (limit.try_acquire()) ++n;
  for (std::uint32_t i = 0; i < n; ++i) limit.release(outcome, latency, now);
  return n;
}

/// As `round_of` where somebody always waits: whoever ends is followed by another at once.
void full_round(AdaptiveConcurrency& limit, MonoTime now) {
  while (limit.try_acquire()) {
  }
  for (std::uint32_t n = limit.in_flight(); n > 0; --n) {
    limit.release(CallOutcome::Success, milliseconds(100), now);
    while (limit.try_acquire()) {
    }
  }
}

TEST(AdaptiveConcurrency, DoublesPerRoundUntilTheFirstSignOfTooMuch) {
  AdaptiveConcurrency limit({.minimum = 1, .maximum = 1000, .initial = 8});
  for (int i = 0; i < 4; ++i) full_round(limit, at(seconds(i)));
  EXPECT_EQ(limit.limit(), 128U) << "a burst at the start is served in few rounds";
  limit.release(CallOutcome::Overload, {}, at(seconds(4)));
  EXPECT_EQ(limit.limit(), 89U);
  for (int i = 5; i < 9; ++i) full_round(limit, at(seconds(i)));
  EXPECT_LE(limit.limit(), 94U);
}

TEST(AdaptiveConcurrency, GrowsByAboutOnePerRoundAfterTheFirstSignOfTooMuch) {
  AdaptiveConcurrency limit({.minimum = 1, .maximum = 64, .initial = 11});
  ASSERT_TRUE(limit.try_acquire());
  limit.release(CallOutcome::Overload, {}, at({}));
  EXPECT_EQ(round_of(limit, CallOutcome::Success, milliseconds(100), at({})), 7U);
  for (int i = 1; i < 9; ++i) {
    (void)round_of(limit, CallOutcome::Success, milliseconds(100), at(seconds(i)));
  }
  EXPECT_GE(limit.limit(), 11U);
  EXPECT_LE(limit.limit(), 17U);
  EXPECT_EQ(limit.in_flight(), 0U);
  for (int i = 9; i < 500; ++i) {
    (void)round_of(limit, CallOutcome::Success, milliseconds(100), at(seconds(i)));
  }
  EXPECT_EQ(limit.limit(), 64U);
}

TEST(AdaptiveConcurrency, DoesNotGrowWhileUnused) {
  AdaptiveConcurrency limit({.minimum = 1, .maximum = 64, .initial = 8});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(limit.try_acquire());
    limit.release(CallOutcome::Success, milliseconds(100), at(seconds(i)));
  }
  EXPECT_EQ(limit.limit(), 8U);
}

TEST(AdaptiveConcurrency, OverloadShrinksOncePerCooldownDownToTheMinimum) {
  AdaptiveConcurrency limit({.minimum = 2, .maximum = 64, .initial = 20});
  (void)round_of(limit, CallOutcome::Overload, {}, at(seconds(1)));
  EXPECT_EQ(limit.limit(), 14U) << "20 refusals of one burst are one event";
  for (int i = 2; i < 30; ++i) (void)round_of(limit, CallOutcome::Overload, {}, at(seconds(i)));
  EXPECT_EQ(limit.limit(), 2U);
}

TEST(AdaptiveConcurrency, InflatedLatencyShrinksIt) {
  AdaptiveConcurrency limit({.minimum = 1, .maximum = 64, .initial = 32});
  for (int i = 0; i < 10; ++i) {
    (void)round_of(limit, CallOutcome::Success, milliseconds(100), at(seconds(i)));
  }
  const std::uint32_t before = limit.limit();
  for (int i = 10; i < 13; ++i) {
    (void)round_of(limit, CallOutcome::Success, milliseconds(500), at(seconds(i)));
  }
  EXPECT_LT(limit.limit(), before * 3 / 4);
}

TEST(AdaptiveConcurrency, IgnoredOutcomesOnlyGiveThePlaceBack) {
  AdaptiveConcurrency limit({.minimum = 1, .maximum = 8, .initial = 4});
  EXPECT_EQ(round_of(limit, CallOutcome::Ignored, seconds(9), at({})), 4U);
  EXPECT_EQ(limit.limit(), 4U);
  EXPECT_EQ(limit.in_flight(), 0U);
  EXPECT_EQ(limit.baseline_latency(), Duration::zero());
}

}  // namespace
}  // namespace chorus::policy
