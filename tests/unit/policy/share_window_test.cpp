#include "chorus/policy/share_window.hpp"

#include <gtest/gtest.h>

namespace chorus::policy {
namespace {

using namespace std::chrono_literals;

MonoTime at(Duration d) {
  return MonoTime(d);
}

TEST(ShareWindow, CountsWhatIsWithinTheWindow) {
  ShareWindow shares;
  EXPECT_EQ(shares.tally(1h, at(0s)).all(), 0U);
  EXPECT_EQ(shares.tally(1h, at(0s)).bad_share(), 0.0);
  for (int i = 0; i < 60; ++i) shares.add(i % 4 != 0, at(i * 10s));
  EXPECT_EQ(shares.tally(1h, at(590s)).all(), 60U);
  EXPECT_EQ(shares.tally(1h, at(590s)).bad_share(), 0.25);
  EXPECT_EQ(shares.tally(5min, at(590s)).all(), 31U) << "the current step, and 30 before it";
  EXPECT_EQ(shares.tally(5min, at(2000s)).all(), 0U);
}

TEST(ShareWindow, AnHourIsTheLongestAndOldStepsAreTakenOver) {
  ShareWindow shares;
  for (int i = 0; i < 5000; ++i) shares.add(true, at(i * 10s));
  EXPECT_EQ(shares.tally(100h, at(49'990s)).all(), 361U);
  shares.add(false, at(49'990s));
  EXPECT_EQ(shares.tally(10s, at(49'990s)).bad, 1U);
}

}  // namespace
}  // namespace chorus::policy
