#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/capacity/capacity.hpp"
#include "chorus/lab/report_page.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <unistd.h>

namespace chorus::app {

namespace {

struct SearchFlags {
  LabFlags lab;
  std::string scenario;
  std::string goal;
  std::string probe = "30s";
  std::string confirm = "60s";
  std::uint32_t from = 0;
  std::uint32_t to = 10'000;
  double width = 10;  ///< percent
};

/// Replies that a probe should bring: a goal of 95 % is proven by 73 in time.
constexpr double kRepliesOfAProbe = 100;

Result<Duration> length(const std::string& text, const char* flag) {
  auto out = parse_duration(text);
  if (out && *out >= std::chrono::seconds(1)) return *out;
  return fail(ErrorCode::InvalidArgument, out ? fmt::format("{} must be 1s or longer", flag)
                                              : fmt::format("{}: {}", flag, out.error().message));
}

/// Messages per second of one average person that need a reply.
double required_rate(const lab::Scenario& scenario) {
  double rate = 0;
  double people = 0;
  for (const auto& kind : scenario.people) {
    people += kind.count;
    if (kind.expect.reply != lab::ReplyRule::Required) continue;
    rate += (kind.rate.low + kind.rate.high) / 2 * kind.count;
  }
  return people > 0 ? rate / people : 0;
}

bool by_arrivals(const lab::Executor& executor) {
  return executor.rate > 0 || executor.kind == lab::ExecutorKind::RampingArrivalRate;
}

/// So many people that one probe brings enough replies to judge by. Where conversations or messages
/// arrive at a rate, the scenario's own number.
std::uint32_t first_level(const lab::Scenario& scenario, Duration probe) {
  if (std::ranges::any_of(scenario.executors, by_arrivals)) {
    return std::max<std::uint32_t>(1, scenario.people_count());
  }
  const double each = required_rate(scenario) * to_seconds(probe);
  if (!(each > 0)) return 8;
  return static_cast<std::uint32_t>(std::clamp(std::ceil(kRepliesOfAProbe / each), 1.0, 10'000.0));
}

/// What every probe has in common, checked before the first one.
struct Prepared {
  lab::Goal goal;
  lab::SearchLimits limits;
  Duration probe{};
  Duration confirm{};
  std::uint32_t people = 1;  ///< of the scenario as it stands
  std::string folder;        ///< of the probes' runs
  std::vector<Form> forms;
};

Result<Prepared> prepare(const SearchFlags& flags, const std::vector<std::string>& command) {
  Prepared out;
  CH_TRY(out.probe, length(flags.probe, "--probe"));
  CH_TRY(out.confirm, length(flags.confirm, "--confirm"));
  CH_TRY(out.forms, parse_forms(flags.lab.outputs, {"text", "md", "json", "html"}));
  LabFlags as_run = flags.lab;
  as_run.outputs.clear();  // of the search, not of its runs
  CH_TRY(const auto look, prepare_lab(flags.scenario, as_run, command));
  if (flags.goal.empty()) {
    CH_TRY(out.goal, lab::goal_of(look.scenario.thresholds));
  } else {
    auto goal = lab::parse_goal(flags.goal);
    if (!goal) return fail(ErrorCode::InvalidArgument, "--goal: " + goal.error().message);
    out.goal = std::move(*goal);
  }
  if (look.virtual_time && look.scenario.target.kind != lab::TargetKind::Fleet) {
    return fail(ErrorCode::InvalidArgument,
                "--virtual-time runs our own fleet only: a stranger's program cannot be given "
                "another clock");
  }
  if (look.scenario.target.kind == lab::TargetKind::Conversations) {
    return fail(ErrorCode::Misconfigured,
                "kind 'conversations' has no replies that could be in time; search the scenario "
                "of the fleet");
  }
  if (look.scenario.target.kind == lab::TargetKind::Attach) {
    return fail(ErrorCode::Misconfigured,
                "a search starts its target anew for every probe, which kind 'attach' cannot; use "
                "command or webhook");
  }
  if (required_rate(look.scenario) <= 0 && look.scenario.conversations.empty()) {
    return fail(ErrorCode::Misconfigured,
                "nobody in the scenario requires a reply, so no reply can be in time");
  }
  out.people = std::max<std::uint32_t>(1, look.scenario.people_count());
  out.limits.from = flags.from > 0 ? flags.from : first_level(look.scenario, out.probe);
  out.limits.to = std::max(flags.to, out.limits.from);
  out.limits.width = flags.width / 100;
  out.folder = fmt::format("{}/search-{}", look.runs_folder, look.scenario.name);
  return out;
}

/// One probe as a run of its own: a new sandbox, a new target, and a drain at its end.
Result<lab::RunResult> run_probe(const SearchFlags& flags, const Prepared& prepared,
                                 const std::vector<std::string>& command, const lab::Probe& probe) {
  LabFlags lab_flags = flags.lab;
  lab_flags.people = probe.people;
  lab_flags.outputs.clear();
  const bool confirm = probe.phase == lab::ProbePhase::Confirm;
  lab_flags.duration = format_duration_compact(confirm ? prepared.confirm : prepared.probe);
  CH_TRY(auto options, prepare_lab(flags.scenario, lab_flags, command));
  // The seed of a probe follows from the scenario's; the same level again is another draw.
  const auto base = options.scenario.seed.value_or(1);
  options.scenario.seed =
      stable_hash(fmt::format("{} {}", to_string(probe.phase), probe.people), base + probe.repeat) %
      1'000'000'000;
  // More people bring more arrivals, or the load would stay what it is.
  for (auto& executor : options.scenario.executors) {
    if (!by_arrivals(executor)) continue;
    const double more = probe.people / static_cast<double>(prepared.people);
    executor.rate *= more;
    executor.start_level *= more;
    for (auto& stage : executor.stages) stage.target *= more;
  }
  options.scenario.thresholds = {prepared.goal.threshold};
  options.scenario.thresholds.front().abort_on_fail = false;
  options.runs_folder = prepared.folder;
  options.quiet = true;
  options.print_summary = false;
  auto outcome = run_lab(std::move(options));
  if (outcome.result) return std::move(*outcome.result);
  return fail(ErrorCode::Unavailable, "a probe could not be run");
}

int search(const SearchFlags& flags, const Invocation& invocation) {
  const auto& command = invocation.target_command;
  const auto prepared = prepare(flags, command);
  if (!prepared) return complain_lab(prepared.error());
  const Terminal terminal = Terminal::detect();
  if (!flags.lab.quiet) {
    std::fprintf(stderr, "  probes of %s, from %u people on\n", flags.probe.c_str(),
                 prepared->limits.from);
  }
  const auto found = lab::search_capacity(
      prepared->limits, prepared->goal,
      [&](const lab::Probe& probe) { return run_probe(flags, *prepared, command, probe); },
      [&](const lab::ProbeReport& report) {
        if (flags.lab.quiet) return;
        std::fprintf(stderr, "  %s\n", lab::probe_line(report, prepared->goal).c_str());
      });
  if (!found) {
    complain(found.error().message);
    return kExitRunFailed;
  }
  const auto written = write_forms(prepared->forms, [&](const std::string& kind) {
    if (kind == "json") return lab::capacity_json(*found);
    if (kind == "md") return lab::capacity_markdown(*found);
    if (kind == "html") return lab::capacity_report(*found);
    const bool color = kind.empty() && terminal.color && isatty(STDOUT_FILENO) == 1;
    return lab::capacity_text(*found, color);
  });
  if (!written) {
    complain(written.error().message);
    return kExitFailure;
  }
  return lab::capacity_exit_code(*found);
}

}  // namespace

void add_lab_search_command(CLI::App& lab, Invocation& invocation) {
  auto* command =
      lab.add_subcommand("search", "How many people does it hold? [-- CMD ...] for your own bot");
  auto flags = std::make_shared<SearchFlags>();
  command->add_option("scenario", flags->scenario, "A file, or the name of a shipped scenario")
      ->required();
  command->add_option("--goal", flags->goal,
                      "Like 'p(95)<5000': 95 % of the replies within 5 s; without it, the "
                      "scenario's own limit");
  command->add_option("--from", flags->from,
                      "People of the first probe; without it, as many as bring 100 replies");
  command->add_option("--to", flags->to, "Never more people")->check(CLI::Range(1, 100'000));
  command->add_option("--probe", flags->probe, "Length of one probe");
  command->add_option("--confirm", flags->confirm, "Length of a probe that confirms the winner");
  command->add_option("--width", flags->width, "The answer is so near, in percent")
      ->check(CLI::Range(1.0, 100.0));
  command->add_option("--seed", flags->lab.seed, "The same seed gives the same plans");
  command->add_option("-e", flags->lab.variables, "NAME=VALUE for ${NAME} in the file")
      ->allow_extra_args(false);
  command->add_option("--set", flags->lab.sets, "path=value, overrides the file")
      ->allow_extra_args(false);
  command->add_option("--timeout", flags->lab.timeout, "Bound of each probe, like 5m");
  command->add_flag("--virtual-time", flags->lab.virtual_time,
                    "Simulate our own fleet: the same every time, and no capacity of a machine");
  command->add_flag("-q,--quiet", flags->lab.quiet, "Only the answer");
  command->add_option("-o,--out", flags->lab.outputs, "kind[=path]: text, md, json, html")
      ->allow_extra_args(false);
  command->callback([flags, &invocation] {
    invocation.run = [flags, &invocation] { return search(*flags, invocation); };
  });
}

}  // namespace chorus::app
