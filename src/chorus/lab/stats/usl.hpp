#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/random.hpp"
#include "chorus/lab/stats/distributions.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chorus::lab::stats {

/// What a load of `size` (people, bots) reached.
struct LoadPoint {
  double size = 0;
  double throughput = 0;
};

/// The universal scalability law: X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
struct UslFit {
  double lambda = 0;  ///< throughput of one
  double sigma = 0;   ///< contention, >= 0
  double kappa = 0;   ///< coherence, >= 0; 0: it levels off and has no peak
  double r_squared = 0;
  double largest = 0;               ///< size that was measured
  std::optional<double> peak_size;  ///< where throughput would be highest
  std::optional<double> peak;
  std::optional<Interval> peak_band;  ///< of peak_size, 95 %, from resampled residuals
  /// What a reader must know to use the numbers: a peak outside the measured range, a poor fit.
  std::vector<std::string> caveats;

  [[nodiscard]] double at(double size) const;
};

/// Fits by least squares (Levenberg-Marquardt). Errors, InvalidArgument with the reason for people:
/// fewer than six different sizes; no saturation in them (throughput at the largest size is still
/// above 90 % of linear), so that sigma and kappa would be guesses. Sizes and throughputs must be
/// above 0; others are left out. The same `rng` seed gives the same band.
/// Source: Gunther, Guerrilla Capacity Planning (2007), 4-6; Möding's R package `usl`.
Result<UslFit> fit_usl(std::span<const LoadPoint> points, Rng rng);

}  // namespace chorus::lab::stats
