#include "chorus/policy/adaptive_concurrency.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::policy {
namespace {

constexpr double kRecentWeight = 0.2;
constexpr double kBaselineDown = 0.1;
constexpr double kBaselineUp = 0.002;

}  // namespace

AdaptiveConcurrency::AdaptiveConcurrency(AdaptiveConcurrencyConfig config)
    : config_(config), limit_(config.initial) {
  CH_CHECK(config.minimum >= 1 && config.minimum <= config.initial);
  CH_CHECK(config.initial <= config.maximum);
  CH_CHECK(config.decrease > 0 && config.decrease < 1);
  CH_CHECK(config.latency_tolerance > 1);
}

bool AdaptiveConcurrency::try_acquire() {
  if (in_flight_ >= limit()) return false;
  ++in_flight_;
  return true;
}

void AdaptiveConcurrency::release(CallOutcome outcome, Duration latency, MonoTime now) {
  CH_CHECK(in_flight_ > 0);
  // A limit that is not used says nothing about a higher one.
  const bool in_use = 2 * in_flight_ >= limit();
  --in_flight_;
  if (outcome == CallOutcome::Ignored) return;
  if (outcome == CallOutcome::Overload) return decrease(config_.decrease, now);
  const double seconds = std::max(to_seconds(latency), 1e-9);
  if (baseline_s_ == 0) {
    baseline_s_ = recent_s_ = seconds;
  } else {
    recent_s_ += kRecentWeight * (seconds - recent_s_);
    baseline_s_ += (seconds < baseline_s_ ? kBaselineDown : kBaselineUp) * (seconds - baseline_s_);
  }
  const double tolerated = baseline_s_ * config_.latency_tolerance;
  if (recent_s_ > tolerated) {
    decrease(std::max(config_.decrease, tolerated / recent_s_), now);
  } else if (in_use) {
    limit_ =
        std::min(limit_ + (starting_ ? 1.0 : 1.0 / limit_), static_cast<double>(config_.maximum));
  }
}

void AdaptiveConcurrency::decrease(double factor, MonoTime now) {
  starting_ = false;
  if (now < next_decrease_) return;
  next_decrease_ = now + config_.cooldown;
  limit_ = std::max(limit_ * factor, static_cast<double>(config_.minimum));
}

}  // namespace chorus::policy
