#pragma once

#include "chorus/base/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace chorus::sandbox {

/// Sliding log of an amount per period: what a provider's TPM, TPD and RPM are. Entries that are
/// near in time (1/1000 of the period, at least 100 ms) are folded and leave together, with the
/// youngest: never too early, and at most about 1,000 entries.
class SlidingQuota {
 public:
  SlidingQuota(std::int64_t limit, Duration period)
      : limit_(limit),
        period_(period),
        fold_(std::max<Duration>(period / 1000, std::chrono::milliseconds(100))) {}

  /// nullopt when `amount` fits now; else how long until it does (the period when it never does).
  /// Takes nothing, so that several quotas can be asked before any of them is used.
  [[nodiscard]] std::optional<Duration> wait_for(std::int64_t amount, MonoTime now);
  void take(std::int64_t amount, MonoTime now);
  [[nodiscard]] std::int64_t used(MonoTime now);
  [[nodiscard]] std::int64_t limit() const { return limit_; }
  /// Until everything taken has left the window.
  [[nodiscard]] Duration reset_in(MonoTime now);
  [[nodiscard]] std::size_t entries_for_test() const { return log_.size(); }

 private:
  struct Entry {
    MonoTime first;
    MonoTime last;
    std::int64_t amount;
  };
  void expire(MonoTime now);
  std::int64_t limit_;
  Duration period_;
  Duration fold_;
  std::deque<Entry> log_;
  std::int64_t used_ = 0;
};

}  // namespace chorus::sandbox
