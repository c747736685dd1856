#pragma once

#include "chorus/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

// Limits schedule, they never drop: each answers with the earliest permitted time and the caller
// waits. Nothing here has a clock; `now` must not go back between calls on one object. One thread.
namespace chorus::policy {

/// At most `n` sends in any window of `period`: a ring of the last `n` send times. The answer is
/// the n-th last send + period + 1 %, so that the peer's clock and the network's jitter cannot turn
/// a legal schedule into an overrun; a constant demand loses that 1 %. Memory: 8 bytes per send
/// remembered, at most `n`.
class SlidingWindow {
 public:
  /// n >= 1, period > 0.
  SlidingWindow(std::uint32_t n, Duration period);

  /// When the next send is permitted: `now` or later.
  [[nodiscard]] MonoTime earliest(MonoTime now) const;
  /// Accounts for a send at `t`; recording before `earliest(t)` is allowed (sends remembered from
  /// before a restart, sends made by hand) and pushes later ones back.
  void record(MonoTime t);
  /// True when nothing remembered can delay a send any more: equivalent to a new window.
  [[nodiscard]] bool as_new(MonoTime now) const;

 private:
  std::uint32_t n_;
  std::uint32_t next_ = 0;  ///< where the oldest stands once the ring is full
  Duration hold_;           ///< period + 1 %
  MonoTime last_{};
  std::vector<MonoTime> ring_;  ///< grows to n_, then wraps
};

/// Token bucket: `burst` at once, refilled with `rate` tokens per second less 1 %. Held as one time
/// (GCRA), so there is nothing to refill and nothing to lose to rounding. Grants in any span t are
/// at most burst + rate * t.
class TokenBucket {
 public:
  /// rate > 0 tokens per second; burst >= 1. Starts full.
  TokenBucket(double rate, std::uint32_t burst);

  [[nodiscard]] MonoTime earliest(MonoTime now) const;
  void record(MonoTime t);
  [[nodiscard]] bool as_new(MonoTime now) const;

 private:
  Duration interval_;   ///< of one token
  Duration tolerance_;  ///< (burst - 1) * interval
  MonoTime full_at_;    ///< when the bucket is full again
};

/// Nothing may be sent before a time: `retry_after`, in full.
class Freeze {
 public:
  [[nodiscard]] MonoTime earliest(MonoTime now) const { return until_ > now ? until_ : now; }
  /// A freeze is only ever extended. `until` comes from `now + retry_after`, or from the stored
  /// wall time after a restart (the caller converts).
  void freeze(MonoTime until) {
    if (until > until_) until_ = until;
  }
  /// An operator's act; a platform's freeze is never shortened by the program.
  void thaw() { until_ = kNever; }
  [[nodiscard]] MonoTime until() const { return until_; }
  [[nodiscard]] bool as_new(MonoTime now) const { return until_ <= now; }

 private:
  static constexpr MonoTime kNever = MonoTime::min();
  MonoTime until_ = kNever;
};

/// Several limits reserved all or none. It refers to limits owned elsewhere, which must outlive it;
/// at most 8 of each kind.
class LimitSet {
 public:
  void add(SlidingWindow& window);
  void add(TokenBucket& bucket);
  void add(const Freeze& freeze);

  /// The latest of what each limit answers.
  [[nodiscard]] MonoTime earliest(MonoTime now) const;
  /// Records the send on every limit and returns true, or records it on none and returns false
  /// (then `earliest(now)` is after `now`).
  [[nodiscard]] bool reserve(MonoTime now);

 private:
  static constexpr std::size_t kMax = 8;
  SlidingWindow* windows_[kMax] = {};
  TokenBucket* buckets_[kMax] = {};
  const Freeze* freezes_[kMax] = {};
  std::uint8_t window_count_ = 0;
  std::uint8_t bucket_count_ = 0;
  std::uint8_t freeze_count_ = 0;
};

}  // namespace chorus::policy
