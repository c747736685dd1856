#include "chorus/lab/detail/summarize.hpp"

#include <vector>

namespace chorus::lab::detail {

namespace {

/// Percentiles of the spectrum: denser towards the tail, on log(1 / (1 - p)).
std::vector<double> spectrum_percentiles(std::uint64_t n) {
  std::vector<double> out;
  for (double rest = 1; rest > 0.5 / static_cast<double>(n) && out.size() < 200; rest /= 1.12) {
    out.push_back(100 * (1 - rest));
  }
  out.push_back(100);
  return out;
}

}  // namespace

MetricSummary summarize(const std::string& key, const Metric& metric, MetricUnit unit,
                        double seconds) {
  MetricSummary out;
  out.key = key;
  out.type = metric.type();
  out.unit = unit;
  const auto value = [&](Aggregate aggregate, double p = 0) {
    const auto m = metric.measured(aggregate, p, seconds);
    return m ? m->value : 0;
  };
  switch (metric.type()) {
    case MetricType::Counter:
      out.count = metric.count();
      out.value = static_cast<double>(metric.count());
      return out;
    case MetricType::Rate:
      out.count = metric.total();
      out.value = value(Aggregate::Rate);
      return out;
    case MetricType::Gauge:
      out.count = metric.count();
      out.value = value(Aggregate::Value);
      break;
    case MetricType::Trend: {
      out.count = metric.count();
      out.p50 = value(Aggregate::Percentile, 50);
      out.p90 = value(Aggregate::Percentile, 90);
      out.p95 = value(Aggregate::Percentile, 95);
      out.p99 = value(Aggregate::Percentile, 99);
      out.p999 = value(Aggregate::Percentile, 99.9);
      out.clamped = metric.histogram()->clamped();
      out.hdr = metric.histogram()->encode_base64();
      if (key.find('{') == std::string::npos && out.count > 0) {
        for (const double p : spectrum_percentiles(out.count)) {
          out.spectrum.emplace_back(p, value(Aggregate::Percentile, p));
        }
      }
      break;
    }
  }
  out.min = value(Aggregate::Min);
  out.mean = value(Aggregate::Avg);
  out.max = value(Aggregate::Max);
  return out;
}

}  // namespace chorus::lab::detail
