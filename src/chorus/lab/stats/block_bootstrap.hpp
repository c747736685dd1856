#pragma once

#include "chorus/base/random.hpp"
#include "chorus/lab/stats/distributions.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chorus::lab::stats {

/// What one side of a comparison did in each interval: rows of counts that add up (bins of a
/// histogram, or hits and trials), in order of time. Several runs may stand behind each other.
class BlockSeries {
 public:
  /// At least one column (checked).
  explicit BlockSeries(std::size_t columns);
  /// Begins another run: no block reaches over the border.
  void begin_run();
  /// The next interval; as many numbers as there are columns (checked).
  void add(std::span<const double> row);

  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t size() const { return sums_.size() / columns_ - 1; }
  /// Indices of the first interval and behind the last of every run.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::size_t>>& runs() const {
    return runs_;
  }
  /// Adds the sum of the intervals [from, to) to `out`. O(columns).
  void add_sum(std::size_t from, std::size_t to, std::span<double> out) const;

 private:
  std::vector<double> sums_;  // running sums, a row before each interval and one at the end
  std::size_t columns_;
  std::vector<std::pair<std::size_t, std::size_t>> runs_;
};

/// The number that sums of rows stand for, such as a percentile; NaN when they hold nothing.
using Statistic = std::function<double(std::span<const double>)>;

/// Intervals that belong together because one remembers the other: the larger of the cube root of
/// their number and twice the integrated autocorrelation time (summed over neighbouring pairs as
/// Geyer 1992 does, while they exceed half of the bound of Politis and White 2004). `levels` holds
/// one number for each interval; at least 1.
std::size_t block_length(std::span<const double> levels);

struct BootstrapOptions {
  std::size_t block = 1;  ///< intervals
  std::size_t resamples = 2000;
  double confidence = 0.95;
};

/// Fewer blocks than that on a side say nothing about how the blocks vary.
inline constexpr std::size_t kFewestBlocks = 6;

struct BootstrapChange {
  double before = 0;
  double after = 0;
  std::size_t blocks = 0;  ///< of the side that has fewer
  /// after - before, and after / before - 1 (where both are above 0, also in every resample).
  Interval difference;
  std::optional<Interval> relative;
  double p = 1;  ///< two-sided, of "nothing changed"
};

/// How `after` differs from `before`, with intervals that allow for intervals that remember their
/// neighbours: whole blocks are drawn, the sides independently (moving blocks: Kuensch 1989). The
/// intervals are those of the resamples, widened for few blocks (Hesterberg, The American
/// Statistician 69 (2015) 371, 3.2); p is of the change over its resampled deviation, with
/// Student's t. It knows how the load of these runs varied inside them, and not how one start of a
/// program differs from another. Nothing when a side has fewer than kFewestBlocks or no statistic.
/// O(resamples * blocks * columns).
std::optional<BootstrapChange> block_bootstrap(const BlockSeries& before, const BlockSeries& after,
                                               const Statistic& statistic,
                                               const BootstrapOptions& options, Rng rng);

}  // namespace chorus::lab::stats
