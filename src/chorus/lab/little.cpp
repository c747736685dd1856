#include "chorus/lab/result.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab {

double LittleCheck::in_flight() const {
  return window_seconds > 0 ? in_flight_seconds / window_seconds : 0;
}

double LittleCheck::rate() const {
  return window_seconds > 0 ? static_cast<double>(n) / window_seconds : 0;
}

double LittleCheck::time() const {
  return n > 0 ? recorded_seconds / static_cast<double>(n) : 0;
}

double LittleCheck::error() const {
  constexpr double kNothing = 1e-3;  // seconds: too little to compare
  const double larger = std::max(recorded_seconds, in_flight_seconds);
  return larger > kNothing ? std::abs(recorded_seconds - in_flight_seconds) / larger : 0;
}

}  // namespace chorus::lab
