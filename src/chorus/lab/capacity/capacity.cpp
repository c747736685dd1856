#include "chorus/lab/capacity/capacity.hpp"

#include "chorus/lab/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

double p95(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m && m->count > 0 ? m->p95 : 0;
}

double value(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m ? m->value : 0;
}

std::string ms(double v) {
  return format_value(v, MetricUnit::Time);
}

/// Why a probe says nothing about the load; nothing when it does. Too few samples for a percentile
/// are no reason: the probe is repeated.
std::optional<std::string> void_because(const RunResult& r) {
  if (r.end == RunEnd::Interrupted) return "it was interrupted";
  if (r.end != RunEnd::Complete) {
    return r.end_reason.empty() ? std::string(to_string(r.end)) : r.end_reason;
  }
  if (!r.identity) return "the ledger does not add up";
  // judge() allows for the tightest gate; the goal is the only one here.
  const double allowed = allowed_lateness_ms(r.thresholds);
  if (r.load.late_p99_ms > allowed) {
    return fmt::format("the lab itself was late: p99 {} where {} is allowed",
                       ms(r.load.late_p99_ms), ms(allowed));
  }
  if (r.load.planned > 0 &&
      static_cast<double>(r.load.sent) < 0.95 * static_cast<double>(r.load.planned)) {
    return fmt::format("the load was not reached: {} of {} planned messages", r.load.sent,
                       r.load.planned);
  }
  return std::nullopt;
}

ProbeReport report_of(const Probe& probe, RunResult run, const Goal& goal) {
  ProbeReport out;
  out.probe = probe;
  out.replies = attainment(run, goal).value_or(stats::Proportion{});
  const double seconds = to_seconds(run.measured);
  if (seconds > 0) out.throughput = value(run, "messages{side:bot}") / seconds;
  out.p95_ms = p95(run, to_string(goal.threshold.metric));
  out.drained = run.ledger.of(Outcome::InFlight) == 0 && run.ledger.of(Outcome::Lost) == 0;
  run.series = {};
  out.run = std::move(run);
  return out;
}

/// The probe of that side nearest to the limit.
const ProbeReport* nearest_probe(const Capacity& c, std::uint32_t people) {
  const ProbeReport* out = nullptr;
  for (const auto& p : c.probes) {
    if (p.probe.people == people) out = &p;
  }
  return out;
}

void conclude(const SearchPlan& plan, Capacity& out) {
  out.end = plan.end();
  out.people = plan.capacity();
  out.missed = plan.missed();
  out.levels = plan.levels();
  std::vector<stats::LoadPoint> points;
  for (const auto& p : out.probes) {
    points.push_back({static_cast<double>(p.probe.people), p.throughput});
  }
  if (auto fit = stats::fit_usl(points, Rng(1))) {
    out.usl = std::move(*fit);
  } else {
    out.no_usl = fit.error().message;
  }
  const auto* held = nearest_probe(out, out.people);
  const bool really = out.missed && out.levels[*out.missed].state == LevelState::Misses;
  const auto* missed = really ? nearest_probe(out, *out.missed) : nullptr;
  if (held) out.throughput = held->throughput;
  if (missed) out.hints = bottleneck_hints(missed->run, held ? &held->run : nullptr);
}

}  // namespace

std::vector<std::string> bottleneck_hints(const RunResult& missed, const RunResult* held) {
  std::vector<std::string> out;
  if (missed.load.late_p99_ms > 0.5 * allowed_lateness_ms(missed.thresholds)) {
    out.push_back(fmt::format("the lab itself was near its limit: p99 late by {}",
                              ms(missed.load.late_p99_ms)));
  }
  for (const auto& limit : missed.limit_use) {
    if (limit.whose == "platform" && limit.factor >= 0.95) {
      out.push_back(fmt::format("the platform's limit was reached: {} ({:.0f} %)", limit.name,
                                limit.factor * 100));
    }
  }
  if (const double limited = value(missed, "rate_limited"); limited > 0) {
    out.push_back(fmt::format("the platform answered {:.0f} calls with 429", limited));
  }
  for (const auto& process : missed.processes) {
    if (process.name == "target" && process.cpu_mean >= 0.9) {
      out.push_back(
          fmt::format("the target kept {:.2f} cores busy: its CPU is used up", process.cpu_mean));
    }
  }
  if (const double errors = value(missed, "llm_errors"); errors > 0.01) {
    out.push_back(fmt::format("the LLM refused {:.1f} % of the calls", errors * 100));
  }
  // The leg that grew most between the load that held and the one that missed.
  struct Leg {
    std::string_view metric;
    std::string_view what;
  };
  static constexpr Leg kLegs[] = {
      {"pickup_latency", "updates waited before the bot took them"},
      {"llm_total", "the LLM took its time"},
      {"bot_latency", "the bot itself took its time from update to reply"},
      {"connection_wait", "the platform was slow to accept messages"}};
  // A tenth of what the goal allows, where there is nothing to compare with.
  double notable = 50;
  for (const auto& t : missed.thresholds) notable = std::max(notable, t.threshold.bound / 10);
  std::vector<std::pair<double, std::string>> grown;
  for (const auto& leg : kLegs) {
    const double now = p95(missed, leg.metric);
    const double then = held ? p95(*held, leg.metric) : 0;
    if (now - then < notable || now < 1.5 * then) continue;
    grown.emplace_back(now - then,
                       held ? fmt::format("{}: p95 {} instead of {}", leg.what, ms(now), ms(then))
                            : fmt::format("{}: p95 {}", leg.what, ms(now)));
  }
  std::ranges::sort(grown, std::greater<>{});
  for (auto& [by, text] : grown) out.push_back(std::move(text));
  return out;
}

Result<Capacity> search_capacity(const SearchLimits& limits, const Goal& goal,
                                 const RunProbe& run_probe,
                                 const std::function<void(const ProbeReport&)>& progress) {
  SearchLimits with_share = limits;
  with_share.share = goal.share();
  SearchPlan plan(with_share);
  Capacity out;
  out.goal = goal;
  while (const auto probe = plan.next()) {
    auto run = run_probe(*probe);
    if (!run) {
      if (out.probes.empty()) return std::unexpected(run.error());
      out.why = run.error().message;
      out.exit_code = 107;
      plan.stop();
      break;
    }
    out.scenario = run->name;
    out.virtual_time = run->virtual_time;
    auto why = void_because(*run);
    out.exit_code = run->exit_code;
    out.probes.push_back(report_of(*probe, std::move(*run), goal));
    const auto& report = out.probes.back();
    if (progress) progress(report);
    if (!why && report.replies.n == 0)
      why = "a probe had no message that required a reply: probe longer or begin with more people";
    if (why) {
      out.why = std::move(*why);
      plan.stop();
      break;
    }
    plan.observe(report.replies);
  }
  conclude(plan, out);
  return out;
}

int capacity_exit_code(const Capacity& c) {
  switch (c.end) {
    case SearchEnd::Found:
    case SearchEnd::AtLeast:
      return kExitPass;
    case SearchEnd::NoLevel:
      return kExitThreshold;
    case SearchEnd::Stopped:
      for (const int code : {kExitInterrupted, kExitBroken, kExitAborted, kExitNeverReady}) {
        if (c.exit_code == code) return code;
      }
      return kExitInvalid;
    case SearchEnd::Running:
    case SearchEnd::Unsteady:
    case SearchEnd::TooFew:
    case SearchEnd::TooMany:
      break;
  }
  return kExitInvalid;
}

}  // namespace chorus::lab
