#include "chorus/lab/detail/findings.hpp"

#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab::detail {

namespace {

constexpr double kLittleTolerance = 0.05;
constexpr Duration kLittleFrom = std::chrono::minutes(5);
/// Beyond this not even a short run means anything.
constexpr double kLittleGross = 0.25;
constexpr std::uint64_t kLittleFewest = 20;
constexpr double kDriftRatio = 2;
constexpr double kDriftSuccess = 0.02;

double p95(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m && m->count > 0 ? m->p95 : 0;
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

}  // namespace

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

bool has_platform_limits(const RunResult& r) {
  return std::ranges::any_of(r.limit_use,
                             [](const LimitUse& use) { return use.whose == "platform"; });
}

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

void list_findings(RunResult& r) {
  if (r.duration > Duration::zero()) {
    latency_findings(r);
    account_findings(r);
    conduct_findings(r);
    warnings(r);
    limit_findings(r);
  }
  simulation_findings(r);
}

}  // namespace chorus::lab::detail
