#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chorus::policy {

/// Keeps retries from multiplying an outage: a retry is granted while the last
/// `window` (in ten steps) holds at most max(minimum, ratio * requests) of them, this one included.
/// One per host. O(1).
class RetryBudget {
 public:
  struct Config {
    double ratio = 0.2;
    std::uint32_t minimum = 3;  ///< per window, so that a quiet bot may retry at all
    Duration window = std::chrono::seconds(10);
  };
  explicit RetryBudget(Config config);
  RetryBudget() : RetryBudget(Config{}) {}

  /// Call once per request, not per attempt.
  void on_request(MonoTime now);
  /// True when a retry may be made; it is then accounted for.
  [[nodiscard]] bool try_retry(MonoTime now);
  [[nodiscard]] std::uint64_t retries() const { return retries_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::size_t kSteps = 10;
  struct Step {
    std::int64_t index = -1;
    std::uint32_t requests = 0;
    std::uint32_t retries = 0;
  };
  Step& step_at(MonoTime now);

  Config config_;
  Duration step_length_;
  std::array<Step, kSteps> steps_{};
  std::uint64_t retries_ = 0;
  std::uint64_t refused_ = 0;
};

/// Exponential back-off with full jitter: attempt k (from 0) waits uniformly in
/// [0, min(cap, base * 2^k)].
struct Backoff {
  Duration base = std::chrono::milliseconds(200);
  Duration cap = std::chrono::seconds(30);

  /// Upper bound of the wait before retry `attempt` (0 = the first retry).
  [[nodiscard]] Duration ceiling(std::uint32_t attempt) const;
  [[nodiscard]] Duration next(std::uint32_t attempt, Rng& rng) const;
};

enum class RetryVerdict : std::uint8_t {
  Retry,
  NotRetryable,  ///< the error would only repeat
  Attempts,      ///< all attempts are used
  Deadline,      ///< the wait would end at or after the deadline
  Budget,        ///< the retry budget refuses
};
std::string_view to_string(RetryVerdict verdict) noexcept;

struct RetryDecision {
  RetryVerdict verdict = RetryVerdict::NotRetryable;
  MonoTime at{};  ///< when to try again, for Retry only
};

/// Decides what follows a failed attempt. `retry_after` of the error is obeyed in full: the wait is
/// that time plus up to `backoff.base` of jitter, never less.
class RetryPolicy {
 public:
  struct Config {
    std::uint32_t max_attempts = 4;  ///< the first one included
    Backoff backoff;
  };
  RetryPolicy(Config config, Rng rng);

  /// `attempts_made` >= 1 counts the one that just failed. The budget is charged only when the
  /// verdict is Retry.
  [[nodiscard]] RetryDecision after_failure(const Error& error, std::uint32_t attempts_made,
                                            MonoTime now, MonoTime deadline, RetryBudget& budget);

 private:
  Config config_;
  Rng rng_;
};

}  // namespace chorus::policy
