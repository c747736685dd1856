#include "chorus/policy/send_window.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::policy {
namespace {

/// Before any time of a loop, and far from the end of the number range.
constexpr MonoTime kLongAgo{std::chrono::hours(-24 * 365 * 30)};

/// The 1 % by which every span is stretched.
Duration stretched(Duration span) {
  return span + span / 100;
}

}  // namespace

SlidingWindow::SlidingWindow(std::uint32_t n, Duration period)
    : n_(n), hold_(stretched(period)), last_(kLongAgo) {
  CH_CHECK(n >= 1);
  CH_CHECK(period > Duration::zero());
}

MonoTime SlidingWindow::earliest(MonoTime now) const {
  if (ring_.size() < n_) return now;
  return std::max(now, ring_[next_] + hold_);
}

void SlidingWindow::record(MonoTime t) {
  last_ = std::max(last_, t);
  if (ring_.size() < n_) {
    ring_.push_back(t);
    return;
  }
  ring_[next_] = t;
  next_ = next_ + 1 == n_ ? 0 : next_ + 1;
}

bool SlidingWindow::as_new(MonoTime now) const {
  return last_ + hold_ <= now;
}

TokenBucket::TokenBucket(double rate, std::uint32_t burst) : full_at_(kLongAgo) {
  CH_CHECK(rate > 0);
  CH_CHECK(burst >= 1);
  interval_ = stretched(Duration(static_cast<Duration::rep>(std::ceil(1e9 / rate))));
  tolerance_ = interval_ * (burst - 1);
}

MonoTime TokenBucket::earliest(MonoTime now) const {
  return std::max(now, full_at_ - tolerance_);
}

void TokenBucket::record(MonoTime t) {
  full_at_ = std::max(full_at_, t) + interval_;
}

bool TokenBucket::as_new(MonoTime now) const {
  return full_at_ <= now;
}

void LimitSet::add(SlidingWindow& window) {
  CH_CHECK(window_count_ < kMax);
  windows_[window_count_++] = &window;
}

void LimitSet::add(TokenBucket& bucket) {
  CH_CHECK(bucket_count_ < kMax);
  buckets_[bucket_count_++] = &bucket;
}

void LimitSet::add(const Freeze& freeze) {
  CH_CHECK(freeze_count_ < kMax);
  freezes_[freeze_count_++] = &freeze;
}

MonoTime LimitSet::earliest(MonoTime now) const {
  MonoTime at = now;
  for (std::size_t i = 0; i < window_count_; ++i) at = std::max(at, windows_[i]->earliest(now));
  for (std::size_t i = 0; i < bucket_count_; ++i) at = std::max(at, buckets_[i]->earliest(now));
  for (std::size_t i = 0; i < freeze_count_; ++i) at = std::max(at, freezes_[i]->earliest(now));
  return at;
}

bool LimitSet::reserve(MonoTime now) {
  if (earliest(now) > now) return false;
  for (std::size_t i = 0; i < window_count_; ++i) windows_[i]->record(now);
  for (std::size_t i = 0; i < bucket_count_; ++i) buckets_[i]->record(now);
  return true;
}

}  // namespace chorus::policy
