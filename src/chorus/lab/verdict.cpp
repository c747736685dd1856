#include "chorus/lab/verdict.hpp"

#include "chorus/base/units.hpp"
#include "chorus/lab/detail/slot_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

constexpr double kLoadShare = 0.95;
/// Of the window and what is missing in it together.
constexpr double kAwayShare = 0.1;
constexpr double kLittleTolerance = 0.05;
constexpr Duration kLittleFrom = std::chrono::minutes(5);
/// Beyond this not even a short run means anything.
constexpr double kLittleGross = 0.25;
constexpr std::uint64_t kLittleFewest = 20;
constexpr double kDriftRatio = 2;
constexpr double kDriftSuccess = 0.02;

std::string threshold_text(const ThresholdResult& t) {
  return fmt::format("{} {}", to_string(t.threshold.metric), t.threshold.expr);
}

std::string value_text(const ThresholdResult& t) {
  return t.value ? format_value(*t.value, unit_of(t.threshold)) : "nothing";
}

double p95(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m && m->count > 0 ? m->p95 : 0;
}

std::string ms_text(double ms) {
  return format_value(ms, MetricUnit::Time);
}

bool judges_generator(const ThresholdResult& t) {
  return t.threshold.metric.name == "generator_late";
}

std::string little_text(const RunResult& r) {
  const auto& l = r.little;
  auto text = fmt::format("Little's law is off by {:.0f} %", r.little_error * 100);
  if (l.n == 0) return text;
  return text + fmt::format(" ({:.3g} in flight, and {:.3g}/s times {:.3g} s are {:.3g})",
                            l.in_flight(), l.rate(), l.time(), l.rate() * l.time());
}

bool little_is_void(const RunResult& r) {
  const bool gross = r.little.n >= kLittleFewest && r.little_error > kLittleGross;
  return gross || (r.measured >= kLittleFrom && r.little_error > kLittleTolerance);
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
                    ms_text(load.late_p99_ms), ms_text(allowed)));
  }
  for (const auto& t : r.thresholds) {
    if (judges_generator(t) && t.decided && !t.ok) {
      out.push_back(fmt::format("{}: {}", threshold_text(t), value_text(t)));
    }
    if (t.decided) continue;
    out.push_back(t.n == 0 ? fmt::format("{}: nothing was recorded", threshold_text(t))
                           : fmt::format("{}: {} samples, and {} are needed; run longer or with "
                                         "more people",
                                         threshold_text(t), t.n, t.needed));
  }
  if (little_is_void(r)) {
    out.push_back(little_text(r) + ": samples are missing");
  }
}

