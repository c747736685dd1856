#include "chorus/policy/retry.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::policy {

RetryBudget::RetryBudget(Config config)
    : config_(config), step_length_(config.window / static_cast<std::int64_t>(kSteps)) {
  CH_CHECK(step_length_ > Duration::zero());
  CH_CHECK(config.ratio >= 0);
}

RetryBudget::Step& RetryBudget::step_at(MonoTime now) {
  const std::int64_t index = now.time_since_epoch() / step_length_;
  Step& step = steps_[static_cast<std::uint64_t>(index) % kSteps];
  if (step.index != index) step = Step{index, 0, 0};
  return step;
}

void RetryBudget::on_request(MonoTime now) {
  ++step_at(now).requests;
}

bool RetryBudget::try_retry(MonoTime now) {
  Step& current = step_at(now);
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  for (const Step& step : steps_) {
    if (step.index < 0 || step.index <= current.index - static_cast<std::int64_t>(kSteps)) continue;
    requests += step.requests;
    retries += step.retries;
  }
  const double allowed =
      std::max(static_cast<double>(config_.minimum), config_.ratio * static_cast<double>(requests));
  if (static_cast<double>(retries + 1) > allowed) {
    ++refused_;
    return false;
  }
  ++current.retries;
  ++retries_;
  return true;
}

Duration Backoff::ceiling(std::uint32_t attempt) const {
  Duration wait = base;
  for (std::uint32_t i = 0; i < attempt && wait < cap; ++i) wait *= 2;
  return std::min(wait, cap);
}

Duration Backoff::next(std::uint32_t attempt, Rng& rng) const {
  return Duration(rng.between(0, ceiling(attempt).count()));
}

std::string_view to_string(RetryVerdict verdict) noexcept {
  switch (verdict) {
    case RetryVerdict::Retry:
      return "retry";
    case RetryVerdict::NotRetryable:
      return "not_retryable";
    case RetryVerdict::Attempts:
      return "attempts";
    case RetryVerdict::Deadline:
      return "deadline";
    case RetryVerdict::Budget:
      return "budget";
  }
  return "unknown";
}

RetryPolicy::RetryPolicy(Config config, Rng rng) : config_(config), rng_(rng) {
  CH_CHECK(config.max_attempts >= 1);
}

RetryDecision RetryPolicy::after_failure(const Error& error, std::uint32_t attempts_made,
                                         MonoTime now, MonoTime deadline, RetryBudget& budget) {
  CH_CHECK(attempts_made >= 1);
  if (!is_retryable(error.code)) return {RetryVerdict::NotRetryable, {}};
  if (attempts_made >= config_.max_attempts) return {RetryVerdict::Attempts, {}};
  const MonoTime at = error.retry_after ? now + *error.retry_after + config_.backoff.next(0, rng_)
                                        : now + config_.backoff.next(attempts_made - 1, rng_);
  if (at >= deadline) return {RetryVerdict::Deadline, {}};
  if (!budget.try_retry(now)) return {RetryVerdict::Budget, {}};
  return {RetryVerdict::Retry, at};
}

}  // namespace chorus::policy
