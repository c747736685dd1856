#include "chorus/base/json.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/capacity/capacity.hpp"

#include <fmt/format.h>

#include <cmath>

namespace chorus::lab {

namespace {

constexpr int kCapacitySchema = 1;

std::string people(std::uint32_t n) {
  return n == 1 ? "1 person" : format_count(n) + " people";
}

std::string goal_text(const Goal& goal) {
  return fmt::format("{:.4g} % of {} within {}", goal.threshold.percentile,
                     to_string(goal.threshold.metric),
                     format_value(goal.threshold.bound, MetricUnit::Time));
}

std::string share(double v) {
  return fmt::format("{:.1f} %", v * 100);
}

std::string usl_text(const Capacity& c) {
  if (!c.usl) return c.no_usl;
  const auto& f = *c.usl;
  auto out = fmt::format(
      "scalability (USL): {:.3g} messages/s each, contention {:.4f}, coherence "
      "{:.2e}, R² {:.3f}",
      f.lambda, f.sigma, f.kappa, f.r_squared);
  if (f.peak_size) {
    out += fmt::format("; throughput would peak at {:.0f} people", *f.peak_size);
    if (f.peak_band) out += fmt::format(" ({:.0f} to {:.0f})", f.peak_band->low, f.peak_band->high);
  }
  return out;
}

std::vector<std::string> notes(const Capacity& c) {
  std::vector<std::string> out = c.hints;
  out.push_back(usl_text(c));
  if (c.usl) out.insert(out.end(), c.usl->caveats.begin(), c.usl->caveats.end());
  if (c.virtual_time) {
    out.emplace_back(
        "simulated: latencies are modelled and CPU costs no time, so this is no "
        "capacity of a machine");
  }
  return out;
}

struct Line {
  std::uint32_t people;
  const Level* level;
  double throughput;
  double p95_ms;
};

std::vector<Line> level_lines(const Capacity& c) {
  std::vector<Line> out;
  for (const auto& [n, level] : c.levels) {
    Line line{n, &level, 0, 0};
    for (const auto& p : c.probes) {
      if (p.probe.people != n || p.probe.phase == ProbePhase::Confirm) continue;
      line.throughput = p.throughput;
      line.p95_ms = p.p95_ms;
    }
    out.push_back(line);
  }
  return out;
}

json::value number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

json::object probe_json(const ProbeReport& p) {
  return json::object{{"people", p.probe.people},
                      {"phase", to_string(p.probe.phase)},
                      {"repeat", p.probe.repeat},
                      {"in_time", p.replies.hits},
                      {"required", p.replies.n},
                      {"throughput", number(p.throughput)},
                      {"p95_ms", number(p.p95_ms)},
                      {"drained", p.drained},
                      {"drain_s", number(to_seconds(p.run.cooldown))},
                      {"late_p99_ms", number(p.run.load.late_p99_ms)},
                      {"seed", p.run.seed}};
}

}  // namespace

std::string capacity_sentence(const Capacity& c) {
  const auto holds =
      c.people > 0 ? fmt::format("{} hold ({:.2f} messages/s)", people(c.people), c.throughput)
                   : std::string("no load was shown to hold");
  switch (c.end) {
    case SearchEnd::Found:
      return fmt::format("{}, {} do not", holds, people(*c.missed));
    case SearchEnd::AtLeast:
      return fmt::format("{}, and more were not tried: the capacity is at least that", holds);
    case SearchEnd::NoLevel:
      return "even one person misses the goal";
    case SearchEnd::Unsteady:
      return fmt::format("no answer: a load that held did not hold when it was asked again; {}",
                         holds);
    case SearchEnd::TooFew:
      return fmt::format(
          "no answer: the probes bring too few replies to judge by; probe longer or "
          "begin with more people; {}",
          holds);
    case SearchEnd::TooMany:
      return fmt::format("no answer within the bound of probes; {}", holds);
    case SearchEnd::Stopped:
      return fmt::format("stopped: {}; {}", c.why, holds);
    case SearchEnd::Running:
      break;
  }
  return holds;
}

std::string probe_line(const ProbeReport& p, const Goal& goal) {
  const auto i = stats::wilson(p.replies);
  return fmt::format("{:<8}{:>7} people  {:>7} of {:<7} in time, {} ({} to {})  p95 {}  {:.2f}/s{}",
                     to_string(p.probe.phase), p.probe.people, p.replies.hits, p.replies.n,
                     share(p.replies.share()), share(i.low), share(i.high),
                     format_value(p.p95_ms, MetricUnit::Time), p.throughput,
                     p.drained ? "" : "  (did not drain)") +
         (p.replies.n == 0 || p.replies.share() >= goal.share() ? "" : "  missed");
}

std::string capacity_text(const Capacity& c, bool color) {
  const bool good = c.end == SearchEnd::Found || c.end == SearchEnd::AtLeast;
  const auto paint = [&](const std::string& text) {
    return color ? fmt::format("\033[{}m{}\033[0m", good ? "32" : "33", text) : text;
  };
  auto out = fmt::format("\n  {}: {}\n  goal: {}\n\n", c.scenario, paint(capacity_sentence(c)),
                         goal_text(c.goal));
  out += fmt::format("  {:>8}  {:<10} {:>9} {:>9}  {:<18} {:>9} {:>10}\n", "people", "", "in time",
                     "required", "share, 95 %", "p95", "bots' msg/s");
  for (const auto& line : level_lines(c)) {
    const auto i = stats::wilson(line.level->replies);
    out += fmt::format("  {:>8}  {:<10} {:>9} {:>9}  {:<18} {:>9} {:>10.2f}\n", line.people,
                       to_string(line.level->state), line.level->replies.hits,
                       line.level->replies.n, fmt::format("{} to {}", share(i.low), share(i.high)),
                       format_value(line.p95_ms, MetricUnit::Time), line.throughput);
  }
  out += "\n";
  for (const auto& note : notes(c)) out += fmt::format("  {}\n", note);
  return out;
}

std::string capacity_markdown(const Capacity& c) {
  auto out = fmt::format("### Capacity of `{}`: {}\n\nGoal: {}.\n\n", c.scenario,
                         capacity_sentence(c), goal_text(c.goal));
  out += "| people | | in time | required | share, 95 % | p95 | bots' msg/s |\n";
  out += "|--:|---|--:|--:|---|--:|--:|\n";
  for (const auto& line : level_lines(c)) {
    const auto i = stats::wilson(line.level->replies);
    out += fmt::format("| {} | {} | {} | {} | {} to {} | {} | {:.2f} |\n", line.people,
                       to_string(line.level->state), line.level->replies.hits,
                       line.level->replies.n, share(i.low), share(i.high),
                       format_value(line.p95_ms, MetricUnit::Time), line.throughput);
  }
  for (const auto& note : notes(c)) out += fmt::format("\n- {}", note);
  return out + "\n";
}

std::string capacity_json(const Capacity& c) {
  json::object o;
  o["schema_version"] = kCapacitySchema;
  o["scenario"] = c.scenario;
  o["goal"] = fmt::format("{}:{}", to_string(c.goal.threshold.metric), c.goal.threshold.expr);
  o["end"] = to_string(c.end);
  o["sentence"] = capacity_sentence(c);
  o["people"] = c.people;
  o["missed"] = c.missed ? json::value(*c.missed) : json::value(nullptr);
  o["throughput"] = number(c.throughput);
  o["virtual_time"] = c.virtual_time;
  json::array levels;
  for (const auto& [n, level] : c.levels) {
    const auto i = stats::wilson(level.replies);
    levels.push_back(json::object{{"people", n},
                                  {"state", to_string(level.state)},
                                  {"probes", level.probes},
                                  {"in_time", level.replies.hits},
                                  {"required", level.replies.n},
                                  {"low", i.low},
                                  {"high", i.high}});
  }
  o["levels"] = std::move(levels);
  json::array probes;
  for (const auto& p : c.probes) probes.push_back(probe_json(p));
  o["probes"] = std::move(probes);
  if (c.usl) {
    const auto& f = *c.usl;
    o["usl"] =
        json::object{{"lambda", number(f.lambda)},
                     {"sigma", number(f.sigma)},
                     {"kappa", number(f.kappa)},
                     {"r_squared", number(f.r_squared)},
                     {"largest", f.largest},
                     {"peak", f.peak_size ? number(*f.peak_size) : json::value(nullptr)},
                     {"peak_low", f.peak_band ? number(f.peak_band->low) : json::value(nullptr)},
                     {"peak_high", f.peak_band ? number(f.peak_band->high) : json::value(nullptr)}};
  } else {
    o["no_usl"] = c.no_usl;
  }
  json::array hints;
  for (const auto& hint : c.hints) hints.emplace_back(hint);
  o["hints"] = std::move(hints);
  json::array caveats;
  if (c.usl) {
    for (const auto& caveat : c.usl->caveats) caveats.emplace_back(caveat);
  }
  o["caveats"] = std::move(caveats);
  return pretty_json(o);
}

}  // namespace chorus::lab
