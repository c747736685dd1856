#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/legs.hpp"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// Latencies of one interval in logarithmic bins of 3 %: sparse, so a quiet interval costs nothing,
/// and merged by addition, so that percentiles are never averaged.
class LogBins {
 public:
  void record(Duration value);
  void merge(const LogBins& other);
  /// `n` values of one bin, as `bins()` gave it: for reading back what was stored.
  void add(std::uint16_t bin, std::uint32_t n);
  /// Bin and count, in order of value.
  [[nodiscard]] const std::vector<std::pair<std::uint16_t, std::uint32_t>>& bins() const {
    return bins_;
  }
  /// Where a bin begins and ends, in milliseconds.
  static std::pair<double, double> bounds_ms(std::uint16_t bin);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Upper bound of the bin that holds the percentile, in milliseconds; 0 when empty.
  [[nodiscard]] double percentile_ms(double p) const;
  [[nodiscard]] double max_ms() const { return to_millis(max_); }
  void archive(detail::Archive& archive);

 private:
  void count_in(std::uint16_t bin, std::uint32_t n);
  std::vector<std::pair<std::uint16_t, std::uint32_t>> bins_;  // by bin, ascending
  std::uint64_t count_ = 0;
  Duration max_{};
};

/// What happened in one interval of a run.
struct SeriesPoint {
  Duration at{};  ///< begin, from the start of the run
  Duration length{};
  std::uint64_t planned = 0;
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t bot_messages = 0;
  std::uint64_t errors = 0;  ///< failed sends and API calls answered 400 or above
  std::uint64_t rate_limited = 0;
  LogBins latency;              ///< reply_latency of replies that came in this interval
  std::uint64_t in_flight = 0;  ///< highest seen
  std::uint64_t queue = 0;      ///< highest seen
  double target_rss = 0;        ///< bytes, last seen
  double target_cpu = 0;        ///< cores, highest seen
  double generator_cpu = 0;
  std::uint64_t llm_calls = 0;
  std::uint64_t llm_errors = 0;
  std::uint64_t early_calls = 0;  ///< made before a 429's retry_after had passed
  std::uint64_t llm_prompt = 0;   ///< tokens
  std::uint64_t llm_completion = 0;
  std::uint64_t target_fds = 0;             ///< highest seen
  std::uint64_t target_threads = 0;         ///< highest seen
  std::uint64_t legs_n = 0;                 ///< replies that were taken apart
  std::array<double, kLegCount> legs_ms{};  ///< sum over them, by Leg
};
void archive(detail::Archive& archive, SeriesPoint& point);

/// Intervals of equal length, at most `kMaxPoints`: when full, neighbours are merged and the length
/// doubles, so that a soak of any length keeps a bounded series. One thread.
class Series {
 public:
  static constexpr std::size_t kMaxPoints = 600;
  explicit Series(Duration interval = std::chrono::seconds(1)) : interval_(interval) {}
  /// The interval that holds `since_start`; earlier ones stay writable.
  SeriesPoint& at(Duration since_start);
  /// Adds what another series has counted to the interval that holds its beginning.
  void add(const SeriesPoint& point);
  [[nodiscard]] const std::vector<SeriesPoint>& points() const { return points_; }
  [[nodiscard]] Duration interval() const { return interval_; }
  void archive(detail::Archive& archive);

 private:
  void halve();
  Duration interval_;
  std::vector<SeriesPoint> points_;
};

}  // namespace chorus::lab
