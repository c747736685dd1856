#include "chorus/lab/stats/block_bootstrap.hpp"
#include "chorus/lab/stats/decision.hpp"
#include "chorus/lab/stats/proportion.hpp"
#include "chorus/lab/stats/rank_test.hpp"
#include "chorus/lab/stats/slope.hpp"
#include "chorus/lab/stats/usl.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace chorus::lab::stats {
namespace {

/// Small whole numbers: ties are frequent and sums are exact.
std::vector<double> some_values(std::size_t least, std::size_t most) {
  const auto n = *rc::gen::inRange<std::size_t>(least, most + 1);
  std::vector<double> out;
  for (const int v : *rc::gen::container<std::vector<int>>(n, rc::gen::inRange(-20, 20))) {
    out.push_back(v);
  }
  return out;
}

std::vector<double> moved(std::vector<double> values, double scale, double by) {
  for (auto& v : values) v = v * scale + by;
  return values;
}

RC_GTEST_PROP(RankTestProperties, SidesAreTreatedAlike, ()) {
  const auto a = some_values(1, 12);
  const auto b = some_values(1, 12);
  const auto forward = mann_whitney(a, b);
  const auto back = mann_whitney(b, a);
  RC_ASSERT(std::abs(forward.p - back.p) < 1e-9);
  RC_ASSERT(forward.u + back.u == static_cast<double>(a.size() * b.size()));
  RC_ASSERT(cliffs_delta(a, b) == -cliffs_delta(b, a));
  const auto there = hodges_lehmann(a, b);
  const auto again = hodges_lehmann(b, a);
  RC_ASSERT(there.estimate == -again.estimate);
  RC_ASSERT(there.interval.low == -again.interval.high);
  RC_ASSERT(there.interval.low <= there.estimate && there.estimate <= there.interval.high);
}

RC_GTEST_PROP(RankTestProperties, ShiftAndScaleChangeNothingButTheUnit, ()) {
  const auto a = some_values(1, 12);
  const auto b = some_values(1, 12);
  const double scale = *rc::gen::element(0.5, 2.0, 8.0);
  const double by = *rc::gen::inRange(-100, 100);
  const auto a2 = moved(a, scale, by);
  const auto b2 = moved(b, scale, by);
  RC_ASSERT(mann_whitney(a, b).p == mann_whitney(a2, b2).p);
  RC_ASSERT(cliffs_delta(a, b) == cliffs_delta(a2, b2));
  const auto plain = hodges_lehmann(a, b);
  const auto changed = hodges_lehmann(a2, b2);
  RC_ASSERT(changed.estimate == plain.estimate * scale);
  RC_ASSERT(changed.interval.low == plain.interval.low * scale);
  // What is added to one side is the shift.
  RC_ASSERT(hodges_lehmann(a, moved(b, 1, by)).estimate == plain.estimate + by);
}

RC_GTEST_PROP(RankTestProperties, ProbabilitiesAreProbabilities, ()) {
  const auto p = mann_whitney(some_values(0, 30), some_values(0, 30)).p;
  RC_ASSERT(p > 0 && p <= 1);
}

RC_GTEST_PROP(ProportionProperties, TheIntervalHoldsTheShareAndMirrors, ()) {
  const auto n = *rc::gen::inRange<std::uint64_t>(1, 5000);
  const auto hits = *rc::gen::inRange<std::uint64_t>(0, n + 1);
  const auto i = wilson({hits, n});
  const double share = Proportion{hits, n}.share();
  RC_ASSERT(0 <= i.low && i.low <= share + 1e-12 && share <= i.high + 1e-12 && i.high <= 1);
  const auto mirrored = wilson({n - hits, n});
  RC_ASSERT(std::abs(mirrored.low - (1 - i.high)) < 1e-9);
  if (hits < n) RC_ASSERT(wilson({hits + 1, n}).low >= i.low);
  // Ten times the data say more.
  const auto more = wilson({hits * 10, n * 10});
  RC_ASSERT(more.high - more.low < i.high - i.low);
  const auto wider = wilson({hits, n}, 0.99);
  RC_ASSERT(wider.low <= i.low && wider.high >= i.high);
}

RC_GTEST_PROP(DecisionProperties, HolmKeepsTheOrderAndNeverHelps, ()) {
  std::vector<double> p;
  for (const int v : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000))) {
    p.push_back(v / 1000.0);
  }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    RC_ASSERT(adjusted[i] >= p[i] && adjusted[i] <= 1);
    RC_ASSERT(adjusted[i] <= std::min(1.0, p[i] * static_cast<double>(p.size()) + 1e-12));
    for (std::size_t j = 0; j < p.size(); ++j) {
      if (p[i] < p[j]) RC_ASSERT(adjusted[i] <= adjusted[j]);
    }
  }
}

