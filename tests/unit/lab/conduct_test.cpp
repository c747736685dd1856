#include "chorus/lab/conduct.hpp"

#include "chorus/lab/drift.hpp"
#include "chorus/lab/result.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

MonoTime at(Duration d) {
  return MonoTime(d);
}

TEST(RevokedTokenWatch, APatientClientIsNoHotLoop) {
  RevokedTokenWatch watch;
  for (int i = 0; i < 600; ++i) EXPECT_FALSE(watch.refused(1, at(std::chrono::seconds(i))));
}

TEST(RevokedTokenWatch, MoreThanTenInTenSecondsAreOne) {
  RevokedTokenWatch watch;
  int hot = 0;
  for (int i = 0; i < 100; ++i) {
    hot += watch.refused(1, at(i * 10ms)) ? 1 : 0;
    EXPECT_FALSE(i < 10 && watch.refused(2, at(i * 10ms))) << "another bot is counted apart";
  }
  EXPECT_EQ(hot, 90);
}

class LimitedSendsTest : public ::testing::Test {
 protected:
  void send(std::int64_t room, std::uint64_t content, int status, Duration when) {
    sends.send(PlatformUserId(1), PlatformChatId(room), content, status, 5, at(when));
  }
  LimitedSends sends;
};

TEST_F(LimitedSendsTest, WhatIsSentAgainIsNotLost) {
  send(-1, 7, 429, 0s);
  send(-1, 7, 429, 5s);
  send(-1, 7, 200, 10s);
  EXPECT_EQ(sends.lost(at(1h)), 0U);
}

TEST_F(LimitedSendsTest, WhatIsSaidElsewhereOrInOtherWordsDoesNotReplaceIt) {
  send(-1, 7, 429, 0s);
  send(-2, 7, 200, 10s);
  send(-1, 8, 200, 10s);
  EXPECT_EQ(sends.lost(at(1h)), 1U);
}

TEST_F(LimitedSendsTest, ItIsNotLostWhileItMayStillCome) {
  send(-1, 7, 429, 0s);
  EXPECT_EQ(sends.lost(at(14s)), 0U);
  EXPECT_EQ(sends.lost(at(15s)), 1U);
}

TEST_F(LimitedSendsTest, ARefusalOfAnotherKindEndsTheWait) {
  send(-1, 7, 429, 0s);
  send(-1, 7, 403, 6s);
  EXPECT_EQ(sends.lost(at(1h)), 0U);
}

std::vector<SeriesPoint> served(Duration last_latency, std::uint64_t last_missed) {
  std::vector<SeriesPoint> out;
  for (int i = 0; i < 110; ++i) {
    SeriesPoint point;
    point.at = std::chrono::seconds(i);
    point.length = 1s;
    const bool last = i >= 90;
    point.sent = 10;
    point.answered = 10 - (last ? last_missed : 0);
    for (std::uint64_t k = 0; k < point.answered; ++k) {
      point.latency.record(last ? last_latency : Duration(200ms));
    }
    out.push_back(std::move(point));
  }
  return out;
}

TEST(Drift, ComparesTheLastFifthWithTheFirst) {
  const auto same = drift_of(served(200ms, 0), 10s, 100s);
  ASSERT_TRUE(same);
  EXPECT_NEAR(same->latency_ratio(), 1, 1e-9);
  EXPECT_EQ(same->first_n, 200U);
  EXPECT_EQ(same->success_p, 1);
  const auto slower = drift_of(served(600ms, 1), 10s, 100s);
  ASSERT_TRUE(slower);
  EXPECT_NEAR(slower->latency_ratio(), 3, 0.1);
  EXPECT_NEAR(slower->last_success, 0.9, 1e-9);
  EXPECT_LT(slower->success_p, 0.001);
}

TEST(Drift, SaysNothingOfTooFewMessages) {
  EXPECT_FALSE(drift_of(served(200ms, 0), 10s, 20s));
  EXPECT_FALSE(drift_of({}, 10s, 100s));
}

TEST(Little, BothSidesInNumbers) {
  const LittleCheck check{600, 120, 114, 60};
  EXPECT_DOUBLE_EQ(check.in_flight(), 1.9);
  EXPECT_DOUBLE_EQ(check.rate(), 10);
  EXPECT_DOUBLE_EQ(check.time(), 0.2);
  EXPECT_NEAR(check.error(), 0.05, 1e-9);
  EXPECT_EQ(LittleCheck{}.error(), 0);
}

}  // namespace
}  // namespace chorus::lab
