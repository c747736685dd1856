#include "chorus/lab/stats/change_points.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab::stats {

namespace {

constexpr std::size_t kMostValues = 400;

struct Split {
  std::size_t at = 0;
  double energy = -1;
};

/// The split with the largest energy statistic. Sums of distances are carried from split to split.
Split best_split(std::span<const double> v, std::size_t shortest) {
  const std::size_t n = v.size();
  const auto distances = [&](std::size_t from, std::size_t to, double value) {
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += std::abs(v[i] - value);
    return sum;
  };
  double right = 0;  // distances among the values from `at` on
  for (std::size_t i = 0; i < n; ++i) right += distances(i + 1, n, v[i]);
  const double all = right;
  double left = 0;
  Split best;
  for (std::size_t at = 1; at + shortest <= n; ++at) {
    left += distances(0, at - 1, v[at - 1]);
    right -= distances(at, n, v[at - 1]);
    if (at < shortest) continue;
    const auto a = static_cast<double>(at);
    const auto b = static_cast<double>(n - at);
    const double across = 2 / (a * b) * (all - left - right);
    const double within = 2 / (a * (a - 1)) * left + 2 / (b * (b - 1)) * right;
    const double energy = a * b / (a + b) * (across - within);
    if (energy > best.energy) best = {at, energy};
  }
  return best;
}

double median(std::span<const double> v) {
  std::vector<double> sorted(v.begin(), v.end());
  std::ranges::sort(sorted);
  return (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
}

void search(std::span<const double> values, std::size_t offset, Rng& rng,
            const ChangePointOptions& options, std::vector<ChangePoint>& out) {
  const std::size_t shortest = std::max<std::size_t>(2, options.shortest);
  if (values.size() < 2 * shortest) return;
  const auto best = best_split(values, shortest);
  if (!(best.energy > 0)) return;
  std::vector<double> mixed(values.begin(), values.end());
  std::size_t as_large = 1;  // the order that was seen
  const auto orders = static_cast<double>(options.permutations + 1);
  for (std::size_t i = 0; i < options.permutations; ++i) {
    rng.shuffle(std::span(mixed));
    // The sums are added in another order: equal values must not differ by a rounding.
    if (best_split(mixed, shortest).energy >= best.energy * (1 - 1e-9)) ++as_large;
    if (static_cast<double>(as_large) > options.alpha * orders) return;
  }
  const double p = static_cast<double>(as_large) / orders;
  search(values.first(best.at), offset, rng, options, out);
  out.push_back({offset + best.at, 0, 0, p});
  search(values.subspan(best.at), offset + best.at, rng, options, out);
}

}  // namespace

std::vector<ChangePoint> change_points(std::span<const double> values, Rng rng,
                                       const ChangePointOptions& options) {
  const std::size_t skipped = values.size() > kMostValues ? values.size() - kMostValues : 0;
  std::vector<ChangePoint> out;
  search(values.subspan(skipped), skipped, rng, options, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto begin = i == 0 ? skipped : out[i - 1].at;
    const auto end = i + 1 < out.size() ? out[i + 1].at : values.size();
    out[i].before = median(values.subspan(begin, out[i].at - begin));
    out[i].after = median(values.subspan(out[i].at, end - out[i].at));
  }
  return out;
}

}  // namespace chorus::lab::stats
