#include "chorus/lab/compare/compare.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace chorus::lab {

namespace {

MeasureKey key_of(std::string_view text) {
  auto key = parse_measure(text);
  CH_CHECK(key.has_value());
  return std::move(*key);
}

/// What two runs must have in common: where it differs, the load does.
std::vector<std::string> differences(const RunResult& a, const RunResult& b) {
  std::vector<std::string> out;
  const auto differ = [&](std::string_view what, std::string_view x, std::string_view y) {
    if (x != y) out.push_back(fmt::format("{}: '{}' and '{}'", what, x, y));
  };
  const auto number = [&](std::string_view what, std::uint64_t x, std::uint64_t y) {
    if (x != y) out.push_back(fmt::format("{}: {} and {}", what, x, y));
  };
  if (!a.watch != !b.watch) {
    out.emplace_back(
        "one is a watch and the other a load test: a watch made no load, and what it "
        "counts is not what a load test measures");
    return out;
  }
  differ("scenario", a.name, b.name);
  number("people", a.people, b.people);
  number("bots", a.bots, b.bots);
  differ("target", to_string(a.target_kind), to_string(b.target_kind));
  differ("transport", a.transport, b.transport);
  differ("pacing", a.pacing, b.pacing);
  differ("limits", a.limits, b.limits);
  differ("clock", a.virtual_time ? "virtual" : "real", b.virtual_time ? "virtual" : "real");
  const double x = to_seconds(a.measured);
  const double y = to_seconds(b.measured);
  if (std::abs(x - y) > 0.1 * std::max(x, y)) {
    out.push_back(fmt::format("measured window: {} and {}", format_duration(a.measured),
                              format_duration(b.measured)));
  }
  return out;
}

/// The runs that prove something about the load that was planned; the others are named.
std::vector<NamedRun> usable(std::span<const NamedRun> runs, std::vector<std::string>& notes) {
  std::vector<NamedRun> out;
  for (const auto& run : runs) {
    if (run.result.verdict != Verdict::Invalid && run.result.steered.empty()) {
      out.push_back(run);
      continue;
    }
    if (!run.result.steered.empty()) {
      notes.push_back(fmt::format("{} was steered by hand and left out: {}", run.name,
                                  run.result.steered.front()));
      continue;
    }
    notes.push_back(fmt::format(
        "{} is INVALID and left out{}", run.name,
        run.result.reasons.empty() ? std::string() : ": " + run.result.reasons.front()));
  }
  return out;
}

void add_notes(const std::vector<NamedRun>& before, const std::vector<NamedRun>& after,
               RunComparison& out) {
  const auto fewest = std::min(before.size(), after.size());
  if (out.method == CompareMethod::Blocks) {
    out.notes.emplace_back(
        "too few runs to know how one start differs from the next: the intervals are those inside "
        "the runs");
  } else if (fewest == kRunsForRanks) {
    out.notes.emplace_back(
        "4 runs a side reach p 0.029 at best, which several gates take away; 5 reach 0.008");
  }
  std::set<std::uint64_t> seeds;
  for (const auto* side : {&before, &after}) {
    for (const auto& run : *side) seeds.insert(run.result.seed);
  }
  if (before.front().result.virtual_time) {
    out.notes.emplace_back("simulated runs: latencies are modelled and CPU costs no time");
    if (seeds.size() < before.size() + after.size()) {
      out.notes.emplace_back("simulated runs of one seed are one run: they add nothing");
    }
  }
}

void measure(const std::vector<NamedRun>& before, const std::vector<NamedRun>& after,
             const CompareOptions& options, CompareMethod method, MeasureChange& change) {
  if (method == CompareMethod::Ranks) {
    detail::rank_evidence(before, after, options, change);
  } else if (change.key.type == MetricType::Rate) {
    detail::share_evidence(before, after, options, change);
  } else {
    detail::block_evidence(before, after, options, change);
  }
  if (change.method != CompareMethod::None) {
    change.p = change.evidence.p;
    return;
  }
  const auto b = detail::values_of(before, change.key);
  const auto a = detail::values_of(after, change.key);
  if (!b.empty()) change.before = detail::median_of(b);
  if (!a.empty()) change.after = detail::median_of(a);
  if (b.empty() || a.empty()) change.note = "a side has no samples of it";
}

/// Holm over the gates that have evidence; the others stay undecided.
void decide_gates(const CompareOptions& options, RunComparison& out) {
  std::vector<MeasureChange*> judged;
  std::vector<double> p;
  for (auto& change : out.changes) {
    if (!change.gate || change.method == CompareMethod::None) continue;
    judged.push_back(&change);
    p.push_back(change.p);
  }
  const auto adjusted = stats::holm(p);
  for (std::size_t i = 0; i < judged.size(); ++i) {
    auto& change = *judged[i];
    change.evidence.p = adjusted[i];
    change.decision = stats::decide(change.evidence, change.min_effect, options.alpha);
    if (worse_direction(change.key) == 0 && change.decision != stats::Decision::Same) {
      change.decision = stats::Decision::Undecided;
      change.note = "neither direction is worse";
    }
  }
  std::vector<stats::Decision> decisions;
  for (const auto& change : out.changes) {
    if (change.gate) decisions.push_back(change.decision);
  }
  out.decision = stats::overall(decisions);
}

}  // namespace

