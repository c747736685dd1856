#pragma once

#include "chorus/metrics/prometheus_parse.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

enum class FamilyKind : std::uint8_t { Counter, Gauge, Histogram, Summary };
std::string_view to_string(FamilyKind kind) noexcept;  ///< counter, gauge, histogram, summary

/// What came new into a histogram: how many values lie at or below each bound.
struct Spread {
  std::map<double, double> at_most;  ///< bound (in the histogram's unit, +Inf too) -> values
  double count = 0;
  double sum = 0;
  void add(const Spread& other);
  /// Within the bucket by a straight line, as histogram_quantile() does it; the highest finite
  /// bound when the quantile lies above it; nullopt without values or buckets. Of the lowest bucket
  /// it is the bound: how far below nobody knows, and a half of it would be a claim.
  /// Source: https://prometheus.io/docs/prometheus/latest/querying/functions/
  [[nodiscard]] std::optional<double> quantile(double q) const;
  [[nodiscard]] std::optional<double> mean() const;
  /// Bound of the lowest bucket; 0 without buckets.
  [[nodiscard]] double least() const;
};

/// One series over the time of a watch.
struct WatchedSeries {
  metrics::Labels labels;  ///< sorted, without `le`
  double grown = 0;        ///< counters: since the first reading, over every restart
  // Gauges; of a summary its quantiles are gauges.
  double low = 0;
  double high = 0;
  double sum = 0;
  double last = 0;
  std::uint64_t readings = 0;
  Spread spread;             ///< histograms and summaries, since the first reading
  std::uint32_t resets = 0;  ///< how often it began anew
};

struct WatchedFamily {
  std::string name;
  FamilyKind kind = FamilyKind::Gauge;
  std::vector<WatchedSeries> series;
};

/// Readings of one `/metrics` in fixed memory, however long they go on: at most kMaxSeries series
/// with at most kMaxBuckets buckets; further ones are counted and left out. Counters that fall have
/// begun anew and count from 0, as Prometheus' rate() takes it; when more of them fall than rise,
/// the program has, and all of them count from 0, also those that are back above where they were. A
/// series that appears after the first reading counts from 0 too: programs make a series when they
/// need it first. Pure, one thread.
class FamilyLog {
 public:
  static constexpr std::size_t kMaxSeries = 3000;
  static constexpr std::size_t kMaxBuckets = 80;

  struct Reading {
    std::size_t samples = 0;
    bool restarted = false;  ///< a counter fell, or the process says that it started later
  };
  Reading add(std::string_view exposition);

  /// All families in order of name; series in order of labels. Copies.
  [[nodiscard]] std::vector<WatchedFamily> families() const;
  using Match = metrics::Labels;
  /// Growth of a counter over all its series that carry these labels; 0 when there is none.
  [[nodiscard]] double grown(std::string_view name, const Match& match = {}) const;
  /// Calls `each` for the series of a family, in order of labels.
  void each(std::string_view name, const std::function<void(const WatchedSeries&)>& each) const;
  [[nodiscard]] Spread spread(std::string_view name, const Match& match = {}) const;
  [[nodiscard]] std::optional<FamilyKind> kind(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return families_.contains(name); }
  /// A label's value, or empty.
  static std::string_view label(const WatchedSeries& series, std::string_view name);
  static bool matches(const WatchedSeries& series, const Match& match);
  [[nodiscard]] std::size_t left_out() const { return left_out_; }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Cell {  ///< one number that only grows
    double last = 0;
    double grown = 0;
  };
  struct Series {
    WatchedSeries seen;
    Cell value;
    Cell count;
    Cell sum;
    std::map<double, Cell> buckets;
    std::uint64_t since = 0;  ///< the first reading that held it
  };
  struct Family {
    FamilyKind kind = FamilyKind::Gauge;
    std::map<std::string, Series> series;  ///< by labels
  };
  Series* find(const metrics::Sample& sample, std::string_view name, FamilyKind kind);
  /// True when more counters fell than rose since the reading before: the whole program is new.
  [[nodiscard]] bool most_fell(const std::vector<metrics::Sample>& samples) const;
  static bool grow(Cell& cell, double value, bool anew);
  static WatchedSeries view(const Family& family, const Series& series);

  std::map<std::string, Family, std::less<>> families_;
  std::size_t series_ = 0;
  std::size_t left_out_ = 0;  ///< samples of the reading with most of them
  std::uint64_t readings_ = 0;
  std::optional<double> started_;  ///< process_start_time_seconds
};

}  // namespace chorus::lab
