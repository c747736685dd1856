#pragma once

#include "chorus/lab/quality/utterance.hpp"
#include "chorus/lab/thresholds.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// Where a value stands. Reported: counted and shown, but what it says depends on the generator.
enum class Grade : std::uint8_t { Green, Between, Red, Reported, NoData };
std::string_view to_string(Grade grade) noexcept;  ///< green, between, red, reported, no_data

/// A metric of conversation with its bounds, as data. Bounds are inclusive for green; beyond a red
/// one is red. Source: reference/practice.md 3.3.
struct QualityBound {
  std::string_view name;  ///< also of the threshold metric: `quality_gini`
  std::string_view title;
  MetricUnit unit = MetricUnit::Number;  ///< Share or Number
  double green_low = -std::numeric_limits<double>::infinity();
  double green_high = std::numeric_limits<double>::infinity();
  double red_low = -std::numeric_limits<double>::infinity();
  double red_high = std::numeric_limits<double>::infinity();
  bool wording = false;  ///< of the texts, and so of the generator: reported, never judged
};
/// All of them, turn-taking first, in the order of reports.
std::span<const QualityBound> quality_bounds();
const QualityBound* find_quality_bound(std::string_view name);
Grade grade_of(const QualityBound& bound, std::optional<double> value);
/// `0.10 to 0.35`, `at most 5 %`, `at least 98 %`; empty when there is no bound.
std::string green_text(const QualityBound& bound);
std::string quality_value_text(const QualityBound& bound, std::optional<double> value);

struct QualityValue {
  const QualityBound* bound = nullptr;
  QualitySample sample;
  [[nodiscard]] Grade grade() const;
};

/// The metrics of one room, in the order of the bounds.
std::vector<QualityValue> measure_quality(const Talk& talk);

/// What a run says about the conversations that it held.
struct QualityReport {
  struct Room {
    std::string name;
    std::uint64_t lines = 0;
    std::uint64_t beyond = 0;  ///< lines after the last that was kept
    std::vector<QualityValue> values;
  };
  std::vector<Room> rooms;
  /// Means over the rooms, each with the weight of its n.
  std::vector<QualityValue> values;
  /// The same of a second run with the same seed; empty: there was none.
  std::vector<QualityValue> baseline;
  std::string baseline_name;  ///< what was different: `selector random`
};
std::vector<QualityValue> mean_quality(std::span<const QualityReport::Room> rooms);

}  // namespace chorus::lab
