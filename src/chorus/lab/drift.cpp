#include "chorus/lab/drift.hpp"

#include "chorus/lab/stats/proportion.hpp"

namespace chorus::lab {

namespace {

constexpr std::uint64_t kFewest = 59;

struct Fifth {
  std::uint64_t required = 0;
  std::uint64_t answered = 0;
  LogBins latency;
};

Fifth between(std::span<const SeriesPoint> served, Duration from, Duration to) {
  Fifth out;
  for (const auto& point : served) {
    const auto middle = point.at + point.length / 2;
    if (middle < from || middle >= to) continue;
    out.required += point.sent;
    out.answered += point.answered;
    out.latency.merge(point.latency);
  }
  return out;
}

}  // namespace

std::optional<Drift> drift_of(std::span<const SeriesPoint> served, Duration warmup,
                              Duration measured) {
  const auto fifth = measured / 5;
  const auto first = between(served, warmup, warmup + fifth);
  const auto last = between(served, warmup + measured - fifth, warmup + measured);
  const auto enough = [](const Fifth& f) { return f.required >= kFewest && f.latency.count() > 0; };
  if (!enough(first) || !enough(last)) return std::nullopt;
  Drift out;
  out.first_p95_ms = first.latency.percentile_ms(95);
  out.last_p95_ms = last.latency.percentile_ms(95);
  const stats::Proportion before{first.answered, first.required};
  const stats::Proportion after{last.answered, last.required};
  out.first_success = before.share();
  out.last_success = after.share();
  out.first_n = first.required;
  out.last_n = last.required;
  out.success_p = stats::share_test(before, after);
  return out;
}

}  // namespace chorus::lab
