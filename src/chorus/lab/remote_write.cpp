#include "chorus/lab/remote_write.hpp"

#include "chorus/lab/outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <snappy.h>
#include <string_view>

namespace chorus::lab {

namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

constexpr Duration kOldest = std::chrono::minutes(50);

/// Protobuf's wire format, as far as WriteRequest needs it.
class Proto {
 public:
  void bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    out_ += value;
  }
  void real(int field, double value) {
    key(field, 1);
    auto bits = std::bit_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i, bits >>= 8) out_ += static_cast<char>(bits & 0xFF);
  }
  void integer(int field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  void key(int field, int type) { varint(static_cast<std::uint64_t>(field << 3 | type)); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  std::string out_;
};

class Collector {
 public:
  explicit Collector(const RunResult& r)
      : common_{{"job", "chorus_lab"}, {"run", to_iso8601(r.started_at)}, {"scenario", r.name}},
        start_(to_micros(r.started_at) / 1000),
        end_(start_ + static_cast<std::int64_t>(to_millis(r.duration))) {}

  RemoteSeries& add(const std::string& name, const Tags& tags = {}) {
    RemoteSeries series;
    series.labels = common_;
    series.labels.emplace_back("__name__", "chorus_lab_" + name);
    series.labels.insert(series.labels.end(), tags.begin(), tags.end());
    std::ranges::sort(series.labels);
    all_.push_back(std::move(series));
    return all_.back();
  }
  void final_value(const std::string& name, double value, const Tags& tags = {}) {
    if (std::isfinite(value)) add(name, tags).samples.emplace_back(end_, value);
  }
  [[nodiscard]] std::int64_t at(Duration since_start) const {
    return start_ + static_cast<std::int64_t>(to_millis(since_start));
  }
  std::vector<RemoteSeries> take() { return std::move(all_); }

 private:
  Tags common_;
  std::int64_t start_;
  std::int64_t end_;
  std::vector<RemoteSeries> all_;
};

void add_trend(Collector& out, const std::string& base, const MetricSummary& m, const Tags& tags) {
  if (m.count == 0) return;
  const auto name = base + "_seconds";
  const std::pair<const char*, double> quantiles[] = {
      {"0.5", m.p50}, {"0.9", m.p90}, {"0.95", m.p95}, {"0.99", m.p99}, {"0.999", m.p999}};
  for (const auto& [q, ms] : quantiles) {
    auto with = tags;
    with.emplace_back("quantile", q);
    out.final_value(name, ms / 1000, with);
  }
  const auto n = static_cast<double>(m.count);
  out.final_value(name + "_count", n, tags);
  out.final_value(name + "_sum", m.mean * n / 1000, tags);
  out.final_value(name + "_max", m.max / 1000, tags);
}

void add_metrics(Collector& out, const RunResult& r) {
  for (const auto& m : r.metrics) {
    const auto name = parse_metric_name(m.key);
    if (!name) continue;
    switch (m.type) {
      case MetricType::Trend:
        add_trend(out, name->name, m, name->tags);
        break;
      case MetricType::Counter:
        out.final_value(name->name + "_total", m.value, name->tags);
        break;
      case MetricType::Rate:
        out.final_value(name->name + "_ratio", m.value, name->tags);
        break;
      case MetricType::Gauge:
        out.final_value(name->name + (m.unit == MetricUnit::Bytes ? "_bytes" : ""), m.value,
                        name->tags);
        break;
    }
  }
}

void add_account(Collector& out, const RunResult& r) {
  // A watch has sent nothing that an account could be kept of.
  for (std::size_t i = 0; !r.watch && i < r.ledger.outcomes.size(); ++i) {
    out.final_value("ledger_messages", static_cast<double>(r.ledger.outcomes[i]),
                    {{"outcome", std::string(to_string(static_cast<Outcome>(i)))}});
  }
  for (const auto verdict : {Verdict::Pass, Verdict::Fail, Verdict::Invalid, Verdict::Watched}) {
    if (verdict == Verdict::Watched && !r.watch) continue;
    out.final_value("verdict", r.verdict == verdict ? 1 : 0,
                    {{"verdict", std::string(to_string(verdict))}});
  }
  for (const auto& t : r.thresholds) {
    if (!t.decided) continue;
    out.final_value("threshold_ok", t.ok ? 1 : 0,
                    {{"expr", t.threshold.expr}, {"metric", to_string(t.threshold.metric)}});
  }
}

/// Intervals as cumulative counters and gauges, so that rate() and a graph work as usual.
void add_live(Collector& out, const RunResult& r) {
  if (r.series.empty()) return;
  const auto last = r.series.back().at;
  const auto recent = [&](const SeriesPoint& p) { return last - p.at <= kOldest; };
  const auto total = [&](const std::string& name, std::uint64_t SeriesPoint::* field) {
    auto& series = out.add("live_" + name + "_total");
    double sum = 0;
    for (const auto& p : r.series) {
      sum += static_cast<double>(p.*field);
      if (recent(p)) series.samples.emplace_back(out.at(p.at + r.series_interval), sum);
    }
  };
  const auto gauge = [&](const std::string& name, const auto& value, const Tags& tags = {}) {
    auto& series = out.add("live_" + name, tags);
    for (const auto& p : r.series) {
      if (recent(p)) series.samples.emplace_back(out.at(p.at + r.series_interval), value(p));
    }
  };
  total("messages_sent", &SeriesPoint::sent);
  total("messages_answered", &SeriesPoint::answered);
  total("bot_messages", &SeriesPoint::bot_messages);
  total("errors", &SeriesPoint::errors);
  total("rate_limited", &SeriesPoint::rate_limited);
  gauge("in_flight", [](const SeriesPoint& p) { return static_cast<double>(p.in_flight); });
  gauge("queue_depth", [](const SeriesPoint& p) { return static_cast<double>(p.queue); });
  gauge("target_memory_bytes", [](const SeriesPoint& p) { return p.target_rss; });
  gauge("target_cpu_cores", [](const SeriesPoint& p) { return p.target_cpu; });
  for (const auto& [label, percent] : {std::pair{"0.5", 50.0}, {"0.95", 95.0}}) {
    auto& series = out.add("live_reply_latency_seconds", {{"quantile", label}});
    for (const auto& p : r.series) {
      if (!recent(p) || p.latency.count() == 0) continue;
      series.samples.emplace_back(out.at(p.at + r.series_interval),
                                  p.latency.percentile_ms(percent) / 1000);
    }
  }
}

}  // namespace

std::vector<RemoteSeries> remote_series(const RunResult& result) {
  Collector out(result);
  add_metrics(out, result);
  add_account(out, result);
  add_live(out, result);
  auto all = out.take();
  std::erase_if(all, [](const RemoteSeries& s) { return s.samples.empty(); });
  return all;
}

std::string remote_write_body(const std::vector<RemoteSeries>& series) {
  Proto request;
  for (const auto& s : series) {
    Proto one;
    for (const auto& [name, value] : s.labels) {
      Proto label;
      label.bytes(1, name);
      label.bytes(2, value);
      one.bytes(1, label.out());
    }
    for (const auto& [at, value] : s.samples) {
      Proto sample;
      sample.real(1, value);
      sample.integer(2, at);
      one.bytes(2, sample.out());
    }
    request.bytes(1, one.out());
  }
  std::string body;
  snappy::Compress(request.out().data(), request.out().size(), &body);
  return body;
}

}  // namespace chorus::lab
