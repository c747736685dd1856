#include "chorus/base/random.hpp"

#include "chorus/base/id_source.hpp"
#include "chorus/base/ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace chorus {
namespace {

// The same on every machine: recorded scenarios and record hashes depend on it.
TEST(Rng, SequenceIsFixed) {
  Rng rng(42);
  const std::vector<std::uint64_t> first = {rng.next(), rng.next(), rng.next()};
  EXPECT_EQ(first, (std::vector<std::uint64_t>{15021278609987233951ULL, 5881210131331364753ULL,
                                               18149643915985481100ULL}));
  EXPECT_EQ(stable_hash(""), stable_hash("", 0));
  EXPECT_NE(stable_hash("a"), stable_hash("b"));
}

TEST(Rng, ForksDependOnSeedLabelAndIndexOnly) {
  Rng a(7);
  const Rng b(7);
  (void)a.next();
  EXPECT_EQ(a.fork("x").next(), b.fork("x").next());
  EXPECT_NE(a.fork("x").next(), a.fork("y").next());
  EXPECT_NE(a.fork("x", 1).next(), a.fork("x", 2).next());
  EXPECT_NE(Rng(8).fork("x").next(), a.fork("x").next());
}

TEST(Rng, StaysInItsBounds) {
  Rng rng(1);
  std::vector<int> seen(7);
  for (int i = 0; i < 7000; ++i) ++seen[rng.below(7)];
  for (const int n : seen) EXPECT_NEAR(n, 1000, 200);
  for (int i = 0; i < 1000; ++i) {
    const auto v = rng.between(-2, 2);
    EXPECT_TRUE(v >= -2 && v <= 2);
    const double u = rng.uniform();
    EXPECT_TRUE(u >= 0 && u < 1);
    EXPECT_TRUE(std::isfinite(rng.exponential(1)) && std::isfinite(rng.normal()));
  }
  EXPECT_EQ(rng.between(5, 5), 5);
  (void)rng.between(INT64_MIN, INT64_MAX);
  EXPECT_FALSE(rng.chance(0));
  EXPECT_TRUE(rng.chance(1));
}

TEST(Rng, DistributionsHaveTheirMoments) {
  Rng rng(3);
  constexpr int kN = 20'000;
  double sum = 0;
  double squares = 0;
  double exponential = 0;
  std::vector<double> lognormal;
  for (int i = 0; i < kN; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
    exponential += rng.exponential(2.5);
    lognormal.push_back(rng.lognormal(10, 0.5));
  }
  EXPECT_NEAR(sum / kN, 0, 0.03);
  EXPECT_NEAR(squares / kN, 1, 0.05);
  EXPECT_NEAR(exponential / kN, 2.5, 0.1);
  std::nth_element(lognormal.begin(), lognormal.begin() + kN / 2, lognormal.end());
  EXPECT_NEAR(lognormal[kN / 2], 10, 0.3);
}

TEST(Rng, ShuffleKeepsTheItemsAndPickTakesOne) {
  Rng rng(5);
  std::vector<int> items = {1, 2, 3, 4, 5, 6, 7, 8};
  const auto before = items;
  rng.shuffle(std::span(items));
  EXPECT_NE(items, before);
  EXPECT_TRUE(std::is_permutation(items.begin(), items.end(), before.begin()));
  const int picked = rng.pick(std::span(items));
  EXPECT_EQ(std::count(items.begin(), items.end(), picked), 1);
}

TEST(IdSource, GrowsStrictlyEvenWithinOneMillisecondAndWhenTheClockGoesBack) {
  const auto start = from_micros(1'767'614'400'000'000);
  ManualClock clock(start);
  IdSource ids(clock, Rng(1));
  std::int64_t last = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto id = ids.next<BotId>().value;
    ASSERT_GT(id, last);
    last = id;
    if (i % 1000 == 999) clock.advance(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(last >> 20, 1'767'614'400'002 - 1'577'836'800'000) << "milliseconds since 2020";
  clock.advance(-std::chrono::hours(1));
  EXPECT_GT(ids.next_value(), last);
}

TEST(IdSource, TwoSourcesDiffer) {
  ManualClock clock(from_micros(1'767'614'400'000'000));
  IdSource a(clock, Rng(1));
  IdSource b(clock, Rng(2));
  EXPECT_NE(a.next_value(), b.next_value());
}

}  // namespace
}  // namespace chorus
