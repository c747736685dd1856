#include "chorus/lab/fairness.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

TEST(Fairness, AllServedAlikeIsFair) {
  ServiceTally tally;
  for (std::uint32_t person = 0; person < 8; ++person) {
    for (int i = 0; i < 5; ++i) tally.add(person, i < 4);
  }
  FairnessReport out;
  tally.fill(out);
  EXPECT_EQ(out.people, 8U);
  EXPECT_DOUBLE_EQ(out.jain, 1);
  EXPECT_NEAR(out.gini, 0, 1e-12);
  for (const auto& [x, y] : out.lorenz) EXPECT_NEAR(x, y, 1e-12);
}

TEST(Fairness, OneOfFourWhoGetsAllIsAsUnfairAsCanBe) {
  ServiceTally tally;
  for (std::uint32_t person = 0; person < 4; ++person) tally.add(person, person == 2);
  FairnessReport out;
  tally.fill(out);
  EXPECT_DOUBLE_EQ(out.jain, 0.25);
  EXPECT_DOUBLE_EQ(out.gini, 0.75);
  EXPECT_EQ(out.lorenz.back(), std::pair(1.0, 1.0));
  EXPECT_EQ(out.lorenz[3], std::pair(0.75, 0.0));
}

TEST(Fairness, TheWorstServedComeFirstAndThenTheSlowest) {
  ServiceTally tally;
  for (std::uint32_t person = 0; person < 4; ++person) {
    tally.add(person, person != 3);
    tally.replied(person, std::chrono::seconds(person + 1));
  }
  const auto worst = tally.worst(3);
  ASSERT_EQ(worst.size(), 3U);
  EXPECT_EQ(worst[0].first, 3U);
  EXPECT_EQ(worst[1].first, 2U);
  EXPECT_DOUBLE_EQ(worst[1].second.mean_ms, 3000);
}

TEST(Fairness, TheCurveOfManyPeopleStaysShort) {
  ServiceTally tally;
  for (std::uint32_t person = 0; person < 10'000; ++person) tally.add(person, person % 3 != 0);
  FairnessReport out;
  tally.fill(out);
  EXPECT_EQ(out.lorenz.size(), 41U);
  EXPECT_EQ(out.lorenz.front(), std::pair(0.0, 0.0));
}

TEST(Fairness, NobodyOwedAReplyIsNoData) {
  FairnessReport out;
  ServiceTally().fill(out);
  EXPECT_EQ(out.people, 0U);
  EXPECT_TRUE(out.lorenz.empty());
}

}  // namespace
}  // namespace chorus::lab
