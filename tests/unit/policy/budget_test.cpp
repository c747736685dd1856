#include "chorus/policy/budget.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using enum BudgetUnit;
using enum BudgetPeriod;

MonoTime at(Duration d) {
  return MonoTime(d);
}

std::expected<BudgetReservation, BudgetRefusal> reserve(Budget& budget, BudgetEstimate estimate,
                                                        MonoTime now, double share = 1) {
  const std::array budgets{&budget};
  return BudgetReservation::reserve(budgets, estimate, now, share);
}

TEST(Budget, WithoutCeilingsEverythingFits) {
  Budget budget;
  EXPECT_TRUE(reserve(budget, {1'000'000'000, std::nullopt}, at({})).has_value());
}

TEST(Budget, RequestsPerMinuteAreCountedAndToldWhenTheyFitAgain) {
  Budget budget({{Requests, Minute, 2}});
  std::vector<BudgetReservation> held;
  for (int i = 0; i < 2; ++i) held.push_back(*reserve(budget, {}, at(seconds(i))));
  const auto refused = reserve(budget, {}, at(seconds(5)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().why, BudgetRefusal::Why::Full);
  EXPECT_EQ(refused.error().earliest, at(seconds(61))) << "the step of the first one has left";
  EXPECT_FALSE(reserve(budget, {}, at(seconds(61)) - Duration(1)).has_value());
  EXPECT_TRUE(reserve(budget, {}, at(seconds(61))).has_value());
  EXPECT_EQ(to_string(refused.error()), "the budget of 2 requests per minute is used up");
}

TEST(Budget, ASettledCallGivesBackWhatItDidNotNeed) {
  Budget budget({{Tokens, Day, 1000}});
  auto first = reserve(budget, {900, 0}, at({}));
  EXPECT_FALSE(reserve(budget, {200, 0}, at({})).has_value());
  first->settle({1, 300, 0});
  EXPECT_EQ(budget.usage(at({}))[0].used, 300);
  EXPECT_TRUE(reserve(budget, {700, 0}, at({})).has_value());
}

TEST(Budget, ACeilingThatIsSetLaterKnowsWhatWasSpentAndWhatIsReserved) {
  Budget budget;
  auto first = reserve(budget, {900, 40}, at({}));
  auto second = reserve(budget, {100, 10}, at(seconds(1)));
  first->settle({1, 300, 20});
  budget.set_ceilings({{Tokens, Day, 500}, {Requests, Minute, 3}, {Money, Day, 30}});
  const auto usage = budget.usage(at(seconds(2)));
  EXPECT_EQ(usage[0].used, 400);
  EXPECT_EQ(usage[1].used, 2);
  EXPECT_EQ(usage[2].used, 30);
  EXPECT_FALSE(reserve(budget, {10, 1}, at(seconds(2))).has_value()) << "money is used up";
  second->settle({1, 50, 5});
  EXPECT_TRUE(reserve(budget, {10, 1}, at(seconds(2))).has_value());
  budget.set_ceilings({});
  EXPECT_TRUE(reserve(budget, {1'000'000, std::nullopt}, at(seconds(2))).has_value());
}

TEST(Budget, ADroppedReservationGivesEverythingBack) {
  Budget budget({{Requests, Day, 1}, {Money, Day, 500}});
  {
    const auto reserved = reserve(budget, {10, 400}, at({}));
    EXPECT_EQ(budget.open(), 1U);
    EXPECT_FALSE(reserve(budget, {10, 10}, at({})).has_value());
  }
  EXPECT_EQ(budget.open(), 0U);
  for (const auto& usage : budget.usage(at({}))) EXPECT_EQ(usage.used, 0);
}

TEST(Budget, AMoneyCeilingRefusesWhatHasNoPrice) {
  Budget budget({{Money, Day, 1'000'000}});
  const auto refused = reserve(budget, {10, std::nullopt}, at({}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().why, BudgetRefusal::Why::UnknownPrice);
  EXPECT_NE(to_string(refused.error()).find("add prices"), std::string::npos);
}

TEST(Budget, ACallAboveTheCeilingNeverFits) {
  Budget budget({{Tokens, Minute, 100}});
  const auto refused = reserve(budget, {101, 0}, at({}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().why, BudgetRefusal::Why::TooLarge);
  EXPECT_EQ(refused.error().earliest, MonoTime::max());
}

TEST(Budget, ACostAboveTheEstimateIsBookedInFull) {
  Budget budget({{Money, Day, 1000}});
  reserve(budget, {1, 100}, at({}))->settle({1, 1, 1500});
  EXPECT_EQ(budget.usage(at({}))[0].used, 1500);
  EXPECT_FALSE(reserve(budget, {1, 1}, at({})).has_value());
}

TEST(Budget, ADayIsSlidingInQuartersOfAnHour) {
  Budget budget({{Tokens, Day, 100}});
  reserve(budget, {100, 0}, at(minutes(7)))->settle({1, 100, 0});
  const auto refused = reserve(budget, {1, 0}, at(hours(12)));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().earliest, at(hours(24) + minutes(15)));
  EXPECT_TRUE(reserve(budget, {1, 0}, at(hours(24) + minutes(15))).has_value());
}

TEST(Budget, WhatIsLessUrgentLeavesRoom) {
  Budget budget({{Requests, Day, 10}});
  std::vector<BudgetReservation> held;
  for (int i = 0; i < 8; ++i) held.push_back(*reserve(budget, {}, at({}), 0.8));
  EXPECT_FALSE(reserve(budget, {}, at({}), 0.8).has_value());
  EXPECT_TRUE(reserve(budget, {}, at({})).has_value());
}

TEST(Budget, SeveralBudgetsAreReservedAllOrNone) {
  Budget wide({{Requests, Day, 10}});
  Budget narrow({{Requests, Day, 1}});
  const std::array budgets{&wide, &narrow};
  auto first = BudgetReservation::reserve(budgets, {}, at({}));
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(BudgetReservation::reserve(budgets, {}, at({})).has_value());
  EXPECT_EQ(wide.usage(at({}))[0].used, 1) << "nothing stays reserved after a refusal";
  BudgetReservation moved = std::move(*first);
  first->settle({1, 5, 5});
  EXPECT_EQ(wide.usage(at({}))[0].used, 1) << "moved from: no reservation any more";
  moved.settle(moved.whole());
  EXPECT_EQ(wide.usage(at({}))[0].used, 1);
}

TEST(Budget, WhatWasSpentBeforeARestartCounts) {
  Budget budget({{Tokens, Day, 100}, {Requests, Minute, 2}});
  budget.restore(Day, {5, 60, 0}, at(-hours(20)), at({}));
  budget.restore(Day, {5, 60, 0}, at(-hours(30)), at({}));
  budget.restore(Minute, {2, 30, 0}, at(-seconds(50)), at({}));
  const auto usage = budget.usage(at({}));
  EXPECT_EQ(usage[0].used, 60) << "what is older than a day does not";
  EXPECT_EQ(usage[1].used, 2);
  const auto refused = reserve(budget, {10, 0}, at({}));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().earliest, at(seconds(11)));
  EXPECT_FALSE(reserve(budget, {41, 0}, at(seconds(11))).has_value());
  EXPECT_TRUE(reserve(budget, {40, 0}, at(seconds(11))).has_value());
}

}  // namespace
}  // namespace chorus::policy
