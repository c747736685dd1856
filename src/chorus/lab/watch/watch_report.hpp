#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/watch/family_log.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

/// Where a watch looks, and how well that went.
struct WatchSource {
  std::string kind;   ///< `metrics`, `sandbox` or `process`
  std::string where;  ///< an address without user, password and query, or `process 4711`
  std::uint64_t reads = 0;
  std::uint64_t failed = 0;
  std::string last_error;
  /// Seconds from the start in which it did not answer; the first kMaxGaps, neighbours apart.
  std::vector<std::pair<double, double>> gaps;
  std::uint64_t more_gaps = 0;
  std::vector<double> restarts;  ///< seconds from the start, the first kMaxGaps
  std::uint64_t more_restarts = 0;
  static constexpr std::size_t kMaxGaps = 100;
};

/// Calls of one method of an API.
struct WatchedCalls {
  std::string seen_by;  ///< `metrics`: the program counts them itself; `sandbox`
  std::string api;      ///< telegram, matrix, or the name of a model's provider
  std::string method;
  std::uint64_t count = 0;
  std::uint64_t failed = 0;   ///< errors other than 429
  std::uint64_t limited = 0;  ///< 429
  std::map<std::string, std::uint64_t> statuses;
  std::optional<double> mean_ms;  ///< none: nobody measured it
  std::optional<double> p50_ms;
  std::optional<double> p95_ms;
  double least_ms = 0;  ///< quantiles that are not above it may be anything below
};

struct WatchedCache {
  std::string name;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};

struct WatchedBreaker {
  std::string of;
  std::uint64_t opened = 0;
  double open_s = 0;  ///< seconds in which it was not closed, as far as readings show
  int state = 0;      ///< 0 closed, 1 half-open, 2 open, at the end
};

struct WatchEvent {
  double at = 0;  ///< seconds from the start
  std::string what;
};

/// A row of the table of everything that the program tells of itself.
struct WatchedRow {
  std::string name;
  FamilyKind kind = FamilyKind::Gauge;
  metrics::Labels labels;
  double value = 0;       ///< counter: growth; gauge: last; histogram and summary: new values
  double per_second = 0;  ///< of counters and of new values
  double low = 0;         ///< gauges
  double mean = 0;        ///< gauges; histograms: of the new values
  double high = 0;
  std::optional<double> p50;  ///< histograms, in their own unit
  std::optional<double> p95;
  std::optional<double> p99;
  double least = 0;  ///< histograms: quantiles that are not above it may be anything below
  std::uint32_t resets = 0;
};

/// One interval. Counts are sums, the rest the highest that was seen.
struct WatchPoint {
  Duration at{};
  bool silent = false;  ///< no source that counts answered in it
  double messages_in = 0;
  double messages_out = 0;
  double calls = 0;
  double errors = 0;
  double limited = 0;
  double cache_hits = 0;
  double cache_misses = 0;
  double lag_ms = 0;
  double pending = 0;
  double open_breakers = 0;
};

/// Everything that a watch has seen and a load test has no place for.
struct WatchReport {
  static constexpr std::size_t kMaxEvents = 200;
  static constexpr std::size_t kMaxRows = 120;
  static constexpr std::size_t kMaxCalls = 200;

  std::string ended;  ///< why: `after 10m`, `by Ctrl-C`, `the process ended with status 1`
  double every_s = 1;
  std::vector<WatchSource> sources;
  std::vector<WatchedCalls> calls;  ///< most often first
  std::vector<WatchedCache> caches;
  std::vector<std::pair<std::string, std::uint64_t>> turns;  ///< decisions by how they ended
  std::vector<WatchedBreaker> breakers;
  std::vector<WatchEvent> events;
  std::uint64_t more_events = 0;
  std::vector<WatchedRow> rows;  ///< what changed most first, of each kind
  std::uint64_t left_out = 0;    ///< series beyond the bounds, or that stood still
  std::vector<WatchPoint> points;
  Duration interval{};
  /// The histogram behind `loop_lag`, and others in seconds whose quantiles are shown by name.
  std::string lag_name;
};

}  // namespace chorus::lab
