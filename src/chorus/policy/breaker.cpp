#include "chorus/policy/breaker.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::policy {

std::string_view to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::Closed:
      return "closed";
    case BreakerState::Open:
      return "open";
    case BreakerState::HalfOpen:
      return "half_open";
  }
  return "unknown";
}

CallHealth classify_status(int http_status) noexcept {
  return http_status >= 500 ? CallHealth::ServerError : CallHealth::Alive;
}

CallHealth classify(ErrorCode code, int http_status) noexcept {
  if (http_status >= 500) return CallHealth::ServerError;
  switch (code) {
    case ErrorCode::Timeout:
      return CallHealth::Timeout;
    case ErrorCode::Unavailable:
    case ErrorCode::ConnectionClosed:
    case ErrorCode::ProtocolError:
      return CallHealth::Transport;
    case ErrorCode::Cancelled:
      return CallHealth::Unknown;
    default:
      return http_status == 0 ? CallHealth::Unknown : CallHealth::Alive;
  }
}

BreakerConfig BreakerConfig::llm() {
  BreakerConfig config;
  config.consecutive_failures = 5;
  config.open_for = std::chrono::seconds(120);
  config.probes = 2;
  return config;
}

BreakerConfig BreakerConfig::platform() {
  BreakerConfig config;
  config.consecutive_failures = 10;
  config.open_for = std::chrono::seconds(60);
  config.probes = 3;
  return config;
}

Breaker::Breaker(BreakerConfig config)
    : config_(config), step_length_(config.window / static_cast<std::int64_t>(kSteps)) {
  CH_CHECK(step_length_ > Duration::zero());
  CH_CHECK(config.probes >= 1 && config.probes <= kMaxProbes);
  CH_CHECK(config.open_for > Duration::zero() && config.probe_timeout > Duration::zero());
}

std::optional<BreakerPermit> Breaker::allow(MonoTime now) {
  if (state_ == BreakerState::Open && now >= open_until_) enter(BreakerState::HalfOpen, now);
  switch (state_) {
    case BreakerState::Closed:
      return BreakerPermit{epoch_, 0};
    case BreakerState::Open:
      break;
    case BreakerState::HalfOpen:
      while (probes_out_ > 0 && out_[0].deadline <= now) remove_probe(0);
      if (probes_out_ + probe_successes_ >= config_.probes) break;
      out_[probes_out_++] = {++last_probe_, now + config_.probe_timeout};
      return BreakerPermit{epoch_, last_probe_};
  }
  ++refused_;
  return std::nullopt;
}

void Breaker::on_result(BreakerPermit permit, CallHealth health, MonoTime now) {
  if (permit.epoch != epoch_) return;  // of an earlier state: says nothing about this one
  if (health != CallHealth::Alive && health != CallHealth::Unknown) last_failure_ = health;
  if (state_ == BreakerState::HalfOpen) return on_probe(permit.probe, health, now);
  if (state_ != BreakerState::Closed || health == CallHealth::Unknown) return;
  const bool failure = health != CallHealth::Alive;
  count(failure, now);
  consecutive_ = failure ? consecutive_ + 1 : 0;
  if (failure && should_open(now)) enter(BreakerState::Open, now);
}

void Breaker::on_probe(std::uint64_t serial, CallHealth health, MonoTime now) {
  std::size_t at = 0;
  while (at < probes_out_ && out_[at].serial != serial) ++at;
  if (at == probes_out_) return;  // taken back already
  remove_probe(at);
  if (health == CallHealth::Unknown) return;
  if (health != CallHealth::Alive) return enter(BreakerState::Open, now);
  if (++probe_successes_ == config_.probes) enter(BreakerState::Closed, now);
}

void Breaker::remove_probe(std::size_t at) {
  for (std::size_t i = at + 1; i < probes_out_; ++i) out_[i - 1] = out_[i];
  --probes_out_;
}

void Breaker::reset(MonoTime now) {
  enter(BreakerState::Closed, now);
  last_failure_.reset();
}

void Breaker::enter(BreakerState next, MonoTime now) {
  state_ = next;
  since_ = now;
  ++epoch_;
  probes_out_ = probe_successes_ = 0;
  switch (next) {
    case BreakerState::Closed:
      steps_.fill(Step{});
      consecutive_ = 0;
      break;
    case BreakerState::Open:
      ++opened_;
      open_until_ = now + config_.open_for;
      break;
    case BreakerState::HalfOpen:
      break;
  }
}

void Breaker::count(bool failure, MonoTime now) {
  const std::int64_t index = now.time_since_epoch() / step_length_;
  Step& step = steps_[static_cast<std::uint64_t>(index) % kSteps];
  if (step.index != index) step = Step{index, 0, 0};
  ++step.calls;
  if (failure) ++step.failures;
}

Breaker::Tally Breaker::tally(MonoTime now) const {
  const std::int64_t index = now.time_since_epoch() / step_length_;
  Tally sum;
  for (const Step& step : steps_) {
    if (step.index < 0 || step.index <= index - static_cast<std::int64_t>(kSteps)) continue;
    sum.calls += step.calls;
    sum.failures += step.failures;
  }
  return sum;
}

bool Breaker::should_open(MonoTime now) const {
  if (config_.consecutive_failures > 0 && consecutive_ >= config_.consecutive_failures) return true;
  const Tally sum = tally(now);
  return sum.calls >= config_.minimum_volume &&
         sum.failures >= config_.failure_rate * static_cast<double>(sum.calls);
}

MonoTime Breaker::earliest(MonoTime now) const {
  switch (state_) {
    case BreakerState::Closed:
      return now;
    case BreakerState::Open:
      return std::max(now, open_until_);
    case BreakerState::HalfOpen:
      break;
  }
  // Half-open with every probe accounted for means that at least one is out: it closes otherwise.
  if (probes_out_ + probe_successes_ < config_.probes) return now;
  return std::max(now, out_[0].deadline);
}

Breaker::Snapshot Breaker::snapshot(MonoTime now) const {
  const Tally sum = tally(now);
  return {.state = state_,
          .calls = sum.calls,
          .failures = sum.failures,
          .consecutive_failures = consecutive_,
          .probes_out = probes_out_,
          .retry_after = earliest(now) - now,
          .opened = opened_,
          .refused = refused_,
          .since = since_,
          .last_failure = last_failure_};
}

}  // namespace chorus::policy
