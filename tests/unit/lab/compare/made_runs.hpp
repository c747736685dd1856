#pragma once

#include "chorus/base/random.hpp"
#include "chorus/lab/compare/compare.hpp"
#include "chorus/metrics/histogram.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace chorus::lab {

/// A run as it would have been: latencies drawn from a lognormal, second by second.
struct MadeRun {
  std::uint64_t seed = 1;
  double median_ms = 400;
  double sigma = 0.3;
  int seconds = 120;
  int per_second = 20;
  double error_share = 0;
  double start_factor = 1;  ///< what this start of the program did to all latencies
};

inline NamedRun make_run(const MadeRun& made) {
  Rng rng(made.seed);
  NamedRun out;
  out.name = fmt::format("run-{}", made.seed);
  auto& r = out.result;
  r.name = "made";
  r.verdict = Verdict::Pass;
  r.seed = made.seed;
  r.people = 10;
  r.bots = 1;
  r.warmup = std::chrono::seconds(2);
  r.measured = std::chrono::seconds(made.seconds);
  r.series_interval = std::chrono::seconds(1);
  metrics::Histogram all(3, 1000, 3'600'000'000'000);
  std::uint64_t errors = 0;
  for (int s = 0; s < made.seconds + 4; ++s) {
    SeriesPoint p;
    p.at = std::chrono::seconds(s);
    p.length = r.series_interval;
    for (int i = 0; i < made.per_second; ++i) {
      const double ms = rng.lognormal(made.median_ms * made.start_factor, made.sigma);
      p.latency.record(from_seconds(ms / 1000));
      ++p.bot_messages;
      if (s < 2 || s >= made.seconds + 2) continue;
      all.record(static_cast<std::uint64_t>(ms * 1e6));
      if (rng.chance(made.error_share)) ++errors;
    }
    r.series.push_back(std::move(p));
  }
  MetricSummary latency;
  latency.key = "reply_latency";
  latency.count = all.count();
  const auto at = [&](double p) { return static_cast<double>(all.percentile(p)) / 1e6; };
  latency.p50 = at(50);
  latency.p95 = at(95);
  latency.p99 = at(99);
  latency.hdr = all.encode_base64();
  MetricSummary share;
  share.key = "errors";
  share.type = MetricType::Rate;
  share.unit = MetricUnit::Share;
  share.count = all.count();
  share.value = static_cast<double>(errors) / static_cast<double>(all.count());
  r.metrics = {latency, share};
  return out;
}

inline std::vector<NamedRun> make_runs(std::size_t n, MadeRun made, double start_sigma = 0.01) {
  std::vector<NamedRun> out;
  Rng starts(made.seed);
  for (std::size_t i = 0; i < n; ++i) {
    made.start_factor = starts.lognormal(1, start_sigma);
    out.push_back(make_run(made));
    made.seed += 1000;
  }
  return out;
}

}  // namespace chorus::lab
