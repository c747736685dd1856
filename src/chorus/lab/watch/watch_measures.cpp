// What thresholds of a watch may ask for.
#include "chorus/lab/watch/foreign_number.hpp"
#include "chorus/lab/watch/watch.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

constexpr std::string_view kApiCalls = "api_calls";
constexpr std::string_view kLlmCalls = "llm_calls";
constexpr std::string_view kCacheHits = "cache_hits";
constexpr std::string_view kBreakerOpened = "breaker_opened";
constexpr std::string_view kLoopLag = "loop_lag";
constexpr std::string_view kRestarts = "restarts";

/// What a family's numbers must be multiplied with to be in the unit of a threshold.
struct Scale {
  MetricUnit unit = MetricUnit::Number;
  double by = 1;
};
/// What can be written in any unit: 31 years in milliseconds.
double shown(double value) {
  return std::isnan(value) ? 0 : std::clamp(value, -1e12, 1e12);
}

Scale scale_of(std::string_view name) {
  if (name.ends_with("_milliseconds") || name.ends_with("_ms")) return {MetricUnit::Time, 1};
  if (name.ends_with("_seconds")) return {MetricUnit::Time, 1000};
  if (name.ends_with("_bytes")) return {MetricUnit::Bytes, 1};
  return {};
}

OwnMetric declare(const std::string& name, FamilyKind kind) {
  switch (kind) {
    case FamilyKind::Counter:
      return {name, MetricType::Counter, MetricUnit::Count, "a counter of the watched program"};
    case FamilyKind::Gauge:
      return {name, MetricType::Gauge, scale_of(name).unit, "a gauge of the watched program"};
    case FamilyKind::Histogram:
    case FamilyKind::Summary:
      break;
  }
  return {name, MetricType::Trend, scale_of(name).unit, "measured by the watched program"};
}

std::optional<Measured> of_spread(const Spread& spread, const Threshold& t, double by) {
  const auto n = foreign_count(spread.count);
  std::optional<double> value;
  switch (t.aggregate) {
    case Aggregate::Count:
      return Measured{spread.count, std::max<std::uint64_t>(1, n)};
    case Aggregate::Avg:
      value = spread.mean();
      break;
    case Aggregate::Med:
      value = spread.quantile(0.5);
      break;
    case Aggregate::Percentile:
      value = spread.quantile(t.percentile / 100);
      break;
    default:
      break;  // the smallest and the largest value are not in buckets
  }
  if (!value) return std::nullopt;
  return Measured{shown(*value * by), n};
}

}  // namespace

const std::vector<OwnMetric>& watch_metrics() {
  using enum MetricType;
  using U = MetricUnit;
  static const std::vector<OwnMetric> metrics = {
      {std::string(kApiCalls), Counter, U::Count, "calls of the bots to their platforms"},
      {std::string(kLlmCalls), Counter, U::Count, "calls to models"},
      {std::string(kCacheHits), Rate, U::Share, "share of the cached reads that a cache answered"},
      {std::string(kBreakerOpened), Counter, U::Count, "times that a circuit breaker opened"},
      {std::string(kLoopLag), Trend, U::Time,
       "how late the program's event loop was, by its own histogram"},
      {std::string(kRestarts), Counter, U::Count,
       "times that the program or the sandbox counted from 0 again"},
  };
  return metrics;
}

std::vector<OwnMetric> Watch::own_metrics() const {
  auto out = watch_metrics();
  for (const auto& name : program_.names()) {
    const bool ours =
        find_metric(name) != nullptr || std::ranges::find(out, name, &OwnMetric::name) != out.end();
    if (!ours) out.push_back(declare(name, *program_.kind(name)));
  }
  return out;
}

/// A family of the program itself; tags are labels.
std::optional<Measured> Watch::of_family(const Threshold& t, double seconds) const {
  const auto kind = program_.kind(t.metric.name);
  if (!kind) return std::nullopt;
  const auto& match = t.metric.tags;
  const double by = scale_of(t.metric.name).by;
  if (*kind == FamilyKind::Histogram || *kind == FamilyKind::Summary) {
    return of_spread(program_.spread(t.metric.name, match), t, by);
  }
  if (*kind == FamilyKind::Counter) {
    const double n = program_.grown(t.metric.name, match);
    const auto samples = std::max<std::uint64_t>(1, foreign_count(n));
    if (t.aggregate == Aggregate::Count) return Measured{n, samples};
    return Measured{seconds > 0 ? n / seconds : 0, samples};
  }
  std::optional<Measured> out;
  std::size_t found = 0;
  program_.each(t.metric.name, [&](const WatchedSeries& s) {
    if (!FamilyLog::matches(s, match) || s.readings == 0) return;
    ++found;
    double value = s.last;
    if (t.aggregate == Aggregate::Min) value = out ? std::min(out->value / by, s.low) : s.low;
    if (t.aggregate == Aggregate::Max) value = out ? std::max(out->value / by, s.high) : s.high;
    if (t.aggregate == Aggregate::Avg) value = s.sum / static_cast<double>(s.readings);
    out = Measured{shown(value * by), (out ? out->n : 0) + s.readings};
  });
  // Of several series only the extremes are one number; the others need a label that names one.
  const bool extreme = t.aggregate == Aggregate::Min || t.aggregate == Aggregate::Max;
  if (found > 1 && !extreme) return std::nullopt;
  return out;
}

