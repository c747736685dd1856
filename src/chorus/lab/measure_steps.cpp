#include "chorus/lab/measure.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab {

/// Calls `use` with the metric of all tags together, and with that of each one where there are
/// several: a threshold may name either.
template <class F>
void Measure::each_tagged(std::string_view metric, const TagList& tags, F&& use) {
  use(metrics_.at(metric));
  if (tags.empty()) return;
  use(metrics_.at(metric, tags));
  if (tags.size() == 1) return;
  for (const auto& tag : tags) use(metrics_.at(metric, {tag}));
}

/// Tags of different labels may be the same: each is one metric, and a message counts once in it.
void Measure::label_metrics() {
  for (const auto& label : options_.labels) {
    std::vector<MetricSet::Tags> names{label};
    if (label.size() > 1) {
      for (const auto& tag : label) names.push_back({tag});
    }
    auto& indexes = label_tags_.emplace_back();
    for (auto& tags : names) {
      const auto there = std::ranges::find(by_tag_, tags, &KindMetrics::tags);
      indexes.push_back(static_cast<std::size_t>(there - by_tag_.begin()));
      if (there != by_tag_.end()) continue;
      auto& reply = metrics_.at("reply_latency", tags);
      auto& service = metrics_.at("reply_service", tags);
      by_tag_.push_back({std::move(tags), &reply, &service, 0});
    }
  }
}

void Measure::check(const std::string& name, bool held, const TagList& tags, MonoTime at) {
  if (!in_window(at)) return;
  auto all = tags;
  all.emplace_back("check", name);
  std::ranges::sort(all);
  each_tagged("checks", all, [&](Metric& metric) { metric.rate(held); });
}

void Measure::step(Duration latency, const TagList& tags, MonoTime at) {
  if (!in_window(at)) return;
  each_tagged("step_latency", tags, [&](Metric& metric) { metric.record(latency); });
}

void Measure::feed(const std::string& name, double value, const TagList& tags, MonoTime at) {
  if (!in_window(at)) return;
  each_tagged(name, tags, [&](Metric& metric) {
    switch (metric.type()) {
      case MetricType::Trend:
        metric.record(from_seconds(std::clamp(value, 0.0, 3.6e6) / 1000));
        break;
      case MetricType::Counter:
        metric.add(static_cast<std::uint64_t>(std::llround(std::clamp(value, 0.0, 1e15))));
        break;
      case MetricType::Rate:
        metric.rate(value != 0);
        break;
      case MetricType::Gauge:
        metric.gauge(value);
        break;
    }
  });
}

}  // namespace chorus::lab
