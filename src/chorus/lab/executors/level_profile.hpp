#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/executor.hpp"

#include <span>
#include <vector>

namespace chorus::lab {

/// A load level over time in straight lines: people, or arrivals per second. Pure; times in seconds
/// from the executor's begin. After its last point the level stays.
class LevelProfile {
 public:
  /// `lead` seconds of `start`, then the stages one after the other.
  LevelProfile(double lead, double start, std::span<const Stage> stages);

  [[nodiscard]] double level_at(double seconds) const;
  /// Area below the level up to then: arrivals so far, or person-seconds.
  [[nodiscard]] double integral(double seconds) const;
  /// The latest time at which the area is not above `area`, so that a stretch of nothing is passed
  /// over; infinity when it is never reached.
  [[nodiscard]] double time_of(double area) const;

 private:
  struct Point {
    double at;
    double level;
    double area;  ///< below the level before it
  };
  void add(double at, double level);
  std::vector<Point> points_;
};

}  // namespace chorus::lab
