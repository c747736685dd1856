#pragma once

#include "chorus/lab/watch/watch_report.hpp"

#include <cstddef>
#include <vector>

namespace chorus::lab {

/// Intervals of equal length, at most kMaxPoints: when full, neighbours are joined and the length
/// doubles, so that a watch of days needs no more than one of minutes. One thread.
class WatchSeries {
 public:
  static constexpr std::size_t kMaxPoints = 400;
  explicit WatchSeries(Duration interval = std::chrono::seconds(1)) : interval_(interval) {}
  /// The interval that holds `at`; earlier ones stay writable. Intervals that nobody has asked for
  /// are silent.
  WatchPoint& at(Duration at);
  [[nodiscard]] const std::vector<WatchPoint>& points() const { return points_; }
  [[nodiscard]] Duration interval() const { return interval_; }

 private:
  void halve();
  Duration interval_;
  std::vector<WatchPoint> points_;
};

}  // namespace chorus::lab
