#include "chorus/lab/compare/measure_key.hpp"

#include "chorus/base/text.hpp"
#include "chorus/metrics/histogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace chorus::lab {

namespace {

using Tag = std::pair<std::string, std::string>;

std::string_view default_aggregate(MetricType type) {
  switch (type) {
    case MetricType::Trend:
      return "p95";
    case MetricType::Counter:
    case MetricType::Rate:
      return "rate";
    case MetricType::Gauge:
      break;
  }
  return "value";
}

/// The threshold grammar has brackets, which a shell would want quoted.
std::string with_brackets(std::string_view aggregate) {
  const bool percentile = aggregate.size() > 1 && aggregate.front() == 'p' &&
                          std::isdigit(static_cast<unsigned char>(aggregate[1])) != 0;
  return percentile ? fmt::format("p({})", aggregate.substr(1)) : std::string(aggregate);
}

std::string_view name_of(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::Avg:
      return "avg";
    case Aggregate::Min:
      return "min";
    case Aggregate::Med:
      return "med";
    case Aggregate::Max:
      return "max";
    case Aggregate::Count:
      return "count";
    case Aggregate::Rate:
      return "rate";
    case Aggregate::Value:
    case Aggregate::Percentile:
      break;
  }
  return "value";
}

std::optional<double> percentile(const MetricSummary& m, double p) {
  if (p == 50) return m.p50;
  if (p == 90) return m.p90;
  if (p == 95) return m.p95;
  if (p == 99) return m.p99;
  if (p == 99.9) return m.p999;
  const auto histogram = metrics::Histogram::decode_base64(m.hdr);
  if (!histogram) return std::nullopt;
  return static_cast<double>(histogram->percentile(p)) / 1e6;
}

}  // namespace

std::vector<OwnMetric> own_metrics(const RunResult& result) {
  std::vector<OwnMetric> out;
  for (const auto& m : result.metrics) {
    const auto name = std::string_view(m.key).substr(0, m.key.find('{'));
    if (find_metric(name) || std::ranges::find(out, name, &OwnMetric::name) != out.end()) continue;
    out.push_back({std::string(name), m.type, m.unit, {}});
  }
  return out;
}

Result<MeasureKey> parse_measure(std::string_view text, std::span<const OwnMetric> own) {
  text = trim(text);
  const auto brace = text.find('}');
  const auto colon = text.find(':', brace == std::string_view::npos ? 0 : brace);
  MeasureKey out;
  CH_TRY(out.metric, parse_metric_name(text.substr(0, colon), own));
  const auto declared = std::ranges::find(own, out.metric.name, &OwnMetric::name);
  if (const auto* known = find_metric(out.metric.name)) {
    out.type = known->type;
  } else {
    out.type = declared->type;
    out.own_unit = declared->unit;
  }
  const auto aggregate =
      colon == std::string_view::npos ? default_aggregate(out.type) : trim(text.substr(colon + 1));
  // A gate of any bound reads the aggregate and says what is wrong with it.
  const auto gate = parse_threshold(to_string(out.metric), with_brackets(aggregate) + ">=0", own);
  if (!gate) {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is no measure of {}; write it like reply_latency:p95, "
                            "errors:rate or process_rss:max",
                            text, out.metric.name));
  }
  out.aggregate = gate->aggregate;
  out.percentile = gate->percentile;
  return out;
}

std::string to_string(const MeasureKey& key) {
  if (key.aggregate == Aggregate::Percentile) {
    return fmt::format("{}:p{}", to_string(key.metric), key.percentile);
  }
  return fmt::format("{}:{}", to_string(key.metric), name_of(key.aggregate));
}

std::optional<double> value_of(const RunResult& result, const MeasureKey& key) {
  const auto* m = find_summary(result, to_string(key.metric));
  if (!m) return std::nullopt;
  const bool counter = m->type == MetricType::Counter;
  if (!counter && m->count == 0) return std::nullopt;
  switch (key.aggregate) {
    case Aggregate::Avg:
      return m->mean;
    case Aggregate::Min:
      return m->min;
    case Aggregate::Max:
      return m->max;
    case Aggregate::Med:
      return percentile(*m, 50);
    case Aggregate::Percentile:
      return percentile(*m, key.percentile);
    case Aggregate::Count:
      return counter ? m->value : static_cast<double>(m->count);
    case Aggregate::Rate: {
      if (!counter) return m->value;
      const double seconds = to_seconds(result.measured);
      if (!(seconds > 0)) return std::nullopt;
      return m->value / seconds;
    }
    case Aggregate::Value:
      break;
  }
  return m->value;
}

MetricUnit unit_of(const MeasureKey& key) {
  Threshold as;
  as.metric = key.metric;
  as.aggregate = key.aggregate;
  as.own_unit = key.own_unit;
  return unit_of(as);
}

int worse_direction(const MeasureKey& key) {
  if (key.own_unit) return *key.own_unit == MetricUnit::Time ? 1 : 0;
  const MetricName& metric = key.metric;
  static constexpr std::array<std::string_view, 5> kMoreIsBetter = {
      "messages", "messages_answered", "fairness_jain", "conversations_started",
      "conversations_completed"};
  const bool ours = std::ranges::find(metric.tags, "person", &Tag::second) != metric.tags.end();
  if (ours || metric.name == "amplification" || metric.name.starts_with("quality_")) return 0;
  return std::ranges::find(kMoreIsBetter, metric.name) != kMoreIsBetter.end() ? -1 : 1;
}

}  // namespace chorus::lab
