#include "chorus/lab/stats/slope.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace chorus::lab::stats {

namespace {

std::vector<double> pair_slopes(const Points& points) {
  std::vector<double> out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      const double dx = points[j].first - points[i].first;
      if (dx != 0) out.push_back((points[j].second - points[i].second) / dx);
    }
  }
  std::ranges::sort(out);
  return out;
}

double median(const std::vector<double>& sorted) {
  const auto n = sorted.size();
  return n == 0 ? 0 : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/// The value at a rank counted from 1 that need not be whole.
double at_rank(const std::vector<double>& sorted, double rank) {
  const double index = std::clamp(rank - 1, 0.0, static_cast<double>(sorted.size() - 1));
  const auto below = static_cast<std::size_t>(index);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], index - static_cast<double>(below));
}

/// Σ t (t - 1) (2 t + 5) over groups of equal values.
double tied(const std::vector<double>& values) {
  std::map<double, double> groups;
  for (const double v : values) ++groups[v];
  double out = 0;
  for (const auto& [value, t] : groups) out += t * (t - 1) * (2 * t + 5);
  return out;
}

}  // namespace

double theil_sen_slope(const Points& points) {
  return median(pair_slopes(points));
}

Slope theil_sen(const Points& points, double confidence) {
  constexpr double kNoEnd = std::numeric_limits<double>::infinity();
  const auto slopes = pair_slopes(points);
  Slope out{median(slopes), {-kNoEnd, kNoEnd}, 1};
  if (slopes.size() < 3) return out;
  const auto n = static_cast<double>(points.size());
  double s = 0;
  for (const double slope : slopes) s += slope > 0 ? 1 : slope < 0 ? -1 : 0;
  std::vector<double> xs;
  std::vector<double> ys;
  for (const auto& [x, y] : points) {
    xs.push_back(x);
    ys.push_back(y);
  }
  const double variance = (n * (n - 1) * (2 * n + 5) - tied(xs) - tied(ys)) / 18;
  if (!(variance > 0)) {
    out.interval = {out.estimate, out.estimate};  // all y are equal
    return out;
  }
  const double sd = std::sqrt(variance);
  const double distance = std::max(0.0, std::abs(s) - 1);
  out.p = std::min(1.0, 2 * normal_cdf(-distance / sd));
  const double c = normal_quantile(0.5 + confidence / 2) * sd;
  const auto count = static_cast<double>(slopes.size());
  out.interval = {at_rank(slopes, (count - c) / 2), at_rank(slopes, (count + c) / 2 + 1)};
  return out;
}

}  // namespace chorus::lab::stats
