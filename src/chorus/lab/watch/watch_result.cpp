// A watch as a result: its report, its sentence, its verdict.
#include "chorus/base/units.hpp"
#include "chorus/lab/verdict.hpp"
#include "chorus/lab/watch/foreign_number.hpp"
#include "chorus/lab/watch/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>

namespace chorus::lab {

namespace {

std::string number(double value) {
  return format_count(foreign_whole(value));
}

bool is_noise(std::string_view name) {
  return name.ends_with("_created") || name.ends_with("_info") ||
         name == "process_start_time_seconds";
}

struct Ranked {
  double change = 0;
  WatchedRow row;
};

Ranked row_of(const WatchedFamily& family, const WatchedSeries& s, double seconds) {
  Ranked out;
  auto& row = out.row;
  row.name = family.name;
  row.kind = family.kind;
  row.labels = s.labels;
  row.resets = s.resets;
  if (family.kind == FamilyKind::Gauge) {
    row.value = s.last;
    row.low = s.low;
    row.high = s.high;
    row.mean = s.readings > 0 ? s.sum / static_cast<double>(s.readings) : 0;
    const double size = std::max(std::abs(s.low), std::abs(s.high));
    out.change = size > 0 ? (s.high - s.low) / size : 0;
    return out;
  }
  const bool counter = family.kind == FamilyKind::Counter;
  row.value = counter ? s.grown : s.spread.count;
  row.per_second = seconds > 0 ? row.value / seconds : 0;
  if (!counter) {
    row.mean = s.spread.mean().value_or(0);
    row.p50 = s.spread.quantile(0.5);
    row.p95 = s.spread.quantile(0.95);
    row.p99 = s.spread.quantile(0.99);
    row.least = s.spread.least();
  }
  out.change = row.value;
  return out;
}

/// What changed most of each kind; gauges that stood still and counters that did not grow are left
/// out and counted.
void fill_rows(const FamilyLog& log, double seconds, WatchReport& out) {
  static constexpr std::pair<FamilyKind, std::size_t> kShares[] = {{FamilyKind::Counter, 40},
                                                                   {FamilyKind::Gauge, 35},
                                                                   {FamilyKind::Histogram, 35},
                                                                   {FamilyKind::Summary, 10}};
  const auto families = log.families();
  for (const auto& [kind, most] : kShares) {
    std::vector<Ranked> ranked;
    for (const auto& family : families) {
      if (family.kind != kind || is_noise(family.name)) continue;
      for (const auto& s : family.series) {
        auto one = row_of(family, s, seconds);
        if (one.change > 0) {
          ranked.push_back(std::move(one));
        } else {
          ++out.left_out;
        }
      }
    }
    std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
      return std::tie(b.change, a.row.name, a.row.labels) <
             std::tie(a.change, b.row.name, b.row.labels);
    });
    if (ranked.size() > most) {
      out.left_out += ranked.size() - most;
      ranked.resize(most);
    }
    for (auto& one : ranked) out.rows.push_back(std::move(one.row));
  }
  out.left_out += log.left_out();
}

/// What was seen, in one breath.
std::string seen(const RunResult& r) {
  std::string out;
  const auto add = [&](std::string part) { out += (out.empty() ? "" : ", ") + std::move(part); };
  const auto* in = find_summary(r, "messages{side:person}");
  const auto* sent = find_summary(r, "messages{side:bot}");
  const double seconds = std::max(1e-3, to_seconds(r.measured));
  if (in && sent) {
    add(fmt::format("{} messages in ({:.3g}/s), {} out ({:.3g}/s)", number(in->value),
                    in->value / seconds, number(sent->value), sent->value / seconds));
  }
  if (const auto* errors = find_summary(r, "errors")) {
    add(fmt::format("{} of {} calls failed",
                    number(errors->value * static_cast<double>(errors->count)),
                    number(static_cast<double>(errors->count))));
  }
  if (const auto* limited = find_summary(r, "rate_limited"); limited && limited->value > 0) {
    add(fmt::format("{} were answered 429", number(limited->value)));
  }
  if (const auto* hits = find_summary(r, "cache_hits"); hits && hits->count > 0) {
    add(fmt::format("{:.1f} % of the cached reads were hits", hits->value * 100));
  }
  if (const auto* opened = find_summary(r, "breaker_opened"); opened && opened->value > 0) {
    add(opened->value == 1 ? std::string("a breaker opened once")
                           : fmt::format("breakers opened {} times", number(opened->value)));
  }
  return out;
}

}  // namespace

