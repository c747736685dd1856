#pragma once

#include "chorus/base/time.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

/// Numbers of strangers as ours: a gauge may say 1e300 or NaN, and a plain conversion of that is
/// undefined.
namespace chorus::lab {

/// Rounded, from 0 to 1e18; NaN is 0.
inline std::uint64_t foreign_count(double value) {
  return value > 0 ? static_cast<std::uint64_t>(std::llround(std::min(value, 1e18))) : 0;
}
/// Rounded, from -1e18 to 1e18; NaN is 0.
inline std::int64_t foreign_whole(double value) {
  return std::isnan(value) ? 0 : std::llround(std::clamp(value, -1e18, 1e18));
}
/// Within 31 years either way; NaN is 0.
inline Duration foreign_span(double seconds) {
  return std::isnan(seconds) ? Duration{} : from_seconds(std::clamp(seconds, -1e9, 1e9));
}

}  // namespace chorus::lab
