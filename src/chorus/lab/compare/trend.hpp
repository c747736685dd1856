#pragma once

#include "chorus/lab/compare/run_store.hpp"
#include "chorus/lab/stats/change_points.hpp"
#include "chorus/lab/stats/slope.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chorus::lab {

struct TrendPoint {
  std::string id;
  std::string label;
  WallTime started_at{};
  double value = 0;
};

struct TrendChange {
  stats::ChangePoint found;  ///< `at` counts the points
  bool matters = false;      ///< beyond the minimum effect
  bool worse = false;        ///< matters, and for the worse
};

/// One number over the runs of a scenario, in the order of recording.
struct Trend {
  std::string scenario;
  MeasureKey key;
  std::vector<TrendPoint> points;
  std::vector<TrendChange> changes;
  /// Per run, since the last change; nothing for fewer than eight runs.
  std::optional<stats::Slope> drift;
  std::string load;          ///< of the newest run; only runs of the same load count
  std::size_t left_out = 0;  ///< runs that were INVALID, of another load, or without the number
};

struct TrendOptions {
  std::size_t last = 200;  ///< runs
  double min_effect = 0.05;
  std::uint64_t seed = 1;  ///< of the random orders
};

/// Changes of level and drift. `runs` of other scenarios are passed over; a number that the index
/// does not hold is read from the run's folder below `store_folder`. INVALID runs are left out,
/// what they measured is void, and so are runs of another load than the newest one's: more people
/// are no change of the target. Blocking when it reads.
Trend trend_of(std::span<const StoredRun> runs, std::string_view scenario, const MeasureKey& key,
               const std::string& store_folder, const TrendOptions& options);

std::string trend_text(const Trend& trend);
std::string trend_markdown(const Trend& trend);
std::string trend_json(const std::vector<Trend>& trends);

/// The newest change is one for the worse.
bool regressed(const Trend& trend);

}  // namespace chorus::lab
