#include "chorus/base/id_source.hpp"

namespace chorus {

std::int64_t IdSource::next_value() {
  constexpr std::int64_t kEpochMillis = 1577836800000;  // 2020-01-01T00:00:00Z
  const std::int64_t millis = to_micros(clock_->wall_now()) / 1000 - kEpochMillis;
  // Half of the range stays free, so that counting up rarely runs into the next millisecond.
  std::int64_t id = (millis << 20) | static_cast<std::int64_t>(rng_.below(1U << 19));
  if (id <= last_) id = last_ + 1;
  last_ = id;
  return id;
}

}  // namespace chorus
