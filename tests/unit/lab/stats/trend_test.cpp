#include "chorus/lab/stats/change_points.hpp"
#include "chorus/lab/stats/slope.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace chorus::lab::stats {
namespace {

TEST(TheilSen, OneOutlierDoesNotBendTheLine) {
  // All 28 slopes listed and ranked by a script of its own; variance of S = 8 * 7 * 21 / 18.
  const auto slope = theil_sen(
      {{1, 2.1}, {2, 3.9}, {3, 6.2}, {4, 7.8}, {5, 10.5}, {6, 11.4}, {7, 30.0}, {8, 16.2}});
  EXPECT_NEAR(slope.estimate, 2.05, 1e-9);
  EXPECT_NEAR(slope.interval.low, 1.804734, 1e-5);
  EXPECT_NEAR(slope.interval.high, 4.496145, 1e-5);
  EXPECT_NEAR(slope.p, 0.001982, 1e-5);
}

TEST(TheilSen, TooFewPointsSayNothing) {
  const auto slope = theil_sen({{0, 1}, {1, 3}});
  EXPECT_EQ(slope.estimate, 2);
  EXPECT_EQ(slope.p, 1);
  EXPECT_TRUE(std::isinf(slope.interval.high));
  EXPECT_EQ(theil_sen({}).estimate, 0);
  const auto flat = theil_sen({{0, 5}, {1, 5}, {2, 5}, {3, 5}});
  EXPECT_EQ(flat.estimate, 0);
  EXPECT_EQ(flat.p, 1);
}

std::vector<double> noise(std::size_t n, double level, double sigma, Rng& rng) {
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(level + sigma * rng.normal());
  return out;
}

TEST(ChangePoints, AStepIsFoundWhereItIs) {
  Rng rng(5);
  auto values = noise(25, 100, 3, rng);
  const auto later = noise(20, 112, 3, rng);
  values.insert(values.end(), later.begin(), later.end());
  const auto found = change_points(values, Rng(1));
  ASSERT_EQ(found.size(), 1);
  EXPECT_NEAR(static_cast<double>(found[0].at), 25, 1);
  EXPECT_NEAR(found[0].before, 100, 2);
  EXPECT_NEAR(found[0].after, 112, 2);
}

TEST(ChangePoints, ARegressionAndItsRepairAreTwo) {
  Rng rng(6);
  std::vector<double> values;
  for (const double level : {50.0, 60.0, 50.0}) {
    const auto part = noise(20, level, 1.5, rng);
    values.insert(values.end(), part.begin(), part.end());
  }
  const auto found = change_points(values, Rng(1));
  ASSERT_EQ(found.size(), 2);
  EXPECT_NEAR(static_cast<double>(found[0].at), 20, 1);
  EXPECT_NEAR(static_cast<double>(found[1].at), 40, 1);
}

TEST(ChangePoints, QuietSeriesSeldomAlarm) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed);
    if (!change_points(noise(30, 10, 2, rng), Rng(seed)).empty()) ++alarms;
  }
  EXPECT_LE(alarms, 4) << "1 in 100 is what was asked for";
}

TEST(ChangePoints, ASpikeIsNoChangeAndEqualValuesAreNone) {
  std::vector<double> values(20, 7.0);
  EXPECT_TRUE(change_points(values, Rng(1)).empty());
  values[9] = 500;
  EXPECT_TRUE(change_points(values, Rng(1)).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 100}, Rng(1)).empty()) << "too short";
}

}  // namespace
}  // namespace chorus::lab::stats
