#include "chorus/sandbox/llm/quota.hpp"

namespace chorus::sandbox {

void SlidingQuota::expire(MonoTime now) {
  while (!log_.empty() && log_.front().last + period_ <= now) {
    used_ -= log_.front().amount;
    log_.pop_front();
  }
}

std::optional<Duration> SlidingQuota::wait_for(std::int64_t amount, MonoTime now) {
  expire(now);
  if (used_ + amount <= limit_) return std::nullopt;
  std::int64_t freed = 0;
  for (const auto& entry : log_) {
    freed += entry.amount;
    if (used_ - freed + amount <= limit_) return entry.last + period_ - now;
  }
  return period_;
}

void SlidingQuota::take(std::int64_t amount, MonoTime now) {
  expire(now);
  // Measured from an entry's first moment: from its last, a steady load would fold for ever.
  if (!log_.empty() && now - log_.back().first < fold_) {
    log_.back().last = now;
    log_.back().amount += amount;
  } else {
    log_.push_back({now, now, amount});
  }
  used_ += amount;
}

std::int64_t SlidingQuota::used(MonoTime now) {
  expire(now);
  return used_;
}

Duration SlidingQuota::reset_in(MonoTime now) {
  expire(now);
  return log_.empty() ? Duration::zero() : log_.back().last + period_ - now;
}

}  // namespace chorus::sandbox
