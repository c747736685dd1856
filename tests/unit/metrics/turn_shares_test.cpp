#include "chorus/metrics/turn_shares.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus::metrics {
namespace {

using D = std::vector<double>;
using S = std::vector<std::int64_t>;

TEST(Gini, EqualIsZeroAndOneTakerTakesAllButItsShare) {
  EXPECT_NEAR(*gini(D{5, 5, 5, 5}), 0, 1e-12);
  EXPECT_NEAR(*gini(D{0, 0, 0, 8}), 0.75, 1e-12);
  // Mean absolute difference over twice the mean: (|1-3| * 2 / 4) / (2 * 2).
  EXPECT_NEAR(*gini(D{1, 3}), 0.25, 1e-12);
}

TEST(Gini, NothingSaidHasNone) {
  EXPECT_FALSE(gini(D{}));
  EXPECT_FALSE(gini(D{0, 0}));
  EXPECT_FALSE(gini_against(D{1}, D{0}));
}

TEST(Gini, AgainstWhatWasExpected) {
  EXPECT_NEAR(*gini_against(D{2, 6}, D{1, 3}), 0, 1e-12);
  // Curve through (3/4, 1/4): the area below is 3/4 * 1/4 / 2 + 1/4 * (1/4 + 1) / 2 = 1/4.
  EXPECT_NEAR(*gini_against(D{1, 3}, D{3, 1}), 0.5, 1e-12);
  // Who is expected to say nothing and says nothing changes nothing.
  EXPECT_NEAR(*gini_against(D{1, 3, 0}, D{3, 1, 0}), 0.5, 1e-12);
}

TEST(TurnEntropy, PingPongIsZero) {
  EXPECT_NEAR(*turn_entropy(S{1, 2, 1, 2, 1, 2}), 0, 1e-12);
}

TEST(TurnEntropy, EvenChanceOfTwoIsOneBitOfOne) {
  // After 1: once 1, once 2; after 2: once 2, once 1.
  EXPECT_NEAR(*turn_entropy(S{1, 1, 2, 2, 1}), 1, 1e-12);
}

TEST(TurnEntropy, NeedsTwoSpeakers) {
  EXPECT_FALSE(turn_entropy(S{}));
  EXPECT_FALSE(turn_entropy(S{4, 4, 4}));
}

TEST(Burstiness, AMetronomeIsMinusOne) {
  EXPECT_NEAR(*burstiness(D{2, 2, 2}), -1, 1e-12);
  // Mean 3, deviation 3.
  EXPECT_NEAR(*burstiness(D{0, 6}), 0, 1e-12);
  EXPECT_FALSE(burstiness(D{1}));
  EXPECT_FALSE(burstiness(D{0, 0}));
}

}  // namespace
}  // namespace chorus::metrics
