#include "chorus/lab/stats/proportion.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab::stats {

Interval wilson(Proportion of, double confidence) {
  CH_CHECK(of.hits <= of.n);
  if (of.n == 0) return {0, 1};
  const double z = normal_quantile(0.5 + confidence / 2);
  const auto n = static_cast<double>(of.n);
  const double p = of.share();
  const double middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // The ends are 0 and 1 exactly where rounding would leave them a hair beside.
  const double low = of.hits == 0 ? 0 : std::max(0.0, (middle - half) / scale);
  const double high = of.hits == of.n ? 1 : std::min(1.0, (middle + half) / scale);
  return {low, high};
}

Interval share_difference(Proportion before, Proportion after, double confidence) {
  if (before.n == 0 || after.n == 0) return {-1, 1};
  const auto b = wilson(before, confidence);
  const auto a = wilson(after, confidence);
  const double d = after.share() - before.share();
  const double down = std::hypot(after.share() - a.low, b.high - before.share());
  const double up = std::hypot(a.high - after.share(), before.share() - b.low);
  return {d - down, d + up};
}

double share_test(Proportion before, Proportion after) {
  if (before.n == 0 || after.n == 0) return 1;
  const auto nb = static_cast<double>(before.n);
  const auto na = static_cast<double>(after.n);
  const double pooled = static_cast<double>(before.hits + after.hits) / (nb + na);
  const double sd = std::sqrt(pooled * (1 - pooled) * (1 / nb + 1 / na));
  if (!(sd > 0)) return 1;
  return std::min(1.0, 2 * normal_cdf(-std::abs(after.share() - before.share()) / sd));
}

}  // namespace chorus::lab::stats
