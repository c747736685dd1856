#include "chorus/lab/steering.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using What = SteerCommand::What;

std::vector<Executor> executors() {
  std::vector<Executor> out(2);
  out[0].kind = ExecutorKind::ConstantArrivalRate;
  out[1].kind = ExecutorKind::ExternallyControlled;
  out[1].vus = 5;
  out[1].max_vus = 20;
  return out;
}

std::uint32_t of_a_hundred(Steering& steering) {
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < 100; ++i) n += steering.copies(0, i);
  return n;
}

TEST(Steering, AFactorIsMetExactlyOverManyEvents) {
  const auto all = executors();
  Steering steering(all);
  EXPECT_EQ(of_a_hundred(steering), 100U);
  for (const double factor : {0.1, 0.5, 0.75, 1.0, 1.3, 2.5, 10.0}) {
    ASSERT_TRUE(steering.apply({What::Scale, factor, 0}, 1s, "test"));
    EXPECT_NEAR(of_a_hundred(steering), 100 * factor, 1) << factor;
  }
}

TEST(Steering, PausedSendsNothingAndResumedWhatIsPlannedThen) {
  const auto all = executors();
  Steering steering(all);
  ASSERT_TRUE(steering.apply({What::Pause, 1, 0}, 12s, "key"));
  EXPECT_EQ(of_a_hundred(steering), 0U);
  EXPECT_FALSE(steering.may_iterate(0, 10));
  EXPECT_EQ(steering.apply({What::Pause, 1, 0}, 13s, "key").error().code, ErrorCode::Conflict);
  ASSERT_TRUE(steering.apply({What::Resume, 1, 0}, 14s, "control API"));
  EXPECT_EQ(of_a_hundred(steering), 100U);
  EXPECT_FALSE(steering.apply({What::Resume, 1, 0}, 15s, "key"));
  EXPECT_THAT(steering.record(),
              ElementsAre("at 12.0 s: paused (key)", "at 14.0 s: resumed (control API)"));
}

TEST(Steering, PeopleAreThoseOfTheExternallyControlled) {
  const auto all = executors();
  Steering steering(all);
  EXPECT_EQ(steering.people(), 5U);
  EXPECT_EQ(steering.copies(1, 4), 1U);
  EXPECT_EQ(steering.copies(1, 5), 0U);
  ASSERT_TRUE(steering.apply({What::People, 1, 12}, 1s, "test"));
  EXPECT_EQ(steering.copies(1, 11), 1U);
  EXPECT_EQ(steering.copies(1, 12), 0U);
  EXPECT_THAT(steering.apply({What::People, 1, 21}, 1s, "test").error().message,
              HasSubstr("21 people are more than max_vus 20"));
  ASSERT_TRUE(steering.apply({What::Scale, 2, 0}, 1s, "test"));
  EXPECT_EQ(steering.people(), 20U);
  Steering none(std::span(all).first(1));
  EXPECT_EQ(none.people(), std::nullopt);
  EXPECT_THAT(none.apply({What::People, 1, 3}, 1s, "test").error().message,
              HasSubstr("no executor of the scenario is externally-controlled"));
}

TEST(Steering, WhatIsOutOfRangeIsRefused) {
  const auto all = executors();
  Steering steering(all);
  for (const double factor : {0.0, -1.0, 10.5}) {
    EXPECT_FALSE(steering.apply({What::Scale, factor, 0}, 1s, "test")) << factor;
  }
  EXPECT_TRUE(steering.record().empty());
}

TEST(Steering, ClosedPeopleAreHeldBackByRank) {
  const auto all = executors();
  Steering steering(all);
  ASSERT_TRUE(steering.apply({What::Scale, 0.5, 0}, 1s, "test"));
  EXPECT_TRUE(steering.may_iterate(4, 10));
  EXPECT_FALSE(steering.may_iterate(5, 10));
}

}  // namespace
}  // namespace chorus::lab
