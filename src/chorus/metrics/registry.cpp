#include "chorus/metrics/registry.hpp"

#include "chorus/base/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace chorus::metrics {

namespace {

constexpr std::array<double, 16> kBucketsSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

std::string escape(std::string_view text, bool quote) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quote) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string render(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += fmt::format("{}=\"{}\"", name, escape(value, true));
  }
  return out;
}

std::string braces(std::string_view labels) {
  return labels.empty() ? std::string() : fmt::format("{{{}}}", labels);
}

/// The format spells what is not finite its own way.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram& histogram) {
  const std::string_view comma = labels.empty() ? "" : ",";
  for (const double bound : kBucketsSeconds) {
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bound,
                       histogram.count_at_or_below(static_cast<std::uint64_t>(bound * 1e9)));
  }
  out += fmt::format("{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, histogram.count());
  out += fmt::format("{}_sum{} {}\n", name, braces(labels), histogram.sum() / 1e9);
  out += fmt::format("{}_count{} {}\n", name, braces(labels), histogram.count());
}

}  // namespace

Registry::Series& Registry::series(std::string_view name, std::string_view help, Kind kind,
                                   Labels labels) {
  // One order, so that the same labels are the same series however they were written.
  std::sort(labels.begin(), labels.end());
  auto family = families_.find(name);
  if (family == families_.end()) {
    family = families_.emplace(std::string(name), Family{kind, std::string(help), {}}).first;
  }
  CH_CHECK(family->second.kind == kind);
  auto& slot = family->second.series[render(labels)];
  if (!slot) {
    slot = std::make_unique<Series>();
    slot->labels = std::move(labels);
    if (kind == Kind::Histogram) slot->histogram = std::make_unique<Histogram>();
  }
  return *slot;
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  return series(name, help, Kind::Counter, std::move(labels)).counter;
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  return series(name, help, Kind::Gauge, std::move(labels)).gauge;
}

void Registry::gauge_callback(std::string_view name, std::string_view help, Labels labels,
                              std::function<double()> value) {
  series(name, help, Kind::Callback, std::move(labels)).callback = std::move(value);
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, Labels labels) {
  return *series(name, help, Kind::Histogram, std::move(labels)).histogram;
}

std::string Registry::prometheus_text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    const std::string_view type = family.kind == Kind::Counter     ? "counter"
                                  : family.kind == Kind::Histogram ? "histogram"
                                                                   : "gauge";
    out +=
        fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escape(family.help, false), name, type);
    for (const auto& [labels, series] : family.series) {
      switch (family.kind) {
        case Kind::Counter:
          out += fmt::format("{}{} {}\n", name, braces(labels), series->counter.value());
          break;
        case Kind::Gauge:
          out += fmt::format("{}{} {}\n", name, braces(labels), number(series->gauge.value()));
          break;
        case Kind::Callback:
          out += fmt::format("{}{} {}\n", name, braces(labels), number(series->callback()));
          break;
        case Kind::Histogram:
          append_histogram(out, name, labels, *series->histogram);
          break;
      }
    }
  }
  return out;
}

double Registry::value(std::string_view name, const Labels& labels) const {
  const auto family = families_.find(name);
  if (family == families_.end()) return 0;
  Labels sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  const auto found = family->second.series.find(render(sorted));
  if (found == family->second.series.end()) return 0;
  const Series& series = *found->second;
  switch (family->second.kind) {
    case Kind::Counter:
      return static_cast<double>(series.counter.value());
    case Kind::Gauge:
      return series.gauge.value();
    case Kind::Callback:
      return series.callback();
    case Kind::Histogram:
      return static_cast<double>(series.histogram->count());
  }
  return 0;
}

double Registry::sum(std::string_view name) const {
  const auto family = families_.find(name);
  if (family == families_.end()) return 0;
  double total = 0;
  for (const auto& [labels, series] : family->second.series) total += value(name, series->labels);
  return total;
}

}  // namespace chorus::metrics