std::string_view to_string(CompareMethod method) noexcept {
  switch (method) {
    case CompareMethod::Blocks:
      return "blocks";
    case CompareMethod::Ranks:
      return "ranks";
    case CompareMethod::Shares:
      return "shares";
    case CompareMethod::None:
      return "none";
  }
  return "";
}

Result<RunComparison> compare_runs(std::span<const NamedRun> before,
                                   std::span<const NamedRun> after, const CompareOptions& options) {
  RunComparison out;
  out.alpha = options.alpha;
  const auto b = usable(before, out.notes);
  const auto a = usable(after, out.notes);
  if (b.empty() || a.empty()) {
    std::string why = fmt::format("no run {} is left to compare", b.empty() ? "before" : "after");
    for (const auto& note : out.notes) why += "; " + note;
    return fail(ErrorCode::NotFound, std::move(why));
  }
  for (const auto* side : {&b, &a}) {
    for (const auto& run : *side) {
      const auto differ = differences(b.front().result, run.result);
      if (differ.empty()) continue;
      return fail(ErrorCode::Misconfigured,
                  fmt::format("{} and {} are not comparable: {}", b.front().name, run.name,
                              fmt::join(differ, "; ")));
    }
  }
  out.scenario = b.front().result.name;
  for (const auto& run : b) out.before.push_back(run.name);
  for (const auto& run : a) out.after.push_back(run.name);
  out.method =
      std::min(b.size(), a.size()) >= kRunsForRanks ? CompareMethod::Ranks : CompareMethod::Blocks;
  const bool named = !options.gates.empty();
  auto gates = options.gates;
  auto shown = options.shown;
  if (gates.empty()) {
    gates = {key_of("reply_latency:p50"), key_of("reply_latency:p95"), key_of("errors:rate")};
    if (shown.empty()) {
      shown = {key_of("reply_latency:p99"), key_of("messages{side:bot}:rate"),
               key_of("process_cpu:avg"), key_of("process_rss:max")};
    }
  }
  for (const auto* list : {&gates, &shown}) {
    for (const auto& key : *list) {
      MeasureChange change;
      change.key = key;
      change.gate = list == &gates;
      measure(b, a, options, out.method, change);
      // A scenario without people has no replies: what nobody asked for is not missed.
      const bool wanted = change.gate && named;
      if (wanted || change.before || change.after) out.changes.push_back(std::move(change));
    }
  }
  add_notes(b, a, out);
  decide_gates(options, out);
  return out;
}

}  // namespace chorus::lab
