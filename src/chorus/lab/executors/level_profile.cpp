#include "chorus/lab/executors/level_profile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chorus::lab {

LevelProfile::LevelProfile(double lead, double start, std::span<const Stage> stages) {
  points_.push_back({0, start, 0});
  if (lead > 0) add(lead, start);
  double at = lead;
  for (const auto& stage : stages) {
    at += to_seconds(stage.duration);
    add(at, stage.target);
  }
}

void LevelProfile::add(double at, double level) {
  const auto& last = points_.back();
  points_.push_back({at, level, last.area + (at - last.at) * (last.level + level) / 2});
}

double LevelProfile::level_at(double seconds) const {
  const auto next = std::ranges::upper_bound(points_, seconds, {}, &Point::at);
  if (next == points_.begin()) return points_.front().level;
  const auto& from = *std::prev(next);
  if (next == points_.end()) return from.level;
  return from.level + (next->level - from.level) * (seconds - from.at) / (next->at - from.at);
}

double LevelProfile::integral(double seconds) const {
  const auto next = std::ranges::upper_bound(points_, seconds, {}, &Point::at);
  if (next == points_.begin()) return 0;
  const auto& from = *std::prev(next);
  return from.area + (seconds - from.at) * (from.level + level_at(seconds)) / 2;
}

double LevelProfile::time_of(double area) const {
  // The last point whose area is not above: equal areas are a stretch of nothing.
  const auto next = std::ranges::upper_bound(points_, area, {}, &Point::area);
  if (next == points_.begin()) return 0;
  const auto& from = *std::prev(next);
  const double rest = area - from.area;
  if (next == points_.end()) {
    if (from.level > 0) return from.at + rest / from.level;
    return std::numeric_limits<double>::infinity();
  }
  const double slope = (next->level - from.level) / (next->at - from.at);
  // rest = level * t + slope / 2 * t^2, in the form that stays exact for a slope near 0.
  const double root = std::sqrt(std::max(0.0, from.level * from.level + 2 * slope * rest));
  const double sum = from.level + root;
  const double after = sum > 0 ? 2 * rest / sum : 0;
  return std::min(from.at + after, next->at);
}

}  // namespace chorus::lab
