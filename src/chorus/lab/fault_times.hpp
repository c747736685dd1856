#pragma once

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/scenario.hpp"

#include <optional>
#include <string>

namespace chorus::lab {

/// When a fault of a scenario begins: once, or again and again at distances drawn from the seed
/// alone, so that the target's behaviour moves none of them. Pure.
class FaultTimes {
 public:
  /// `plan` must outlive it.
  FaultTimes(const FaultPlan& plan, Rng rng) : plan_(plan), rng_(rng) {}
  /// The next beginning, after the start of the measured window. `ended` is the end of the one
  /// before: a fault does not begin again before it is over. nullopt: there is no other.
  std::optional<Duration> next(Duration ended);

 private:
  const FaultPlan& plan_;
  Rng rng_;
  std::optional<Duration> planned_;  ///< the last beginning, without jitter
};

/// What a fault is, in a word: `latency`, `loss`, `reset`, `truncated`, `rate_limit`, `error_503`,
/// `quota`, `stall`, `slow_body`, `duplicate`, `kill`, `pause`; several parts with a plus.
std::string kind_of(const FaultPlan& plan);
/// For people: what happens and to which calls.
std::string text_of(const FaultPlan& plan);

}  // namespace chorus::lab
