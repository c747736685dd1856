#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

/// How a metric's samples become one number (k6's names). Counter: count and rate (per second).
/// Rate: rate (share of 0..1). Gauge: value, min, max, avg. Trend: avg, min, med, max, p(N), count.
enum class Aggregate : std::uint8_t { Avg, Min, Med, Max, Percentile, Count, Rate, Value };
enum class Comparison : std::uint8_t { Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual };

/// What a metric is, for validation, units and the report's list of definitions.
enum class MetricType : std::uint8_t { Trend, Counter, Rate, Gauge };
enum class MetricUnit : std::uint8_t { Time, Count, Share, Bytes, Percent, Number };

/// A metric that a scenario declares beside the known ones. Values of a trend are kept like
/// milliseconds: from 0.001 to 3,600,000, with the relative error of a histogram.
struct OwnMetric {
  std::string name;
  MetricType type = MetricType::Trend;
  MetricUnit unit = MetricUnit::Time;
  std::string definition;
};

/// A metric by name and tags, e.g. `reply_latency{kind:mention}`.
struct MetricName {
  std::string name;
  std::vector<std::pair<std::string, std::string>> tags;  ///< sorted by key
  friend bool operator==(const MetricName&, const MetricName&) = default;
};
/// `own` are known too. Errors: ParseError with the nearest name.
Result<MetricName> parse_metric_name(std::string_view text, std::span<const OwnMetric> own = {});
/// Letters, digits, '_', '-' and '.': what a tag may hold.
bool is_tag(std::string_view text);
std::string to_string(const MetricName& name);

/// One gate. Times are in milliseconds, sizes in bytes, shares 0..1.
struct Threshold {
  MetricName metric;
  std::string expr;  ///< as written
  Aggregate aggregate = Aggregate::Avg;
  double percentile = 0;  ///< Aggregate::Percentile
  Comparison comparison = Comparison::Less;
  double bound = 0;
  std::string why;
  bool abort_on_fail = false;
  Duration delay_eval{};  ///< of the measured window; not looked at before
  /// Above 0: being broken for so long at a stretch fails it, also when it holds again at the end,
  /// and aborts it where `abort_on_fail` says so. At the end it must hold in any case.
  Duration broken_for{};
  std::optional<MetricUnit> own_unit;  ///< of a metric that the scenario declares
};

/// `p(95)<5000`, `count==0`, `max<100MiB`, `p(99)<2s`. Bare numbers are milliseconds for times.
/// Errors: ParseError with the grammar.
Result<Threshold> parse_threshold(std::string_view metric, std::string_view expr,
                                  std::span<const OwnMetric> own = {});

/// Samples a percentile needs before it may decide anything: with fewer the largest sample is its
/// only estimate (p95: 59, p99: 299, after the order statistics at 95 % confidence). 1 otherwise.
std::uint64_t samples_needed(const Threshold& threshold);

bool compare(double value, Comparison comparison, double bound);

/// The number behind an aggregate, with how many samples it rests on. nullopt: no such metric in
/// this run, or nothing recorded.
struct Measured {
  double value = 0;
  std::uint64_t n = 0;
};
using MetricLookup = std::function<std::optional<Measured>(const Threshold&)>;

struct ThresholdResult {
  Threshold threshold;
  std::optional<double> value;
  std::uint64_t n = 0;
  std::uint64_t needed = 1;
  bool decided = false;       ///< enough samples
  bool ok = false;            ///< decided and true
  Duration longest_broken{};  ///< at a stretch, where Threshold::broken_for asks
  /// Holds at the end, and was broken for too long before.
  [[nodiscard]] bool broken_too_long() const {
    return threshold.broken_for > Duration::zero() && longest_broken >= threshold.broken_for;
  }
};
std::vector<ThresholdResult> evaluate(const std::vector<Threshold>& thresholds,
                                      const MetricLookup& lookup);

struct MetricInfo {
  std::string_view name;
  MetricType type;
  MetricUnit unit;
  std::string_view definition;
};
/// Every metric a run can have, in report order.
const std::vector<MetricInfo>& known_metrics();
const MetricInfo* find_metric(std::string_view name);
std::string_view to_string(MetricUnit unit) noexcept;

/// `1.20 s`, `0.4 %`, `12 MiB`, `17`: a value of that metric for people.
std::string format_value(double value, MetricUnit unit);
/// Unit of what an aggregate of the metric gives (the rate of a counter is a number per second).
MetricUnit unit_of(const Threshold& threshold);

}  // namespace chorus::lab
