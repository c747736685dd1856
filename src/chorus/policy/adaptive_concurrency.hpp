#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>

namespace chorus::policy {

/// How a call ended, as far as the limit is concerned.
enum class CallOutcome : std::uint8_t {
  Success,
  Overload,  ///< 429, 503, queue full, timeout: the peer has too much
  Ignored,   ///< says nothing about load: cancelled, refused input
};

struct AdaptiveConcurrencyConfig {
  std::uint32_t minimum = 1;
  std::uint32_t maximum = 64;
  std::uint32_t initial = 8;
  double decrease = 0.7;           ///< factor on overload
  double latency_tolerance = 2.0;  ///< recent latency over baseline at which the limit shrinks
  Duration cooldown = std::chrono::seconds(1);  ///< at most one decrease in it
};

/// Limit on concurrent LLM calls that finds itself: while it is used it doubles with each round of
/// successes until the first sign of too much, and grows by one per round from then on; it shrinks
/// by a factor on 429 and in proportion when latency is inflated against its
/// baseline (a mean that follows improvements quickly and a lasting change slowly). One thread;
/// O(1).
class AdaptiveConcurrency {
 public:
  explicit AdaptiveConcurrency(AdaptiveConcurrencyConfig config);

  /// True when a call may start; each true is followed by exactly one `release`.
  [[nodiscard]] bool try_acquire();
  /// `latency` counts for Success only.
  void release(CallOutcome outcome, Duration latency, MonoTime now);

  /// In [minimum, maximum].
  [[nodiscard]] std::uint32_t limit() const { return static_cast<std::uint32_t>(limit_); }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  [[nodiscard]] Duration baseline_latency() const { return from_seconds(baseline_s_); }

 private:
  void decrease(double factor, MonoTime now);

  AdaptiveConcurrencyConfig config_;
  double limit_;
  bool starting_ = true;  ///< nothing has spoken against a higher limit yet
  std::uint32_t in_flight_ = 0;
  double baseline_s_ = 0;  ///< 0 = none yet
  double recent_s_ = 0;
  MonoTime next_decrease_ = MonoTime::min();
};

}  // namespace chorus::policy
