#pragma once

#include "chorus/lab/stats/distributions.hpp"

#include <cstddef>
#include <span>

namespace chorus::lab::stats {

/// Together so many values or fewer are tested exactly.
inline constexpr std::size_t kExactRankLimit = 40;

struct RankTest {
  double u = 0;  ///< pairs in which `after` is larger, ties count half
  double p = 1;  ///< two-sided
  bool exact = false;
};

/// Mann-Whitney: are the values of one side larger more often than chance would have it? Exact up
/// to kExactRankLimit values, ties included (the permutation distribution of the mid-ranks, as R's
/// `coin` does); beyond, the normal approximation with tie and continuity correction. p is 1 when a
/// side is empty. No assumption on the shape of the values; they must be independent.
RankTest mann_whitney(std::span<const double> before, std::span<const double> after);

/// How far `after` lies from `before`: the median of all differences, with the interval that the
/// test would not reject (Hodges and Lehmann 1963, Moses 1965; R's `wilcox.test(conf.int)`).
struct Shift {
  double estimate = 0;
  Interval interval;
  double confidence = 0;  ///< reached: with 3 against 3 values no interval has more than 0.9
};
/// Both sides need a value (checked). O(n m log n m).
Shift hodges_lehmann(std::span<const double> before, std::span<const double> after,
                     double confidence = 0.95);

/// Cliff's delta, -1..1: share of the pairs in which `after` is larger minus those in which it is
/// smaller. 0 when a side is empty.
double cliffs_delta(std::span<const double> before, std::span<const double> after);
/// `negligible`, `small`, `medium`, `large`: below 0.147, 0.33, 0.474 (Romano et al. 2006).
const char* delta_size(double delta);

}  // namespace chorus::lab::stats
