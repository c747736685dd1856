#include "chorus/lab/verdict.hpp"

#include "chorus/base/units.hpp"
#include "chorus/lab/detail/findings.hpp"
#include "chorus/lab/detail/slot_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace {

constexpr double kLoadShare = 0.95;
/// Of the window and what is missing in it together.
constexpr double kAwayShare = 0.1;

std::string threshold_text(const ThresholdResult& t) {
  return fmt::format("{} {}", to_string(t.threshold.metric), t.threshold.expr);
}

std::string value_text(const ThresholdResult& t) {
  return t.value ? format_value(*t.value, unit_of(t.threshold)) : "nothing";
}

void invalid_reasons(const RunResult& r, std::vector<std::string>& out) {
  if (r.end == RunEnd::NeverReady) {
    out.push_back(r.end_reason.empty() ? "the target never became ready"
                                       : "the target never became ready: " + r.end_reason);
  }
  if (r.end == RunEnd::TimedOut || r.end == RunEnd::CutOff) out.push_back(r.end_reason);
  if (r.end == RunEnd::Interrupted) {
    out.push_back(
        fmt::format("interrupted after {} of the measured window", format_duration(r.measured)));
  }
  if (r.end == RunEnd::NeverReady) return;
  if (!r.identity) {
    out.emplace_back("the ledger does not add up: this is a bug of the lab, please report it");
  }
  const auto& load = r.load;
  if (static_cast<double>(load.sent) < kLoadShare * static_cast<double>(load.planned)) {
    out.push_back(fmt::format("the load was not reached: {} of {} planned messages were accepted",
                              load.sent, load.planned));
  }
  const auto away = away_within(r.away, Duration{}, Duration::max());
  if (to_seconds(away) > kAwayShare * to_seconds(r.measured + away)) {
    out.push_back(fmt::format("missing data: the lab was away for {}, and {} were measured",
                              format_duration(away), format_duration(r.measured)));
  }
  const double allowed = allowed_lateness_ms(r.thresholds);
  if (load.late_p99_ms > allowed) {
    out.push_back(
        fmt::format("the lab itself was late: p99 {} where {} is allowed; give it a core "
                    "of its own or ask for less",
                    detail::ms_text(load.late_p99_ms), detail::ms_text(allowed)));
  }
  for (const auto& t : r.thresholds) {
    if (detail::judges_generator(t) && t.decided && !t.ok) {
      out.push_back(fmt::format("{}: {}", threshold_text(t), value_text(t)));
    }
    if (t.decided) continue;
    out.push_back(t.n == 0 ? fmt::format("{}: nothing was recorded", threshold_text(t))
                           : fmt::format("{}: {} samples, and {} are needed; run longer or with "
                                         "more people",
                                         threshold_text(t), t.n, t.needed));
  }
  if (detail::little_is_void(r)) {
    out.push_back(detail::little_text(r) + ": samples are missing");
  }
}

void fail_reasons(const RunResult& r, std::vector<std::string>& out) {
  if (r.end == RunEnd::Aborted || r.end == RunEnd::Broken) out.push_back(r.end_reason);
  for (const auto& t : r.thresholds) {
    if (!t.decided || t.ok || detail::judges_generator(t)) continue;
    auto line = fmt::format("{}: {}", threshold_text(t), value_text(t));
    if (t.broken_too_long()) {
      line +=
          fmt::format(", broken for {} at a stretch where {} are allowed",
                      format_duration(t.longest_broken), format_duration(t.threshold.broken_for));
    }
    if (!t.threshold.why.empty()) line += fmt::format(" ({})", t.threshold.why);
    out.push_back(std::move(line));
  }
  if (r.slots) detail::slot_failures(*r.slots, out);
  // After a gap the ledger and a store that outlived it have not seen the same.
  if (!r.away.empty() || r.end == RunEnd::CutOff) return;
  const auto& c = r.target_counts;
  if (c.updates_stored && *c.updates_stored != r.ledger.updates_taken) {
    out.push_back(fmt::format("the fleet stored {} updates, the platform handed out {}",
                              *c.updates_stored, r.ledger.updates_taken));
  }
  // What it calls unknown was sent without hearing of it: it may have arrived, or not.
  const auto most = c.messages_sent ? *c.messages_sent + c.unknown.value_or(0) : 0;
  if (c.messages_sent &&
      (r.ledger.bot_messages < *c.messages_sent || r.ledger.bot_messages > most)) {
    out.push_back(fmt::format("the fleet counts {} messages sent, the platform accepted {}",
                              *c.messages_sent, r.ledger.bot_messages));
  }
}