void fail_reasons(const RunResult& r, std::vector<std::string>& out) {
  if (r.end == RunEnd::Aborted || r.end == RunEnd::Broken) out.push_back(r.end_reason);
  for (const auto& t : r.thresholds) {
    if (!t.decided || t.ok || judges_generator(t)) continue;
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

bool has_platform_limits(const RunResult& r) {
  return std::ranges::any_of(r.limit_use,
                             [](const LimitUse& use) { return use.whose == "platform"; });
}

const LimitUse* nearest_limit(const RunResult& r) {
  const auto found = std::ranges::max_element(r.limit_use, {}, &LimitUse::factor);
  return found == r.limit_use.end() || found->factor <= 0 ? nullptr : &*found;
}

/// Which leg of the way took the time.
std::string slowest_leg(const RunResult& r) {
  const double pickup = p95(r, "pickup_latency");
  const double bot = p95(r, "bot_latency");
  const double wait = p95(r, "connection_wait");
  const double llm = p95(r, "llm_total");
  if (std::max({pickup, bot, wait}) <= 0) return {};
  if (wait >= pickup && wait >= bot) {
    return fmt::format("accepting messages at the platform (p95 {})", ms_text(wait));
  }
  if (pickup >= bot) {
    return fmt::format("the bot's receiving: updates wait {} (p95) before it takes them",
                       ms_text(pickup));
  }
  if (llm >= 0.5 * bot) {
    return fmt::format("the LLM: p95 {} of the bot's {}", ms_text(llm), ms_text(bot));
  }
  return fmt::format("the bot's own work: p95 {} from update to reply", ms_text(bot));
}

const ProcessSummary* target_process(const RunResult& r) {
  const auto found = std::ranges::find(r.processes, "target", &ProcessSummary::name);
  return found == r.processes.end() ? nullptr : &*found;
}

void latency_findings(RunResult& r) {
  const auto slow = std::ranges::find_if(r.thresholds, [](const ThresholdResult& t) {
    return t.decided && !t.ok && unit_of(t.threshold) == MetricUnit::Time && !judges_generator(t);
  });
  if (slow == r.thresholds.end()) return;
  if (auto leg = slowest_leg(r); !leg.empty()) {
    r.findings.push_back(fmt::format("most of the time goes to {}", leg));
  }
  std::vector<const SeriesPoint*> filled;
  for (const auto& p : r.series) {
    if (p.latency.count() > 0) filled.push_back(&p);
  }
  if (filled.size() >= 10) {
    LogBins first;
    LogBins last;
    const std::size_t fifth = filled.size() / 5;
    for (std::size_t i = 0; i < fifth; ++i) {
      first.merge(filled[i]->latency);
      last.merge(filled[filled.size() - 1 - i]->latency);
    }
    if (last.percentile_ms(95) > 2 * first.percentile_ms(95)) {
      r.findings.push_back(fmt::format("it grew during the run, p95 from {} to {}: work piles up",
                                       ms_text(first.percentile_ms(95)),
                                       ms_text(last.percentile_ms(95))));
    }
  }
  if (const auto* target = target_process(r); target && target->cpu_peak >= 0.9) {
    r.findings.push_back(
        fmt::format("the target kept {:.2f} cores busy (peak {:.2f}): its CPU is "
                    "used up",
                    target->cpu_mean, target->cpu_peak));
  }
}

void account_findings(RunResult& r) {
  const auto& c = r.ledger;
  const auto unanswered = c.of(Outcome::Unanswered);
  if (unanswered > 0) {
    r.findings.push_back(fmt::format(
        "{} of {} required replies did not come in time although the bot had the update ({} came "
        "late, {} never)",
        unanswered, c.required, c.late_replies, unanswered - std::min(unanswered, c.late_replies)));
  }
  if (c.of(Outcome::Lost) > 0) {
    r.findings.push_back(fmt::format(
        "{} messages never reached the bot that had to answer{}", c.of(Outcome::Lost),
        r.withheld > 0 ? "; its privacy mode withheld some" : ": it stopped taking updates"));
  }
  const auto extra = [&](std::uint64_t n, std::string_view what) {
    if (n > 0) r.findings.push_back(fmt::format("{} {}", n, what));
  };
  extra(c.duplicated, "answers came twice");
  extra(c.misrouted, "answers carried another person's token: conversations are mixed up");
  extra(c.out_of_order, "answers overtook an earlier one");
  extra(c.spurious, "answers came where silence was required");
  std::uint64_t attributed = 0;
  for (const auto n : c.attributed) attributed += n;
  const auto weak = c.attributed[static_cast<std::size_t>(Via::Window)];
  if (attributed > 0 && weak * 10 > attributed) {
    r.findings.push_back(
        fmt::format("{:.0f} % of the answers carry no link and were attributed by "
                    "time alone",
                    100.0 * static_cast<double>(weak) / static_cast<double>(attributed)));
  }
}

/// What bots did when they were refused.
void conduct_findings(RunResult& r) {
  const auto count_of = [&](std::string_view key) {
    const auto* m = find_summary(r, key);
    return m ? std::llround(m->value) : 0;
  };
  if (const auto n = count_of("hot_loop_on_revoked_token"); n > 0) {
    r.findings.push_back(
        fmt::format("{} calls with a token that is refused (401), faster than one "
                    "a second: the bot does not stop when it is locked out",
                    format_count(n)));
  }
  if (const auto n = count_of("lost_on_429"); n > 0) {
    r.findings.push_back(
        fmt::format("{} messages were answered 429 and never sent again: the bot "
                    "loses what it is told to send later",
                    format_count(n)));
  }
  if (const auto n = count_of("retry_after_disobeyed"); n > 0) {
    r.findings.push_back(fmt::format(
        "{} calls came before the 429's retry_after was over: real platforms then wait longer",
        format_count(n)));
  }
}

/// Numbers that a reader should know although they void nothing.
void warnings(RunResult& r) {
  if (r.little_error > kLittleTolerance && !little_is_void(r)) {
    r.findings.push_back(little_text(r));
  }
  for (const auto& away : r.away) {
    r.findings.push_back(fmt::format(
        "the lab was away from {} to {} after the start of the load and went on with all bots "
        "anew; measured again from {}; {} messages that were under way count as in_flight",
        format_duration(away.from), format_duration(away.back), format_duration(away.until),
        away.in_flight));
  }
  if (!r.drift) return;
  const auto& d = *r.drift;
  if (d.latency_ratio() > kDriftRatio) {
    r.findings.push_back(fmt::format("the last fifth was slower than the first: p95 {} after {}",
                                     ms_text(d.last_p95_ms), ms_text(d.first_p95_ms)));
  }
  if (d.first_success - d.last_success > kDriftSuccess && d.success_p < 0.01) {
    r.findings.push_back(fmt::format(
        "fewer replies came in time in the last fifth than in the first: {:.1f} % after {:.1f} %",
        d.last_success * 100, d.first_success * 100));
  }
}

void limit_findings(RunResult& r) {
  const auto* limited = find_summary(r, "rate_limited");
  if (limited && limited->value > 0) {
    r.findings.push_back(
        fmt::format("the platform's limit was met before the bot's own: {} calls were answered 429",
                    format_count(std::llround(limited->value))));
  } else if (r.load.factor > 1) {
    r.findings.push_back(
        fmt::format("the platform's documented limits were used to {:.0f} %, which "
                    "it would have answered with 429 (limits here: {})",
                    r.load.factor * 100, r.limits));
  } else if (r.verdict == Verdict::Fail && has_platform_limits(r)) {
    r.findings.push_back(
        fmt::format("the bot's limit was met before the platform's, which was used "
                    "to {:.0f} %",
                    r.load.factor * 100));
  }
}

void simulation_findings(RunResult& r) {
  if (r.not_simulated.empty()) return;
  std::vector<std::string> methods;
  for (const auto& [method, times] : r.not_simulated) {
    methods.push_back(times == 1 ? method : fmt::format("{} ({} times)", method, times));
  }
  r.findings.push_back(fmt::format(
      "the bots called what the sandbox does not simulate: {}; it refused them, which does not "
      "count against them",
      fmt::join(methods, ", ")));
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
  if (!has_platform_limits(r)) {
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
    return t.decided && !t.ok && !judges_generator(t);
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
    auto first = slowest_leg(r);
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
    speed = fmt::format(": p95 {}, {} replies", ms_text(reply->p95),
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
    if (unit_of(t.threshold) == MetricUnit::Time && !judges_generator(t)) {
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
  const bool loaded = r.duration > Duration::zero();
  if (loaded) {
    latency_findings(r);
    account_findings(r);
    conduct_findings(r);
    warnings(r);
    limit_findings(r);
  }
  simulation_findings(r);
  if (loaded) list_not_proven(r);
  if (!r.steered.empty()) {
    r.not_proven.push_back(
        fmt::format("the scenario's own load: it was steered by hand, {} ({} change{} in all)",
                    r.steered.front(), r.steered.size(), r.steered.size() == 1 ? "" : "s"));
  }
  r.sentence = sentence(r);
}

}  // namespace chorus::lab