std::optional<Measured> Watch::measure(const Threshold& t, double seconds) const {
  const auto& name = t.metric.name;
  if (name == kLoopLag) {
    const auto lag = lag_histogram(program_);
    if (lag.empty() || !t.metric.tags.empty()) return std::nullopt;
    return of_spread(program_.spread(lag), t, 1000);
  }
  if (set_.kind_of(name)) {
    // A count that no source gives is unknown and not 0.
    if (!set_.find(t.metric)) return std::nullopt;
    return set_.lookup(t, seconds);
  }
  return of_family(t, seconds);
}

void Watch::fill_metrics(RunResult& out, double seconds) {
  const auto now = totals();
  if (now.messages) {
    set_.at("messages", {{"side", "person"}}).set_count(foreign_count(now.messages->in));
    set_.at("messages", {{"side", "bot"}}).set_count(foreign_count(now.messages->out));
  }
  CallCounts all;
  for (const auto* calls : {now.api ? &*now.api : nullptr, now.llm ? &*now.llm : nullptr}) {
    if (!calls) continue;
    all.count += calls->count;
    all.failed += calls->failed;
    all.limited += calls->limited;
  }
  if (now.api) {
    const auto failed = foreign_count(now.api->failed) + foreign_count(now.api->limited);
    set_.at("platform_errors").set_rate(failed, foreign_count(now.api->count));
    set_.at("api_calls").set_count(foreign_count(now.api->count));
  }
  if (now.llm) {
    set_.at("llm_errors").set_rate(foreign_count(now.llm->failed), foreign_count(now.llm->count));
    set_.at("llm_calls").set_count(foreign_count(now.llm->count));
  }
  if (now.api || now.llm) {
    set_.at("errors").set_rate(foreign_count(all.failed), foreign_count(all.count));
    set_.at("rate_limited").set_count(foreign_count(all.limited));
  }
  if (now.cache) {
    set_.at("cache_hits")
        .set_rate(foreign_count(now.cache->hits),
                  foreign_count(now.cache->hits + now.cache->misses));
  }
  if (!breakers_.empty()) {
    std::uint64_t opened = 0;
    for (const auto& breaker : breakers_) opened += breaker.opened;
    set_.at("breaker_opened").set_count(opened);
  }
  std::uint64_t restarts = 0;
  for (const auto& slot : sources_) {
    if (slot) restarts += slot->told.restarts.size() + slot->told.more_restarts;
  }
  if (uses(From::Metrics) || uses(From::Sandbox)) set_.at("restarts").set_count(restarts);
  const auto summary = own_.summary();
  if (!own_.empty()) set_.at("generator_cpu").gauge(summary.cpu_mean);
  for (const auto& [key, metric] : set_.all()) {
    const auto kind = set_.kind_of(std::string_view(key).substr(0, key.find('{')));
    MetricSummary s;
    s.key = key;
    s.type = kind->first;
    s.unit = kind->second;
    const auto value = [&](Aggregate aggregate) {
      const auto m = metric->measured(aggregate, 0, seconds);
      return m ? m->value : 0;
    };
    s.count = s.type == MetricType::Rate ? metric->total() : metric->count();
    if (s.type == MetricType::Counter) s.value = static_cast<double>(metric->count());
    if (s.type == MetricType::Rate) s.value = value(Aggregate::Rate);
    if (s.type == MetricType::Gauge) {
      s.value = value(Aggregate::Value);
      s.min = value(Aggregate::Min);
      s.mean = value(Aggregate::Avg);
      s.max = value(Aggregate::Max);
    }
    out.metrics.push_back(std::move(s));
  }
}

/// Thresholds with their values; what they name is written with the metrics, so that whoever reads
/// the result back knows it.
void Watch::fill_thresholds(RunResult& out, const std::vector<Threshold>& thresholds,
                            double seconds) {
  out.thresholds = evaluate(thresholds, [&](const Threshold& t) { return measure(t, seconds); });
  const auto own = own_metrics();
  for (const auto& t : out.thresholds) {
    const auto key = to_string(t.threshold.metric);
    if (find_summary(out, key)) continue;
    const auto declared = std::ranges::find(own, t.threshold.metric.name, &OwnMetric::name);
    if (declared == own.end()) continue;
    MetricSummary s;
    s.key = key;
    s.type = declared->type;
    s.unit = declared->unit;
    s.count = t.n;
    const auto ask = [&](Aggregate aggregate, double p = 0) {
      Threshold as = t.threshold;
      as.aggregate = aggregate;
      as.percentile = p;
      const auto m = measure(as, seconds);
      return m ? m->value : 0;
    };
    if (s.type == MetricType::Counter) s.value = ask(Aggregate::Count);
    if (s.type == MetricType::Gauge) {
      s.value = ask(Aggregate::Value);
      s.min = ask(Aggregate::Min);
      s.max = ask(Aggregate::Max);
    }
    s.mean = s.type == MetricType::Counter ? 0 : ask(Aggregate::Avg);
    if (s.type == MetricType::Trend) {
      s.p50 = ask(Aggregate::Percentile, 50);
      s.p90 = ask(Aggregate::Percentile, 90);
      s.p95 = ask(Aggregate::Percentile, 95);
      s.p99 = ask(Aggregate::Percentile, 99);
    }
    out.metrics.push_back(std::move(s));
  }
}

}  // namespace chorus::lab
