#include "chorus/lab/stats/usl.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus::lab::stats {
namespace {

// SPEC SDM benchmark of 1991, the data set `specsdm91` of the R package `usl`; its vignette gives
// alpha 0.0277, beta 0.000104, gamma 90.0, a peak at 96.5 and R² 0.99.
const std::vector<LoadPoint> kSpec = {{1, 64.9},     {18, 995.9},   {36, 1652.4}, {72, 1853.2},
                                      {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};

TEST(Usl, GivesThePublishedFit) {
  const auto fit = fit_usl(kSpec, Rng(1));
  ASSERT_TRUE(fit) << fit.error().message;
  EXPECT_NEAR(fit->lambda, 89.9952, 0.01);
  EXPECT_NEAR(fit->sigma, 0.0277285, 1e-5);
  EXPECT_NEAR(fit->kappa, 0.000104365, 1e-7);
  EXPECT_NEAR(*fit->peak_size, 96.52, 0.05);
  EXPECT_NEAR(fit->r_squared, 0.98956, 1e-4);
  ASSERT_TRUE(fit->peak_band);
  EXPECT_LT(fit->peak_band->low, *fit->peak_size);
  EXPECT_GT(fit->peak_band->high, *fit->peak_size);
  EXPECT_TRUE(fit->caveats.empty()) << fit->caveats.front();
}

std::vector<LoadPoint> law(double lambda, double sigma, double kappa, std::vector<double> sizes) {
  std::vector<LoadPoint> out;
  for (const double n : sizes) {
    out.push_back({n, lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))});
  }
  return out;
}

TEST(Usl, ExactDataComeBack) {
  const auto fit = fit_usl(law(20, 0.05, 0.001, {1, 2, 4, 8, 16, 32, 64}), Rng(1));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->lambda, 20, 1e-4);
  EXPECT_NEAR(fit->sigma, 0.05, 1e-6);
  EXPECT_NEAR(fit->kappa, 0.001, 1e-7);
  EXPECT_NEAR(fit->r_squared, 1, 1e-9);
}

TEST(Usl, TooFewSizesAreRefused) {
  const auto points = law(20, 0.05, 0.001, {1, 2, 4, 4, 8, 32});
  const auto fit = fit_usl(points, Rng(1));
  ASSERT_FALSE(fit);
  EXPECT_NE(fit.error().message.find("6 different loads, and there are 5"), std::string::npos)
      << fit.error().message;
}

TEST(Usl, ALoadThatSawNoLimitIsRefused) {
  const auto fit = fit_usl(law(3, 0.0001, 0, {1, 2, 4, 8, 16, 32, 64}), Rng(1));
  ASSERT_FALSE(fit);
  EXPECT_NE(fit.error().message.find("of linear"), std::string::npos) << fit.error().message;
}

TEST(Usl, APeakOutsideTheMeasuredRangeIsSaid) {
  // Peak at sqrt(0.95 / 0.0001) = 97.5.
  auto fit = fit_usl(law(20, 0.05, 0.0001, {1, 2, 4, 8, 16, 32, 64}), Rng(1));
  ASSERT_TRUE(fit);
  ASSERT_EQ(fit->caveats.size(), 1);
  EXPECT_NE(fit->caveats[0].find("outside the measured range, which ends at 64"),
            std::string::npos);
  fit = fit_usl(law(20, 0.05, 0.0001, {1, 2, 4, 8, 16, 32, 40}), Rng(1));
  ASSERT_TRUE(fit);
  EXPECT_NE(fit->caveats[0].find("is no prediction"), std::string::npos) << fit->caveats[0];
}

TEST(Usl, WhatOnlyLevelsOffHasNoPeak) {
  const auto fit = fit_usl(law(10, 0.1, 0, {1, 2, 4, 8, 16, 32, 64}), Rng(1));
  ASSERT_TRUE(fit);
  if (fit->peak_size) {
    EXPECT_GT(*fit->peak_size, 2 * fit->largest);
  }
  EXPECT_FALSE(fit->caveats.empty());
}

}  // namespace
}  // namespace chorus::lab::stats
