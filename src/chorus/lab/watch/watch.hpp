#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/metric_set.hpp"
#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scrape.hpp"
#include "chorus/lab/watch/family_log.hpp"
#include "chorus/lab/watch/watch_report.hpp"
#include "chorus/lab/watch/watch_series.hpp"
#include "chorus/lab/watch/watch_totals.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

/// The state of a watch as a live view shows it. Rates are of the newest readings.
struct WatchLive {
  Duration elapsed{};
  Duration total{};  ///< 0: until somebody ends it
  WatchTotals totals;
  double in_per_second = 0;
  double out_per_second = 0;
  double calls_per_second = 0;
  std::optional<double> hit_rate;
  std::optional<double> lag_p95_ms;  ///< of all so far
  std::string times;                 ///< the histogram that p50 and p95 are of; empty: none
  std::optional<double> p50_ms;
  std::optional<double> p95_ms;
  std::optional<ProcessSample> process;
  double cpu = 0;  ///< cores
  std::uint64_t restarts = 0;
  std::vector<std::string> silent;  ///< sources that do not answer now, with the reason
};

/// How a watch ended.
struct WatchEnd {
  RunEnd how = RunEnd::Complete;
  std::string why;  ///< `after 10m`, `by Ctrl-C`, `process 4711 ended with status 1`
};

/// What every watch can be asked for beside the known metrics.
const std::vector<OwnMetric>& watch_metrics();

/// Follows a running system from the outside by what it tells: expositions, the sandbox's counts,
/// the numbers of its processes. Keeps no sample; its memory does not grow with time. Times count
/// from the start of the watch. Pure: it is told everything. One thread.
class Watch {
 public:
  enum class From : std::uint8_t { Metrics, Sandbox, Process };
  static constexpr std::size_t kSources = 3;

  struct Options {
    std::string name = "watch";
    WallTime started_at{};
    Duration total{};  ///< 0: endless
    Duration every = std::chrono::seconds(1);
    std::vector<std::pair<std::string, std::string>> environment;
  };
  explicit Watch(Options options);

  /// `where` is shown: no user, password or query.
  void use(From from, std::string where);
  [[nodiscard]] bool uses(From from) const { return source(from).has_value(); }

  /// One reading of `/metrics`. Errors: ParseError when there is no sample in it.
  Result<void> metrics(Duration at, std::string_view exposition);
  /// One answer of the sandbox's `/control/v1/stats`. Errors: ParseError.
  Result<void> sandbox(Duration at, std::string_view stats_json);
  /// `own` is the process that watches: what watching costs is shown beside.
  void processes(Duration at, const ProcessSample& target, const ProcessSample& own);
  void failed(From from, Duration at, std::string why);

  /// Metrics that thresholds may name beside the known ones: what a watch knows, and every family
  /// of the program (once it has been read).
  [[nodiscard]] std::vector<OwnMetric> own_metrics() const;
  [[nodiscard]] WatchLive live(Duration at) const;
  /// The newest interval that is complete as one line of JSON, once for each; empty: none.
  [[nodiscard]] std::string take_record();
  [[nodiscard]] RunResult finish(Duration at, const WatchEnd& end,
                                 const std::vector<Threshold>& thresholds);

 private:
  struct Source {
    WatchSource told;
    std::optional<double> silent_since;
  };
  [[nodiscard]] const std::optional<Source>& source(From from) const {
    return sources_[static_cast<std::size_t>(from)];
  }
  std::optional<Source>& source(From from) { return sources_[static_cast<std::size_t>(from)]; }
  void answered(From from, Duration at, bool restarted);
  void event(Duration at, std::string what);
  void breakers(Duration at);
  /// Process numbers that the program tells of itself, where nobody gave its process id.
  void told_process(Duration at);
  void advance(Duration at);
  [[nodiscard]] WatchTotals totals() const;
  [[nodiscard]] std::optional<Measured> measure(const Threshold& threshold, double seconds) const;
  [[nodiscard]] std::optional<Measured> of_family(const Threshold& threshold, double seconds) const;
  void fill_metrics(RunResult& out, double seconds);
  void fill_thresholds(RunResult& out, const std::vector<Threshold>& thresholds, double seconds);
  [[nodiscard]] WatchReport report(Duration at, const WatchEnd& end) const;

  Options options_;
  std::array<std::optional<Source>, kSources> sources_;
  FamilyLog program_;
  FamilyLog box_;
  ScrapeLog curves_;
  std::optional<double> curve_due_;
  WatchSeries points_;
  Series series_;
  ProcessTrack target_{"target"};
  ProcessTrack own_{"generator"};
  std::optional<ProcessSample> newest_;
  double cpu_ = 0;
  MetricSet set_{watch_metrics()};
  std::vector<WatchedBreaker> breakers_;
  double breakers_at_ = 0;
  std::vector<WatchEvent> events_;
  std::uint64_t more_events_ = 0;
  WatchTotals before_;  ///< at the reading before, for intervals
  std::array<double, 3> per_second_{};
  std::optional<double> rates_at_;
  std::array<double, 3> rates_from_{};  ///< messages in, out and calls since rates_since_
  double rates_since_ = 0;
  Spread lag_before_;
  Duration recorded_to_{};
};

/// PASS, FAIL or INVALID after its thresholds, WATCHED without any; reasons, sentence, exit code.
/// Interrupted is no failure: a watch has no length that it must reach. Pure.
void judge_watch(RunResult& result);

}  // namespace chorus::lab
