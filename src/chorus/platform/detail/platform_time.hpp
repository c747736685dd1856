#pragma once

#include "chorus/base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace chorus::platform::detail {

/// The time that a platform gives with a message. Whoever writes it may be anybody (on Matrix the
/// sender's homeserver), so it is kept between 1970 and 2200, where our clock's numbers end soon.
inline WallTime platform_time(std::chrono::milliseconds since_1970) {
  constexpr std::chrono::milliseconds kEnd =
      std::chrono::sys_days(std::chrono::year(2200) / 1 / 1).time_since_epoch();
  return WallTime(std::clamp(since_1970, std::chrono::milliseconds::zero(), kEnd));
}

inline WallTime platform_time(std::chrono::seconds since_1970) {
  constexpr std::chrono::seconds kFar = std::chrono::hours(24 * 366 * 1000);
  return platform_time(std::chrono::milliseconds(std::clamp(since_1970, -kFar, kFar)));
}

}  // namespace chorus::platform::detail
