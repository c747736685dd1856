#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/metric_set.hpp"
#include "chorus/lab/records.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/lab/series.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab::detail {

/// How a request for a conversation came out.
struct SlotOutcome {
  enum class How : std::uint8_t { Completed, Stopped, Refused, GaveUp };
  How how = How::Completed;
  std::uint16_t kind = 0;  ///< of people
  std::uint32_t person = 0;
  std::string_view status;  ///< Stopped: why; Refused: the reason
  Duration asked{};
  Duration began{};
  Duration ended{};
};

/// What a run of kind `conversations` keeps of its outcomes: metrics, series and records, in order.
class SlotTally {
 public:
  SlotTally(const Scenario& scenario, const RecordSink& record);

  void add(const SlotOutcome& outcome);
  /// Now that so many hold a slot, so many of them one person's. Cheap: called at every change.
  void live(std::uint64_t all, std::uint64_t of_one) {
    live_.gauge(static_cast<double>(all));
    if (of_one > 0) live_of_one_.gauge(static_cast<double>(of_one));
  }
  void planned(Duration at) { ++series_.at(at).planned; }
  void dropped() { metrics_.at("dropped_iterations").add(); }

  [[nodiscard]] MetricSet& metrics() { return metrics_; }
  [[nodiscard]] const ConversationSummary& conversations() const { return summary_; }
  [[nodiscard]] const Series& series() const { return series_; }
  [[nodiscard]] std::string hash() const { return hash_.hex(); }

 private:
  struct ByKind {
    std::string name;
    Metric* duration;
  };
  const RecordSink& record_;
  MetricSet metrics_;
  Series series_;
  RecordsHash hash_;
  ConversationSummary summary_;
  Metric& duration_;
  Metric& wait_;
  Metric& success_;
  Metric& started_;
  Metric& completed_;
  Metric& live_;
  Metric& live_of_one_;
  std::vector<ByKind> kinds_;
};

}  // namespace chorus::lab::detail
