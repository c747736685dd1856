#include "chorus/lab/stats/decision.hpp"
#include "chorus/lab/stats/proportion.hpp"
#include "chorus/lab/stats/rank_test.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus::lab::stats {
namespace {

// Hollander and Wolfe, Nonparametric Statistical Methods (1999), table 4.1: also the example of R's
// wilcox.test (W = 35; shift 0.305, interval -0.15 to 0.76).
const std::vector<double> kTerm = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
const std::vector<double> kEarlier = {1.15, 0.88, 0.90, 0.74, 1.21};

TEST(Distributions, QuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(normal_cdf(-1.644854), 0.05, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.975, 10), 2.228139, 1e-6);
  EXPECT_NEAR(student_t_cdf(2.570582, 5), 0.975, 1e-6);
}

TEST(RankTest, GivesTheTextbookAnswerWithoutTies) {
  const auto test = mann_whitney(kEarlier, kTerm);
  EXPECT_EQ(test.u, 35);
  EXPECT_TRUE(test.exact);
  EXPECT_NEAR(test.p, 0.2544, 5e-5);
  const auto shift = hodges_lehmann(kEarlier, kTerm);
  EXPECT_NEAR(shift.estimate, 0.305, 1e-9);
  EXPECT_NEAR(shift.interval.low, -0.15, 1e-9);
  EXPECT_NEAR(shift.interval.high, 0.76, 1e-9);
  EXPECT_NEAR(shift.confidence, 0.96004, 1e-5);
}

TEST(RankTest, TiesAreCountedExactly) {
  // By listing all 462 ways to deal the mid-ranks.
  const auto test =
      mann_whitney(std::vector<double>{1, 2, 2, 3, 4}, std::vector<double>{2, 3, 5, 5, 6, 7});
  EXPECT_EQ(test.u, 25.5);
  EXPECT_NEAR(test.p, 28.0 / 462, 1e-12);
  const std::vector<double> same(6, 3.0);
  EXPECT_EQ(mann_whitney(same, same).p, 1);
}

TEST(RankTest, FewRunsCannotProveMuch) {
  // The smallest two-sided p there is: 2 / C(2k, k).
  const auto smallest = [](int k) {
    std::vector<double> low;
    std::vector<double> high;
    for (int i = 0; i < k; ++i) {
      low.push_back(i);
      high.push_back(100 + i);
    }
    return mann_whitney(low, high).p;
  };
  EXPECT_NEAR(smallest(3), 0.1, 1e-9);
  EXPECT_NEAR(smallest(4), 2.0 / 70, 1e-9);
  EXPECT_NEAR(smallest(5), 2.0 / 252, 1e-9);
  const std::vector<double> three = {1, 2, 3};
  EXPECT_NEAR(hodges_lehmann(three, three).confidence, 0.9, 1e-9);
}

TEST(RankTest, ManyValuesAreTestedByTheNormalApproximation) {
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 30; ++i) {
    a.push_back(i);
    b.push_back(i + 8.5);
  }
  const auto test = mann_whitney(a, b);
  EXPECT_FALSE(test.exact);
  // U = 900 - 21 * 22 / 2 - ... counted by hand: pairs with j + 8.5 > i.
  EXPECT_EQ(test.u, 900 - 21 * 22 / 2);
  // z = (|669 - 450| - 0.5) / sqrt(900 * 61 / 12) = 3.2305
  EXPECT_NEAR(test.p, 2 * normal_cdf(-218.5 / 67.63875), 1e-7);
}

TEST(RankTest, CliffsDeltaCountsPairs) {
  EXPECT_EQ(cliffs_delta(std::vector<double>{1, 2}, std::vector<double>{3, 4}), 1);
  EXPECT_EQ(cliffs_delta(std::vector<double>{1, 2, 3}, std::vector<double>{1, 2, 3}), 0);
  EXPECT_NEAR(cliffs_delta(kEarlier, kTerm), 0.4, 1e-12);  // 2 * 35 / 50 - 1
  EXPECT_STREQ(delta_size(0.4), "medium");
  EXPECT_STREQ(delta_size(-0.1), "negligible");
}

TEST(Proportion, WilsonGivesNewcombesTable) {
  // Newcombe 1998, table I, method 3.
  const auto check = [](Proportion of, double low, double high) {
    const auto i = wilson(of);
    EXPECT_NEAR(i.low, low, 5e-5);
    EXPECT_NEAR(i.high, high, 5e-5);
  };
  check({81, 263}, 0.2553, 0.3662);
  check({15, 148}, 0.0624, 0.1605);
  check({0, 20}, 0.0000, 0.1611);
  check({1, 29}, 0.0061, 0.1718);
}

TEST(Proportion, DifferenceGivesNewcombesTable) {
  // Newcombe 1998, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10.
  auto i = share_difference({48, 80}, {56, 70});
  EXPECT_NEAR(i.low, 0.0524, 5e-5);
  EXPECT_NEAR(i.high, 0.3339, 5e-5);
  i = share_difference({3, 10}, {9, 10});
  EXPECT_NEAR(i.low, 0.1705, 5e-5);
  EXPECT_NEAR(i.high, 0.8090, 5e-5);
  EXPECT_EQ(share_test({0, 50}, {0, 70}), 1);
  EXPECT_LT(share_test({48, 80}, {56, 70}), 0.01);
}

TEST(Decision, HolmIsStepDown) {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") = 0.03 0.06 0.06 0.02
  const auto p = holm({0.01, 0.04, 0.03, 0.005});
  EXPECT_NEAR(p[0], 0.03, 1e-12);
  EXPECT_NEAR(p[1], 0.06, 1e-12);
  EXPECT_NEAR(p[2], 0.06, 1e-12);
  EXPECT_NEAR(p[3], 0.02, 1e-12);
}

TEST(Decision, SignificanceAloneIsNoRegression) {
  EXPECT_EQ(decide({0.10, {0.08, 0.12}, 0.001}, 0.05, 0.05), Decision::Worse);
  EXPECT_EQ(decide({-0.10, {-0.12, -0.08}, 0.001}, 0.05, 0.05), Decision::Better);
  EXPECT_EQ(decide({0.02, {0.01, 0.03}, 0.001}, 0.05, 0.05), Decision::Same)
      << "real, and too small to matter";
  EXPECT_EQ(decide({0.10, {0.08, 0.12}, 0.2}, 0.05, 0.05), Decision::Undecided)
      << "not after the others were allowed for";
}

TEST(Decision, NotKnowingIsNotSame) {
  EXPECT_EQ(decide({0.01, {-0.20, 0.25}, 0.9}, 0.05, 0.05), Decision::Undecided);
  EXPECT_EQ(decide({0.01, {-0.02, 0.03}, 0.5}, 0.05, 0.05), Decision::Same);
  EXPECT_EQ(overall({Decision::Same, Decision::Undecided, Decision::Better}), Decision::Undecided);
  EXPECT_EQ(overall({Decision::Same, Decision::Worse, Decision::Undecided}), Decision::Worse);
  EXPECT_EQ(overall({Decision::Same, Decision::Better}), Decision::Better);
  EXPECT_EQ(overall({}), Decision::Undecided);
}

}  // namespace
}  // namespace chorus::lab::stats
