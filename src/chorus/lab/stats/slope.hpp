#pragma once

#include "chorus/lab/stats/distributions.hpp"

#include <utility>
#include <vector>

namespace chorus::lab::stats {

/// Points of a trend: x and y.
using Points = std::vector<std::pair<double, double>>;

struct Slope {
  double estimate = 0;  ///< median of the slopes of all pairs
  Interval interval;
  double p = 1;  ///< Mann-Kendall, two-sided: is there a trend at all?
};

/// Theil-Sen with Sen's interval. Holds for up to 29 % outliers. Values are taken as independent of
/// each other: a value that remembers the one before makes the interval too narrow. Fewer than
/// three different x: the estimate alone, with an interval without ends and p 1. O(n^2 log n).
/// Source: Sen, JASA 63 (1968) 1379; Gilbert, Statistical Methods (1987) 16.4 and 17.3.
Slope theil_sen(const Points& points, double confidence = 0.95);

/// The estimate alone; 0 for fewer than two different x. O(n^2).
double theil_sen_slope(const Points& points);

}  // namespace chorus::lab::stats
