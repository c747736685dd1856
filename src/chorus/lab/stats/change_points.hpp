#pragma once

#include "chorus/base/random.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace chorus::lab::stats {

struct ChangePoint {
  std::size_t at = 0;  ///< index of the first value after the change
  double before = 0;   ///< median between the change before and this one
  double after = 0;    ///< median between this one and the next
  double p = 1;
};

struct ChangePointOptions {
  std::size_t shortest = 4;  ///< values on either side of a change
  double alpha = 0.01;       ///< of each test
  std::size_t permutations = 499;
};

/// Where a series changed its level or spread, in order. E-divisive: the split with the largest
/// energy distance is kept when fewer than `alpha` of the random orders of that part have one as
/// large, and both parts are searched again. No assumption on the shape of the values; they must be
/// independent while nothing changes. The same `rng` seed gives the same answer. At most the last
/// 400 values are looked at. O(permutations n^2) for each part.
/// Source: Matteson and James, JASA 109 (2014) 334, with the second part always reaching to the end
/// of the segment and exponent 1.
std::vector<ChangePoint> change_points(std::span<const double> values, Rng rng,
                                       const ChangePointOptions& options = {});

}  // namespace chorus::lab::stats
