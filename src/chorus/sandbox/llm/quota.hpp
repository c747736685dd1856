#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace chorus::sandbox {

/// Exact sliding log of an amount per period: what a provider's TPM, TPD and RPM are. Bounded by
/// folding entries of the same 100 ms together.
class SlidingQuota {
 public:
  SlidingQuota(std::int64_t limit, Duration period) : limit_(limit), period_(period) {}

  /// nullopt when `amount` fits (and is taken); else how long until it would.
  std::optional<Duration> take(std::int64_t amount, MonoTime now);
  [[nodiscard]] std::int64_t used(MonoTime now);
  [[nodiscard]] std::int64_t limit() const { return limit_; }
  /// Until everything taken has left the window.
  [[nodiscard]] Duration reset_in(MonoTime now);

 private:
  void expire(MonoTime now);
  std::int64_t limit_;
  Duration period_;
  std::deque<std::pair<MonoTime, std::int64_t>> log_;
  std::int64_t used_ = 0;
};

}  // namespace chorus::sandbox
