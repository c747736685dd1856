#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <deque>

namespace chorus::fleet {

/// How often something happened within the last hour; at most `kMost` are told apart, which is more
/// than any budget. Pure.
class HourlyCount {
 public:
  void note(MonoTime now) {
    forget(now);
    times_.push_back(now);
    if (times_.size() > kMost) times_.pop_front();
  }
  [[nodiscard]] std::uint32_t count(MonoTime now) {
    forget(now);
    return static_cast<std::uint32_t>(times_.size());
  }

 private:
  static constexpr std::size_t kMost = 4096;
  void forget(MonoTime now) {
    while (!times_.empty() && now - times_.front() > std::chrono::hours(1)) times_.pop_front();
  }
  std::deque<MonoTime> times_;
};

}  // namespace chorus::fleet