/// The scenario's thresholds as limits with a load factor, beside the platform's.
void add_threshold_limits(RunResult& r) {
  for (const auto& t : r.thresholds) {
    const bool upper = t.threshold.comparison == Comparison::Less ||
                       t.threshold.comparison == Comparison::LessEqual;
    if (!upper || !t.value || !(t.threshold.bound > 0)) continue;
    r.limit_use.push_back({threshold_text(t), "scenario", t.threshold.bound, *t.value,
                           unit_of(t.threshold), *t.value / t.threshold.bound});
  }
}

const LimitUse* nearest_limit(const RunResult& r) {
  const auto found = std::ranges::max_element(r.limit_use, {}, &LimitUse::factor);
  return found == r.limit_use.end() || found->factor <= 0 ? nullptr : &*found;
}

/// Names of the platform's faults that met no call at any of their times. A calm minute is no
/// wonder; a fault that is for another platform, or for what this bot never does, is one.
std::vector<std::string> faults_that_met_nothing(const RunResult& r) {
  std::vector<std::pair<std::string, std::uint64_t>> calls;
  for (const auto& window : r.fault_windows) {
    if (window.kind == "kill" || window.kind == "pause") continue;
    auto known = std::ranges::find(calls, window.name, &decltype(calls)::value_type::first);
    if (known == calls.end()) known = calls.insert(calls.end(), {window.name, 0});
    known->second += window.calls;
  }
  std::vector<std::string> out;
  for (auto& [name, met] : calls) {
    if (met == 0) out.push_back(std::move(name));
  }
  return out;
}

void list_not_proven(RunResult& r) {
  auto& out = r.not_proven;
  if (r.slots) return detail::slot_gaps(out);
  if (r.virtual_time) {
    out.emplace_back("time was virtual: latencies are modelled and CPU costs no time");
  }
  if (r.llm_calls == 0) {
    out.emplace_back(
        "no LLM was called: the answer times of a real model are not in these numbers");
  } else {
    out.emplace_back("the LLM was the sandbox's: a real one is slower, costs money and has limits");
  }
  if (!detail::has_platform_limits(r)) {
    out.emplace_back("the platform's limits: application services are exempt from them");
  } else if (r.load.factor < 0.5) {
    out.push_back(fmt::format("the platform's limits: they were used to {:.0f} % at most",
                              r.load.factor * 100));
  }
  for (const auto& name : faults_that_met_nothing(r)) {
    out.push_back(fmt::format("what the fault '{}' does: it met no call", name));
  }
  const auto* reply = find_summary(r, "reply_latency");
  if (reply && reply->count > 0 && reply->count < 299) {
    out.push_back(
        fmt::format("the p99 of reply_latency: {} samples, 299 are needed", reply->count));
  }
  if (r.measured > Duration::zero() && r.measured < std::chrono::minutes(30)) {
    out.push_back(
        fmt::format("anything that takes longer than {} to show, like a leak",
                    format_duration_compact(std::chrono::round<std::chrono::seconds>(r.measured))));
  }
}

std::string who(const RunResult& r) {
  if (r.slots) return detail::slot_sentence(r);
  const auto bots = fmt::format("{} bot{}", r.bots, r.bots == 1 ? "" : "s");
  if (r.people == 0) return bots;
  return fmt::format("{} people with {}", format_count(r.people), bots);
}

/// What failed in a run that proves nothing else: a bot that answers nobody needs no longer run.
std::string broken_all_the_same(const RunResult& r) {
  const auto failed = std::ranges::find_if(r.thresholds, [](const ThresholdResult& t) {
    return t.decided && !t.ok && !detail::judges_generator(t);
  });
  if (failed == r.thresholds.end()) return {};
  return fmt::format(" What it does show is bad: {}: {}.", threshold_text(*failed),
                     value_text(*failed));
}

