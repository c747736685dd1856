#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/series.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace chorus::lab {

/// How people were served in the last fifth of the measured window against the first.
struct Drift {
  double first_p95_ms = 0;
  double last_p95_ms = 0;
  double first_success = 0;  ///< share of the required messages answered in time
  double last_success = 0;
  std::uint64_t first_n = 0;  ///< required messages
  std::uint64_t last_n = 0;
  double success_p = 1;  ///< that the difference of the shares is chance; bursts make it too small
  [[nodiscard]] double latency_ratio() const { return last_p95_ms / first_p95_ms; }
};

/// `served` as judge_recovery takes it. nullopt when a fifth has fewer than 59 required messages or
/// no reply: its p95 would rest on the slowest alone.
std::optional<Drift> drift_of(std::span<const SeriesPoint> served, Duration warmup,
                              Duration measured);

}  // namespace chorus::lab