RC_GTEST_PROP(DecisionProperties, TurningTheDirectionTurnsTheDecision, ()) {
  const auto number = [] { return *rc::gen::inRange(-100, 101) / 500.0; };
  std::array<double, 3> v = {number(), number(), number()};
  std::ranges::sort(v);
  const double p = *rc::gen::element(0.001, 0.049, 0.051, 0.5);
  const auto there = decide({v[1], {v[0], v[2]}, p}, 0.05, 0.05);
  const auto back = decide({-v[1], {-v[2], -v[0]}, p}, 0.05, 0.05);
  RC_ASSERT((there == Decision::Worse) == (back == Decision::Better));
  RC_ASSERT((there == Decision::Same) == (back == Decision::Same));
}

RC_GTEST_PROP(SlopeProperties, FollowsTheUnits, ()) {
  Points points;
  Points changed;
  const double scale = *rc::gen::element(0.5, 2.0, 4.0);
  const double by = *rc::gen::inRange(-50, 50);
  double x = 0;
  for (const double y : some_values(3, 25)) {
    points.emplace_back(x, y);
    changed.emplace_back(x * 2 + 7, y * scale + by);
    ++x;
  }
  const auto plain = theil_sen(points);
  const auto other = theil_sen(changed);
  RC_ASSERT(std::abs(other.estimate - plain.estimate * scale / 2) < 1e-9);
  RC_ASSERT(other.p == plain.p);
  RC_ASSERT(plain.interval.low <= plain.estimate + 1e-12);
  RC_ASSERT(plain.estimate <= plain.interval.high + 1e-12);
}

RC_GTEST_PROP(UslProperties, FollowsTheUnitOfThroughput, ()) {
  const double scale = *rc::gen::element(0.1, 3.0, 1000.0);
  const double sigma = *rc::gen::inRange(10, 300) / 1000.0;
  const double kappa = *rc::gen::inRange(1, 50) / 10000.0;
  std::vector<LoadPoint> points;
  std::vector<LoadPoint> scaled;
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 1000));
  for (const double n : {1.0, 2.0, 5.0, 12.0, 30.0, 70.0, 150.0}) {
    const double x = 7 * n / (1 + sigma * (n - 1) + kappa * n * (n - 1)) * rng.uniform(0.98, 1.02);
    points.push_back({n, x});
    scaled.push_back({n, x * scale});
  }
  const auto a = fit_usl(points, Rng(1));
  const auto b = fit_usl(scaled, Rng(1));
  RC_ASSERT(a && b);
  RC_ASSERT(a->sigma >= 0 && a->kappa >= 0 && a->r_squared <= 1);
  RC_ASSERT(std::abs(b->lambda / a->lambda - scale) < 1e-3 * scale);
  RC_ASSERT(std::abs(a->sigma - b->sigma) < 1e-3 && std::abs(a->kappa - b->kappa) < 1e-4);
}

RC_GTEST_PROP(BlockBootstrapProperties, ExchangingTheSidesMirrorsTheSignAndKeepsZeroOutside, ()) {
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 100000));
  const double by = *rc::gen::element(5.0, 20.0);
  const auto series = [&](double level) {
    BlockSeries out(2);
    for (int i = 0; i < 48; ++i) out.add(std::array{level + rng.normal(), 1.0});
    return out;
  };
  const auto a = series(100);
  const auto b = series(100 + by);
  const auto mean = [](std::span<const double> s) { return s[0] / s[1]; };
  const auto there = block_bootstrap(a, b, mean, {.block = 4, .resamples = 200}, Rng(1));
  const auto back = block_bootstrap(b, a, mean, {.block = 4, .resamples = 200}, Rng(1));
  RC_ASSERT(there && back);
  RC_ASSERT(there->difference.low > 0 && back->difference.high < 0);
  RC_ASSERT(there->after == back->before);
  const auto self = block_bootstrap(a, a, mean, {.block = 4, .resamples = 200}, Rng(1));
  RC_ASSERT(self->difference.low < 0 && self->difference.high > 0);
}

}  // namespace
}  // namespace chorus::lab::stats