WatchReport Watch::report(Duration at, const WatchEnd& end) const {
  WatchReport out;
  out.ended = end.why;
  out.every_s = to_seconds(options_.every);
  const double now = to_seconds(at);
  for (const auto& slot : sources_) {
    if (!slot) continue;
    out.sources.push_back(slot->told);
    if (slot->silent_since && slot->told.gaps.size() < WatchSource::kMaxGaps) {
      out.sources.back().gaps.emplace_back(*slot->silent_since, now);
    }
  }
  for (auto* calls : {&program_, &box_}) {
    auto rows = calls == &program_ ? calls_of_program(*calls) : calls_of_sandbox(*calls);
    std::ranges::sort(rows, [](const WatchedCalls& a, const WatchedCalls& b) {
      return std::tie(b.count, a.api, a.method) < std::tie(a.count, b.api, b.method);
    });
    const auto room = WatchReport::kMaxCalls / 2;
    if (rows.size() > room) rows.resize(room);
    for (auto& row : rows) out.calls.push_back(std::move(row));
  }
  out.caches = caches_of(program_);
  out.turns = turns_of(program_);
  out.breakers = breakers_;
  out.events = events_;
  out.more_events = more_events_;
  fill_rows(program_, now, out);
  out.lag_name = lag_histogram(program_);
  out.points = points_.points();
  out.interval = points_.interval();
  // Silent is what lies in a gap of every source that counts.
  for (auto& point : out.points) {
    const double begin = to_seconds(point.at);
    const double until = begin + to_seconds(out.interval);
    bool silent = false;
    for (const auto& source : out.sources) {
      if (source.kind == "process") continue;
      silent = std::ranges::any_of(
          source.gaps, [&](const auto& gap) { return gap.first <= begin && gap.second >= until; });
      if (!silent) break;
    }
    point.silent = silent;
  }
  return out;
}

RunResult Watch::finish(Duration at, const WatchEnd& end,
                        const std::vector<Threshold>& thresholds) {
  RunResult out;
  const double seconds = to_seconds(at);
  out.name = options_.name;
  out.description = "A running system, watched from outside.";
  out.end = end.how;
  out.end_reason = end.how == RunEnd::Complete ? "" : end.why;
  out.started_at = options_.started_at;
  out.duration = at;
  out.measured = at;
  out.target_kind = TargetKind::Attach;
  out.limits = "unknown";
  out.transport = "unknown";
  out.pacing = "unknown";
  out.environment = options_.environment;
  for (const auto& slot : sources_) {
    if (!slot) continue;
    const bool process = slot->told.kind == "process";
    out.target += fmt::format("{}{}", out.target.empty() ? "a running system, by " : ", ",
                              process ? slot->told.where : "its " + slot->told.kind);
  }
  if (!target_.empty()) out.processes.push_back(target_.summary());
  if (!own_.empty()) out.processes.push_back(own_.summary());
  out.series = series_.points();
  out.series_interval = series_.interval();
  if (const auto& slot = source(From::Metrics)) {
    out.scrape = curves_.report(slot->told.where);
    out.scrape->failed = slot->told.failed;
    out.scrape->last_error = slot->told.last_error;
  }
  fill_metrics(out, seconds);
  fill_thresholds(out, thresholds, seconds);
  out.watch = std::make_shared<const WatchReport>(report(at, end));
  for (const auto& call : out.watch->calls) {
    if (out.errors.size() >= 100) break;
    for (const auto& [status, n] : call.statuses) {
      // The program's own counts and the sandbox's are of the same calls.
      const bool both = call.seen_by == "sandbox" && !calls_of_program(program_).empty();
      if (!both && call.failed + call.limited > 0 && status != "200" && status != "ok") {
        out.errors[fmt::format("{} {}", call.method, status)] += n;
      }
    }
  }
  judge_watch(out);
  return out;
}

void judge_watch(RunResult& r) {
  std::size_t failed = 0;
  std::size_t open = 0;
  for (const auto& t : r.thresholds) {
    const auto name = fmt::format("{} {}", to_string(t.threshold.metric), t.threshold.expr);
    if (t.decided && t.ok) continue;
    if (t.decided) {
      ++failed;
      r.reasons.insert(
          r.reasons.begin() + static_cast<std::ptrdiff_t>(failed - 1),
          fmt::format("{} does not hold: {}", name, format_value(*t.value, unit_of(t.threshold))));
    } else {
      ++open;
      r.reasons.push_back(t.value ? fmt::format("{} is undecided: n = {} of the {} that it takes",
                                                name, t.n, t.needed)
                                  : fmt::format("{} is undecided: nothing of it was seen", name));
    }
  }
  r.verdict = r.thresholds.empty() ? Verdict::Watched
              : open > 0           ? Verdict::Invalid
              : failed > 0         ? Verdict::Fail
                                   : Verdict::Pass;
  r.exit_code = r.verdict == Verdict::Fail      ? kExitThreshold
                : r.verdict == Verdict::Invalid ? kExitInvalid
                                                : kExitPass;
  const auto what = seen(r);
  std::string sentence = fmt::format("Watched for {}{}{}.", format_duration(r.measured),
                                     what.empty() ? "" : ": ", what);
  const auto of = [&](std::size_t n, std::string_view one, std::string_view many) {
    return n == 0 ? std::string()
                  : fmt::format("{} of {} thresholds {}. ", n, r.thresholds.size(),
                                n == 1 ? one : many);
  };
  sentence = of(failed, "does not hold", "do not hold") +
             of(open, "is undecided", "are undecided") + sentence;
  if (r.end == RunEnd::TargetEnded) sentence += fmt::format(" It ended: {}.", r.end_reason);
  r.sentence = std::move(sentence);
  r.not_proven = {
      "a watch makes no load and asks nobody: how long people waited for an answer it does not "
      "know",
      "what happens between two readings is seen only where the program counts it"};
}

}  // namespace chorus::lab
