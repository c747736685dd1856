#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/thresholds.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// One number of a run: a metric and how its samples become one, as `reply_latency:p95`,
/// `errors:rate`, `messages{side:bot}:rate` or `process_rss:max`.
struct MeasureKey {
  MetricName metric;
  Aggregate aggregate = Aggregate::Percentile;
  double percentile = 0;  ///< Aggregate::Percentile
  MetricType type = MetricType::Trend;
  std::optional<MetricUnit> own_unit;  ///< of a metric that the scenario declares
};

/// Metrics that the run's scenario declared: those that only it has.
std::vector<OwnMetric> own_metrics(const RunResult& result);

/// `METRIC[{tag:value}][:AGGREGATE]`; aggregates are those of thresholds, `p95` stands for `p(95)`.
/// Without one: p95, rate, count or value, after the metric's type. `own` are known too. Errors:
/// ParseError.
Result<MeasureKey> parse_measure(std::string_view text, std::span<const OwnMetric> own = {});
std::string to_string(const MeasureKey& key);

/// The number in a run; nothing when the run has no such metric or no samples of it. Times in
/// milliseconds.
std::optional<double> value_of(const RunResult& result, const MeasureKey& key);
MetricUnit unit_of(const MeasureKey& key);

/// Which change is for the worse: 1 more is worse, -1 less is worse, 0 neither (`amplification`,
/// and what a scenario declares unless it is a time).
int worse_direction(const MeasureKey& key);

}  // namespace chorus::lab
