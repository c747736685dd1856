#include "chorus/lab/stats/block_bootstrap.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace chorus::lab::stats {
namespace {

/// Sum and count: the statistic is the mean.
double mean_of(std::span<const double> sums) {
  return sums[1] > 0 ? sums[0] / sums[1] : std::nan("");
}

/// Values that remember their neighbour: x = rho x + noise.
std::vector<double> remembering(std::size_t n, double mean, double rho, Rng& rng) {
  std::vector<double> out;
  double x = rng.normal();
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back(mean + x);
    x = rho * x + std::sqrt(1 - rho * rho) * rng.normal();
  }
  return out;
}

BlockSeries means(const std::vector<double>& values) {
  BlockSeries out(2);
  for (const double v : values) out.add(std::array{v, 1.0});
  return out;
}

TEST(BlockSeries, SumsAreThoseOfTheIntervals) {
  BlockSeries series(2);
  for (int i = 1; i <= 4; ++i) series.add(std::array{double(i), 1.0});
  std::array<double, 2> sums{};
  series.add_sum(1, 3, sums);
  EXPECT_EQ(sums[0], 5);
  EXPECT_EQ(sums[1], 2);
  series.begin_run();
  series.begin_run();
  series.add(std::array{9.0, 1.0});
  ASSERT_EQ(series.runs().size(), 2);
  EXPECT_EQ(series.runs()[1], (std::pair<std::size_t, std::size_t>(4, 5)));
}

TEST(BlockLength, GrowsWithMemory) {
  Rng rng(3);
  const auto quiet = block_length(remembering(1000, 0, 0, rng));
  const auto strong = block_length(remembering(1000, 0, 0.9, rng));
  EXPECT_GE(quiet, 10);  // cube root
  EXPECT_LE(quiet, 14);
  EXPECT_GT(strong, 25);  // twice 19, estimated
  EXPECT_LT(strong, 80);
  EXPECT_EQ(block_length(std::vector<double>(27, 4.0)), 3);
  EXPECT_EQ(block_length({}), 1);
}

TEST(BlockBootstrap, AKnownDifferenceIsCoveredAsOftenAsItShould) {
  int covered = 0;
  int called = 0;
  constexpr int kTrials = 150;
  for (int trial = 0; trial < kTrials; ++trial) {
    Rng rng(static_cast<std::uint64_t>(trial));
    const auto a = remembering(120, 10, 0.6, rng);
    const auto b = remembering(120, 10.5, 0.6, rng);
    BootstrapOptions options;
    options.block = std::max(block_length(a), block_length(b));
    options.resamples = 400;
    const auto change = block_bootstrap(means(a), means(b), mean_of, options, Rng(9));
    if (!change) continue;
    ++called;
    if (change->difference.low <= 0.5 && change->difference.high >= 0.5) ++covered;
  }
  EXPECT_GT(called, kTrials * 9 / 10);
  EXPECT_GT(covered, called * 88 / 100) << "95 % is what was asked for";
  EXPECT_LT(covered, called) << "an interval that always covers says nothing";
}

TEST(BlockBootstrap, NeighboursThatRememberWidenTheInterval) {
  Rng rng(4);
  const auto a = remembering(300, 10, 0.8, rng);
  const auto b = remembering(300, 10, 0.8, rng);
  const auto width = [&](std::size_t block) {
    BootstrapOptions options;
    options.block = block;
    const auto change = block_bootstrap(means(a), means(b), mean_of, options, Rng(9));
    return change->difference.high - change->difference.low;
  };
  EXPECT_GT(width(20), 1.8 * width(1));
}

TEST(BlockBootstrap, RatiosAreGivenWhereTheyMeanSomething) {
  Rng rng(8);
  const auto a = remembering(60, 100, 0, rng);
  const auto b = remembering(60, 110, 0, rng);
  const auto change = block_bootstrap(means(a), means(b), mean_of, {.block = 4}, Rng(1));
  ASSERT_TRUE(change && change->relative);
  EXPECT_NEAR(change->relative->low, 0.097, 0.01);
  EXPECT_NEAR(change->relative->high, 0.103, 0.01);
  EXPECT_LT(change->p, 0.01);
  const auto around_zero = remembering(60, 0, 0, rng);
  const auto no_ratio =
      block_bootstrap(means(around_zero), means(b), mean_of, {.block = 4}, Rng(1));
  ASSERT_TRUE(no_ratio);
  EXPECT_FALSE(no_ratio->relative);
}

TEST(BlockBootstrap, ALargeChangeIsSureWithFewResamples) {
  // Several gates multiply p: one that ends at 1 in 200 could decide nothing.
  Rng rng(8);
  const auto a = remembering(24, 100, 0, rng);
  const auto b = remembering(24, 110, 0, rng);
  const auto change =
      block_bootstrap(means(a), means(b), mean_of, {.block = 4, .resamples = 200}, Rng(1));
  ASSERT_TRUE(change);
  EXPECT_LT(change->p, 1e-4);
  const auto self = block_bootstrap(means(a), means(a), mean_of, {.block = 4}, Rng(1));
  EXPECT_EQ(self->p, 1);
  const std::vector<double> flat(24, 5.0);
  EXPECT_EQ(block_bootstrap(means(flat), means(flat), mean_of, {.block = 4}, Rng(1))->p, 1);
}

TEST(BlockBootstrap, TooFewBlocksGiveNoAnswer) {
  const std::vector<double> values(40, 1.0);
  EXPECT_FALSE(block_bootstrap(means(values), means(values), mean_of, {.block = 8}, Rng(1)));
  BlockSeries nothing(2);
  EXPECT_FALSE(block_bootstrap(nothing, means(values), mean_of, {.block = 1}, Rng(1)));
  BlockSeries empty(2);
  for (int i = 0; i < 40; ++i) empty.add(std::array{0.0, 0.0});
  EXPECT_FALSE(block_bootstrap(empty, means(values), mean_of, {.block = 2}, Rng(1)))
      << "a mean of nothing";
}

}  // namespace
}  // namespace chorus::lab::stats