std::string sentence(const RunResult& r) {
  const auto* reply = find_summary(r, "reply_latency");
  const auto* limit = nearest_limit(r);
  if (r.verdict == Verdict::Invalid) {
    return fmt::format("Proves nothing about {}: {}.{}", who(r),
                       r.reasons.empty() ? "no reason given" : r.reasons.front(),
                       broken_all_the_same(r));
  }
  if (r.verdict == Verdict::Fail) {
    auto first = detail::slowest_leg(r);
    const auto unanswered = r.ledger.of(Outcome::Unanswered);
    const bool slow = std::ranges::any_of(r.thresholds, [](const ThresholdResult& t) {
      return t.decided && !t.ok && t.value && std::isfinite(*t.value) &&
             unit_of(t.threshold) == MetricUnit::Time;
    });
    if (!slow || first.empty()) {
      first = unanswered > 0 ? fmt::format(
                                   "answering: {} of {} required replies did not come in "
                                   "time",
                                   unanswered, r.ledger.required)
                             : (r.reasons.empty() ? std::string("a threshold") : r.reasons.front());
    }
    return fmt::format("Does not hold {}. First to give way: {}.", who(r), first);
  }
  std::string speed;
  if (reply && reply->count > 0) {
    speed = fmt::format(": p95 {}, {} replies", detail::ms_text(reply->p95),
                        format_count(static_cast<std::int64_t>(reply->count)));
  }
  std::string next;
  if (limit) {
    next =
        fmt::format(" First to give way: {}, used to {:.0f} %.", limit->name, limit->factor * 100);
  }
  return fmt::format("Holds {}{}.{}", who(r), speed, next);
}

}  // namespace

double allowed_lateness_ms(const std::vector<ThresholdResult>& thresholds) {
  double tightest = 5000;
  for (const auto& t : thresholds) {
    if (unit_of(t.threshold) == MetricUnit::Time && !detail::judges_generator(t)) {
      tightest = std::min(tightest, t.threshold.bound);
    }
  }
  return std::clamp(tightest / 100, 5.0, 50.0);
}

void judge(RunResult& r) {
  r.reasons.clear();
  invalid_reasons(r, r.reasons);
  std::vector<std::string> failed;
  fail_reasons(r, failed);
  r.verdict = !r.reasons.empty() ? Verdict::Invalid
              : failed.empty()   ? Verdict::Pass
                                 : Verdict::Fail;
  // What ended the run explains the rest of them: too few samples, say.
  const bool ended_early = r.end == RunEnd::Aborted || r.end == RunEnd::Broken;
  const auto early = failed.begin() + (ended_early && !failed.empty() ? 1 : 0);
  r.reasons.insert(r.reasons.begin(), failed.begin(), early);
  r.reasons.insert(r.reasons.end(), early, failed.end());
  switch (r.end) {
    case RunEnd::Interrupted:
      r.exit_code = kExitInterrupted;
      break;
    case RunEnd::Aborted:
    case RunEnd::TimedOut:
      r.exit_code = kExitAborted;
      break;
    case RunEnd::NeverReady:
      r.exit_code = kExitNeverReady;
      break;
    case RunEnd::Broken:
      r.exit_code = kExitBroken;
      break;
    case RunEnd::CutOff:
      r.exit_code = kExitInvalid;
      break;
    case RunEnd::TargetEnded:
    case RunEnd::Complete:
      r.exit_code = r.verdict == Verdict::Pass   ? kExitPass
                    : r.verdict == Verdict::Fail ? kExitThreshold
                                                 : kExitInvalid;
  }
  add_threshold_limits(r);
  detail::list_findings(r);
  if (r.duration > Duration::zero()) list_not_proven(r);
  if (!r.steered.empty()) {
    r.not_proven.push_back(
        fmt::format("the scenario's own load: it was steered by hand, {} ({} change{} in all)",
                    r.steered.front(), r.steered.size(), r.steered.size() == 1 ? "" : "s"));
  }
  r.sentence = sentence(r);
}

}  // namespace chorus::lab
