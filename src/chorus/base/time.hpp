#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "chorus/base/error.hpp"

namespace chorus {

using Duration = std::chrono::nanoseconds;

/// Monotonic time of one loop, counted from its start. It never goes back, and in a simulation it
/// jumps. Ages, deadlines and schedules use it; it is never stored.
struct MonoClockTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClockTag, Duration>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonoClockTag::time_point;

/// UTC with microseconds: what is stored and shown.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// Where the time comes from. `rt::Loop` implements it; tests use `ManualClock`.
/// Nothing outside `rt` and `net` asks the system.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonoTime now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

/// A clock that a test moves by hand.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime{}) : wall_(start) {}
  [[nodiscard]] MonoTime now() const override { return mono_; }
  [[nodiscard]] WallTime wall_now() const override {
    return wall_ + std::chrono::duration_cast<std::chrono::microseconds>(mono_.time_since_epoch());
  }
  void advance(Duration d) { mono_ += d; }

 private:
  MonoTime mono_{};
  WallTime wall_;
};

/// `t + d`, stopping at the largest time instead of overflowing: "no deadline" stays one.
inline MonoTime saturating_add(MonoTime t, Duration d) {
  return d > MonoTime::max() - std::max(t, MonoTime{}) ? MonoTime::max() : t + d;
}

inline std::int64_t to_micros(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime from_micros(std::int64_t us) { return WallTime{std::chrono::microseconds{us}}; }
inline std::int64_t to_unix_seconds(WallTime t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}
inline double to_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
inline double to_millis(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }
inline Duration from_seconds(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

/// `2026-01-05T12:00:00.123Z`; `from_iso8601` accepts the same with 0 to 6 decimals and `Z`.
std::string to_iso8601(WallTime t);
Result<WallTime> from_iso8601(std::string_view text);

}  // namespace chorus
