#include "chorus/lab/watch/watch_series.hpp"

#include <algorithm>

namespace chorus::lab {

WatchPoint& WatchSeries::at(Duration at) {
  at = std::max(at, Duration::zero());
  while (at / interval_ >= static_cast<Duration::rep>(kMaxPoints)) halve();
  const auto index = static_cast<std::size_t>(at / interval_);
  while (points_.size() <= index) {
    WatchPoint made;
    made.at = interval_ * static_cast<Duration::rep>(points_.size());
    made.silent = true;
    points_.push_back(made);
  }
  return points_[index];
}

void WatchSeries::halve() {
  std::vector<WatchPoint> joined;
  for (std::size_t i = 0; i < points_.size(); i += 2) {
    WatchPoint p = points_[i];
    if (i + 1 < points_.size()) {
      const WatchPoint& q = points_[i + 1];
      p.silent = p.silent && q.silent;
      for (const auto sum : {&WatchPoint::messages_in, &WatchPoint::messages_out,
                             &WatchPoint::calls, &WatchPoint::errors, &WatchPoint::limited,
                             &WatchPoint::cache_hits, &WatchPoint::cache_misses}) {
        p.*sum += q.*sum;
      }
      for (const auto most :
           {&WatchPoint::lag_ms, &WatchPoint::pending, &WatchPoint::open_breakers}) {
        p.*most = std::max(p.*most, q.*most);
      }
    }
    joined.push_back(p);
  }
  points_ = std::move(joined);
  interval_ *= 2;
}

}  // namespace chorus::lab
