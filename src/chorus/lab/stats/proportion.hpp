#pragma once

#include "chorus/lab/stats/distributions.hpp"

#include <cstdint>

namespace chorus::lab::stats {

/// `hits` of `n`; hits <= n (checked).
struct Proportion {
  std::uint64_t hits = 0;
  std::uint64_t n = 0;
  [[nodiscard]] double share() const {
    return n > 0 ? static_cast<double>(hits) / static_cast<double>(n) : 0;
  }
};

/// The score interval: never outside 0..1, and honest where the share is 0, 1 or near them. 0..1
/// when n is 0. `confidence` strictly between 0 and 1. It takes the n as independent.
/// Source: Wilson 1927; method 3 of Newcombe, Statistics in Medicine 17 (1998) 857.
Interval wilson(Proportion of, double confidence = 0.95);

/// Interval of `after` minus `before`. -1..1 when one of them has no n.
/// Source: method 10 of Newcombe, Statistics in Medicine 17 (1998) 873.
Interval share_difference(Proportion before, Proportion after, double confidence = 0.95);

/// Two-sided p of "both shares are equal": the pooled score test. 1 when nothing can differ.
double share_test(Proportion before, Proportion after);

}  // namespace chorus::lab::stats
