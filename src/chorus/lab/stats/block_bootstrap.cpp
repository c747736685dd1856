#include "chorus/lab/stats/block_bootstrap.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab::stats {

BlockSeries::BlockSeries(std::size_t columns) : sums_(columns, 0), columns_(columns) {
  CH_CHECK(columns > 0);
}

void BlockSeries::begin_run() {
  if (runs_.empty() || runs_.back().second > runs_.back().first) runs_.emplace_back(size(), size());
}

void BlockSeries::add(std::span<const double> row) {
  CH_CHECK(row.size() == columns_);
  if (runs_.empty()) begin_run();
  const auto last = sums_.size() - columns_;
  for (std::size_t i = 0; i < columns_; ++i) sums_.push_back(sums_[last + i] + row[i]);
  runs_.back().second = size();
}

void BlockSeries::add_sum(std::size_t from, std::size_t to, std::span<double> out) const {
  const double* low = sums_.data() + from * columns_;
  const double* high = sums_.data() + to * columns_;
  for (std::size_t i = 0; i < columns_; ++i) out[i] += high[i] - low[i];
}

std::size_t block_length(std::span<const double> levels) {
  const std::size_t n = levels.size();
  if (n < 2) return 1;
  double mean = 0;
  for (const double v : levels) mean += v / static_cast<double>(n);
  const auto covariance = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < n; ++i) sum += (levels[i] - mean) * (levels[i + lag] - mean);
    return sum / static_cast<double>(n);
  };
  const double variance = covariance(0);
  // What a series without memory shows by chance is no memory: otherwise every twentieth short run
  // would have blocks so long that too few are left.
  const double noise = std::sqrt(std::log10(static_cast<double>(n)) / static_cast<double>(n));
  double time = 1;
  // Equal numbers differ from their mean by a rounding.
  if (variance > 1e-18 * mean * mean) {
    for (std::size_t lag = 1; lag + 1 < n; lag += 2) {
      const double pair = (covariance(lag) + covariance(lag + 1)) / variance;
      if (pair <= 2 * noise) break;
      time += 2 * pair;
    }
  }
  const double length = std::max(std::cbrt(static_cast<double>(n)), 2 * time);
  return static_cast<std::size_t>(std::ceil(length - 1e-9));
}

namespace {

/// Draws series of the length that was measured out of its blocks.
class BlockSampler {
 public:
  BlockSampler(const BlockSeries& series, std::size_t block) : series_(series), block_(block) {
    for (const auto& [begin, end] : series.runs()) {
      for (std::size_t at = begin; at + block <= end; ++at) starts_.push_back(at);
    }
  }
  [[nodiscard]] std::size_t blocks() const { return starts_.empty() ? 0 : series_.size() / block_; }
  void draw(Rng& rng, std::span<double> sums) const {
    std::ranges::fill(sums, 0);
    for (std::size_t left = series_.size(); left > 0;) {
      const auto start = starts_[rng.below(starts_.size())];
      const auto length = std::min(left, block_);
      series_.add_sum(start, start + length, sums);
      left -= length;
    }
  }

 private:
  const BlockSeries& series_;
  std::size_t block_;
  std::vector<std::size_t> starts_;
};

/// A tail of the resamples that is as rare as `tail` is when few blocks are allowed for.
struct FewBlocks {
  double stretch;  ///< of the standard deviation: n / (n - 1)
  double df;

  [[nodiscard]] double narrower(double tail) const {
    return normal_cdf(student_t_quantile(tail, df) * stretch);
  }
};

double at_share(const std::vector<double>& sorted, double share) {
  const double index = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(index);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], index - static_cast<double>(below));
}

Interval tails(std::vector<double>& values, double tail) {
  std::ranges::sort(values);
  return {at_share(values, tail), at_share(values, 1 - tail)};
}

/// The change in units of its resampled deviation, against Student's t. The share of resamples
/// beyond zero would end at one in their number, which few blocks and several gates turn into
/// "undecided" however large the change is.
double two_sided(const std::vector<double>& differences, double change, const FewBlocks& few) {
  const auto n = static_cast<double>(differences.size());
  double mean = 0;
  for (const double d : differences) mean += d / n;
  double variance = 0;
  for (const double d : differences) variance += (d - mean) * (d - mean) / (n - 1);
  const double deviation = std::sqrt(variance) * few.stretch;
  // Sums in another order differ by a rounding where nothing varies.
  if (!(deviation > 1e-12 * std::abs(mean))) return std::abs(change) > 1e-9 ? 0 : 1;
  return std::min(1.0, 2 * student_t_cdf(-std::abs(change) / deviation, few.df));
}

}  // namespace

std::optional<BootstrapChange> block_bootstrap(const BlockSeries& before, const BlockSeries& after,
                                               const Statistic& statistic,
                                               const BootstrapOptions& options, Rng rng) {
  CH_CHECK(before.columns() == after.columns() && options.block > 0 && options.resamples > 1);
  const BlockSampler b(before, options.block);
  const BlockSampler a(after, options.block);
  BootstrapChange out;
  out.blocks = std::min(b.blocks(), a.blocks());
  if (out.blocks < kFewestBlocks) return std::nullopt;
  std::vector<double> sums(before.columns(), 0);
  before.add_sum(0, before.size(), sums);
  out.before = statistic(sums);
  std::ranges::fill(sums, 0);
  after.add_sum(0, after.size(), sums);
  out.after = statistic(sums);
  if (!std::isfinite(out.before) || !std::isfinite(out.after)) return std::nullopt;

  std::vector<double> differences;
  std::vector<double> ratios;
  auto before_rng = rng.fork("before");
  auto after_rng = rng.fork("after");
  for (std::size_t i = 0; i < options.resamples; ++i) {
    b.draw(before_rng, sums);
    const double x = statistic(sums);
    a.draw(after_rng, sums);
    const double y = statistic(sums);
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    differences.push_back(y - x);
    if (x > 0 && y > 0) ratios.push_back(y / x - 1);
  }
  if (differences.size() < options.resamples / 2) return std::nullopt;
  const auto n = static_cast<double>(out.blocks);
  const FewBlocks few{std::sqrt(n / (n - 1)), static_cast<double>(b.blocks() + a.blocks() - 2)};
  const double tail = few.narrower((1 - options.confidence) / 2);
  const bool positive = ratios.size() == differences.size() && out.before > 0 && out.after > 0;
  if (positive) out.relative = tails(ratios, tail);
  out.difference = tails(differences, tail);
  out.p = two_sided(differences, out.after - out.before, few);
  return out;
}

}  // namespace chorus::lab::stats
