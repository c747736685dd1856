#include "chorus/sandbox/llm/quota.hpp"

namespace chorus::sandbox {

void SlidingQuota::expire(MonoTime now) {
  while (!log_.empty() && log_.front().first + period_ <= now) {
    used_ -= log_.front().second;
    log_.pop_front();
  }
}

std::optional<Duration> SlidingQuota::take(std::int64_t amount, MonoTime now) {
  expire(now);
  if (used_ + amount <= limit_) {
    // Folded entries leave with the youngest of them, never too early.
    if (!log_.empty() && now - log_.back().first < std::chrono::milliseconds(100)) {
      log_.back().first = now;
      log_.back().second += amount;
    } else {
      log_.emplace_back(now, amount);
    }
    used_ += amount;
    return std::nullopt;
  }
  std::int64_t freed = 0;
  for (const auto& [at, taken] : log_) {
    freed += taken;
    if (used_ - freed + amount <= limit_) return at + period_ - now;
  }
  return period_;
}

std::int64_t SlidingQuota::used(MonoTime now) {
  expire(now);
  return used_;
}

Duration SlidingQuota::reset_in(MonoTime now) {
  expire(now);
  return log_.empty() ? Duration::zero() : log_.back().first + period_ - now;
}

}  // namespace chorus::sandbox
