#pragma once

#include "chorus/metrics/histogram.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Only goes up. Loop thread only (no atomics: 1 ns); other threads hand their counts over by post.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_ += n; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Gauge {
 public:
  void set(double v) { value_ = v; }
  void add(double v) { value_ += v; }
  [[nodiscard]] double value() const { return value_; }

 private:
  double value_ = 0;
};

/// All metrics of a process. A metric is made once, at construction of the component that owns it,
/// and used by reference afterwards (references stay valid for the registry's life). Asking again
/// for the same name and labels gives the same object. Names follow Prometheus conventions
/// (`chorus_sends_total`, seconds, bytes). A name belongs to one type (checked).
class Registry {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  /// A gauge whose value is asked for when scraped.
  void gauge_callback(std::string_view name, std::string_view help, Labels labels,
                      std::function<double()> value);
  /// Recorded in nanoseconds, exposed in seconds as a Prometheus histogram with fixed buckets.
  Histogram& histogram(std::string_view name, std::string_view help, Labels labels = {});

  /// Prometheus text format 0.0.4, families in order of name, series in order of labels.
  [[nodiscard]] std::string prometheus_text() const;
  /// Value of a counter or gauge (of a histogram: its count), for tests and status pages; 0 when
  /// absent.
  [[nodiscard]] double value(std::string_view name, const Labels& labels = {}) const;
  /// Sum over all label sets of a counter or gauge.
  [[nodiscard]] double sum(std::string_view name) const;

 private:
  enum class Kind : unsigned char { Counter, Gauge, Callback, Histogram };
  struct Series {
    Labels labels;
    Counter counter;
    Gauge gauge;
    std::function<double()> callback;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    Kind kind;
    std::string help;
    std::map<std::string, std::unique_ptr<Series>> series;  // keyed by rendered labels
  };
  Series& series(std::string_view name, std::string_view help, Kind kind, Labels labels);
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace chorus::metrics
