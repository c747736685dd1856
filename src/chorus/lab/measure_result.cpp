#include "chorus/lab/detail/summarize.hpp"
#include "chorus/lab/measure.hpp"

#include <algorithm>
#include <limits>

/// What has been measured: for the live view, for thresholds, for the result.
namespace chorus::lab {

void Measure::fill_live(LiveStats& out, MonoTime now) const {
  out.elapsed = since(now);
  out.total = options_.window > Duration::zero() ? options_.warmup + options_.window : Duration{};
  out.bot_messages = bot_all_;
  out.failed = failed_all_;
  out.rate_limited = limited_all_;
  out.errors = errors_all_ + failed_all_;
  out.queue = queue_now_;
  out.target_rss = target_.rss();
  const auto ms = [](const Metric& m, double p) {
    const auto v = m.measured(Aggregate::Percentile, p, 1);
    return v ? v->value : 0;
  };
  if (reply_.count() > 0) {
    out.p50_ms = ms(reply_, 50);
    out.p95_ms = ms(reply_, 95);
    out.latency_samples = reply_.count();
  } else {
    out.p50_ms = everything_.percentile_ms(50);
    out.p95_ms = everything_.percentile_ms(95);
    out.latency_samples = everything_.count();
  }
  out.generator_late_p99_ms = ms(late_, 99);
  // The last whole interval: the current one has only begun.
  const auto& points = series_.points();
  if (points.size() >= 2) {
    const auto& p = points[points.size() - 2];
    const double seconds = to_seconds(p.length);
    out.sent_per_second = static_cast<double>(p.sent) / seconds;
    out.answered_per_second = static_cast<double>(p.answered) / seconds;
    out.target_cpu = p.target_cpu;
  }
}

std::optional<Measured> Measure::lookup(const Threshold& threshold, MonoTime now) const {
  const auto found = metrics_.lookup(threshold, measured_seconds(now));
  const auto& name = threshold.metric;
  const bool reply = name.name == "reply_latency" || name.name == "reply_service";
  const bool quantile = threshold.aggregate == Aggregate::Percentile ||
                        threshold.aggregate == Aggregate::Med ||
                        threshold.aggregate == Aggregate::Max;
  if (name.name == "recovery_time") {
    const auto& who = name.tags.empty() ? std::string() : name.tags.front().second;
    const auto open = unrecovered_.find(who);
    const std::uint64_t never = open == unrecovered_.end() ? 0 : open->second;
    // A fault that people had not got over when the run ended is worse than any number.
    const bool decides = quantile || threshold.aggregate == Aggregate::Avg;
    if (never > 0 && decides) {
      return Measured{std::numeric_limits<double>::infinity(), never + (found ? found->n : 0)};
    }
    return found;
  }
  if (!reply || !quantile) return found;
  std::uint64_t missing = missing_;
  for (const auto* group : {&by_kind_, &by_tag_}) {
    const auto tagged = std::ranges::find(*group, name.tags, &KindMetrics::tags);
    if (tagged != group->end()) missing = tagged->missing;
  }
  if (missing == 0) return found;
  const auto* metric = metrics_.find(name);
  const std::uint64_t came = metric ? metric->count() : 0;
  const std::uint64_t n = came + missing;
  const double p = threshold.aggregate == Aggregate::Max ? 100 : threshold.percentile;
  // The percentile over all that were required, where what never came is slower than anything.
  const double among_came = came > 0 ? p * static_cast<double>(n) / static_cast<double>(came) : 101;
  if (among_came > 100) return Measured{std::numeric_limits<double>::infinity(), n};
  const auto value = metric->measured(Aggregate::Percentile, among_came, 1);
  return Measured{value->value, n};
}

void Measure::fill_limits(RunResult& out) const {
  for (const auto& watched : limits_) {
    const auto limit = static_cast<double>(watched.log.limit());
    const auto peak = static_cast<double>(watched.log.peak());
    out.limit_use.push_back(
        {watched.name, "platform", limit, peak, MetricUnit::Number, peak / limit});
    out.load.factor = std::max(out.load.factor, peak / limit);
  }
}

void Measure::fill(RunResult& out, MonoTime now) const {
  const double seconds = measured_seconds(now);
  for (const auto& [key, metric] : metrics_.all()) {
    const auto kind = metrics_.kind_of(std::string_view(key).substr(0, key.find('{')));
    out.metrics.push_back(detail::summarize(key, *metric, kind->second, seconds));
  }
  fill_limits(out);
  out.load.planned = planned_;
  out.load.sent = sent_;
  out.load.late = late_sends_;
  if (const auto late = late_.measured(Aggregate::Percentile, 99, seconds)) {
    out.load.late_p99_ms = late->value;
  }
  out.measured = from_seconds(seconds);
  out.warmup = options_.warmup;
  out.series = series_.points();
  out.series_interval = series_.interval();
  if (!generator_.empty()) out.processes.push_back(generator_.summary());
  if (!target_.empty()) out.processes.push_back(target_.summary());
  out.conversations = conversations_;
  out.drift = drift_;
  out.errors = errors_;
  out.withheld = withheld_;
  out.llm_calls = llm_calls_;
  out.llm_prompt_tokens = prompt_tokens_;
  out.llm_completion_tokens = completion_tokens_;
  out.obedience = retry_watch_.seen();
}

}  // namespace chorus::lab
