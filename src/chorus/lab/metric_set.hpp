#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/thresholds.hpp"
#include "chorus/metrics/histogram.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// One metric of a run with fixed memory: a trend is a histogram (188 KB untagged, 26 KB tagged),
/// the others a few numbers. Never a list of samples. Archived and read back it goes on as if
/// nothing had been: percentiles to the histogram's resolution, all other numbers exactly.
class Metric {
 public:
  Metric(MetricType type, bool fine);

  void record(Duration value);               ///< Trend; negative values count as 0
  void add(std::uint64_t n = 1);             ///< Counter
  void set_count(std::uint64_t n);           ///< Counter kept elsewhere (the ledger)
  void rate(bool hit, std::uint64_t n = 1);  ///< Rate
  void set_rate(std::uint64_t hits, std::uint64_t total);
  void gauge(double value);  ///< Gauge: one sample

  [[nodiscard]] MetricType type() const { return type_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] const metrics::Histogram* histogram() const { return histogram_.get(); }
  [[nodiscard]] std::uint64_t clamped() const;  ///< Trend: samples above an hour
  /// nullopt when nothing was recorded. Times in milliseconds. `seconds` divides a counter's rate.
  [[nodiscard]] std::optional<Measured> measured(Aggregate aggregate, double percentile,
                                                 double seconds) const;
  void archive(detail::Archive& archive);

 private:
  void extend(double value);
  MetricType type_;
  std::uint64_t count_ = 0;  ///< Counter: value; Rate: hits; Gauge, Trend: samples
  std::uint64_t total_ = 0;  ///< Rate
  double last_ = 0;          ///< Gauge
  // Gauge; Trend: in ns, exactly, where the histogram has a resolution after it was read back.
  double min_ = 0;
  double max_ = 0;
  double sum_ = 0;
  std::uint64_t clamped_before_ = 0;  ///< before it was read back
  std::unique_ptr<metrics::Histogram> histogram_;
};

/// The metrics of one run by name and tags. References stay valid. One thread.
class MetricSet {
 public:
  using Tags = std::vector<std::pair<std::string, std::string>>;
  MetricSet() = default;
  /// `own` may be used beside the known metrics.
  explicit MetricSet(std::vector<OwnMetric> own) : own_(std::move(own)) {}
  [[nodiscard]] const std::vector<OwnMetric>& own() const { return own_; }
  /// Type and unit of a known or declared metric; nullopt when it is neither.
  [[nodiscard]] std::optional<std::pair<MetricType, MetricUnit>> kind_of(
      std::string_view name) const;
  /// Made at first use; the name must be a known or declared metric (checked).
  Metric& at(std::string_view name, Tags tags = {});
  [[nodiscard]] const Metric* find(const MetricName& name) const;
  /// In order of key.
  [[nodiscard]] const std::map<std::string, std::unique_ptr<Metric>>& all() const { return all_; }
  /// What a threshold asks for. A counter that nothing was added to is 0, unless it has a tag.
  [[nodiscard]] std::optional<Measured> lookup(const Threshold& threshold, double seconds) const;
  /// Reading fills the metrics that are there and makes those that are not.
  void archive(detail::Archive& archive);

 private:
  std::vector<OwnMetric> own_;
  std::map<std::string, std::unique_ptr<Metric>> all_;
};

}  // namespace chorus::lab
