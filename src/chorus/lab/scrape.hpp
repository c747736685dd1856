#pragma once

#include "chorus/base/time.hpp"
#include "chorus/metrics/prometheus_parse.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// One curve of what the target says of itself.
struct ScrapedSeries {
  /// What the numbers are: a gauge as it stands, a counter's growth per second, or the mean of a
  /// histogram's or summary's new values, in the unit that its name tells.
  enum class Shows : std::uint8_t { Value, PerSecond, Mean };
  std::string name;  ///< of the family, without `_sum`
  metrics::Labels labels;
  Shows shows = Shows::Value;
  std::vector<double> values;  ///< one for each time of the report; NaN where there was none
};
std::string_view to_string(ScrapedSeries::Shows shows) noexcept;  ///< value, per_second, mean

/// The target's own metrics over the run.
struct ScrapeReport {
  std::string url;
  std::vector<double> at;  ///< seconds from the start of the load, ascending
  std::vector<ScrapedSeries> series;
  std::uint64_t scrapes = 0;
  std::uint64_t failed = 0;
  std::uint64_t left_out = 0;  ///< curves beyond the bounds, or that never moved
  std::string last_error;      ///< of the last scrape that failed
};

/// Keeps scrapes in bounded memory: `kMaxPoints` times (when full every second one goes, and the
/// interval doubles) of `kMaxTracked` series; of these at most `kMaxShown` that moved are reported.
/// Pure: it is told the time. One thread.
class ScrapeLog {
 public:
  static constexpr std::size_t kMaxPoints = 240;
  static constexpr std::size_t kMaxTracked = 400;
  static constexpr std::size_t kMaxShown = 60;
  explicit ScrapeLog(Duration interval = std::chrono::seconds(1)) : interval_(interval) {}

  void add(Duration since_start, std::string_view exposition);
  void failed(std::string why);
  /// How long to wait between two scrapes, now.
  [[nodiscard]] Duration interval() const { return interval_; }
  [[nodiscard]] ScrapeReport report(std::string url) const;
  void archive(detail::Archive& archive);

 private:
  struct Tracked {
    std::string name;
    metrics::Labels labels;
    ScrapedSeries::Shows shows = ScrapedSeries::Shows::Value;
    std::vector<double> value;  ///< gauge, counter, or the histogram's sum
    std::vector<double> count;  ///< Mean only
    void archive(detail::Archive& archive);
  };
  Tracked* track(const metrics::Sample& sample, ScrapedSeries::Shows shows, std::string name);
  void halve();

  Duration interval_;
  std::vector<double> at_;
  std::map<std::string, Tracked> tracked_;  ///< by name and labels
  std::uint64_t scrapes_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t untracked_ = 0;  ///< most at one scrape
  std::string last_error_;
};

}  // namespace chorus::lab
