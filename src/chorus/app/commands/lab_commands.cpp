#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/lab_batch.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/scenario_alias.hpp"
#include "chorus/lab/selftest.hpp"
#include "chorus/rt/scope.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

namespace chorus::app {

namespace {

struct RunFlags {
  LabFlags lab;
  std::string scenario;
  std::string tag;
  bool all = false;
  int repeat = 1;
};

/// Stands for the command of a scenario that is only looked at.
const std::vector<std::string> kAnyBot = {"..."};

/// Several runs, one after the other, and one table of them.
int run_batch(const std::vector<LabRunOptions>& chosen, int repeat, bool seed_is_given) {
  std::vector<BatchRun> runs;
  for (int round = 1; round <= repeat; ++round) {
    for (LabRunOptions options : chosen) {
      BatchRun run;
      run.name = options.scenario.name;
      if (repeat > 1) run.name += fmt::format("-{}", round);
      for (auto& output : options.outputs) {
        if (output.is_file()) output.path = batch_path(output.path, run.name);
      }
      options.print_summary = false;
      if (!seed_is_given && options.scenario.seed) {
        *options.scenario.seed += static_cast<std::uint64_t>(round - 1);  // each run another load
      }
      auto outcome = run_lab(std::move(options));
      run.exit_code = outcome.exit_code;
      run.result = std::move(outcome.result);
      run.report = std::move(outcome.report);
      const bool interrupted = run.exit_code == kExitInterrupted;
      if (run.result) {
        std::fprintf(stderr, "  %s %s: %s\n\n", std::string(to_string(run.result->verdict)).c_str(),
                     run.name.c_str(), run.report.c_str());
      }
      runs.push_back(std::move(run));
      if (interrupted) {
        std::fputs(batch_table(runs).c_str(), stdout);
        return kExitInterrupted;
      }
    }
  }
  std::fputs(batch_table(runs).c_str(), stdout);
  return gravest(runs);
}

int run_scenario(const RunFlags& flags, const Invocation& invocation) {
  if (flags.scenario.empty() && flags.tag.empty() && !flags.all) {
    complain("say which scenario: a file, a shipped name (chorus lab list), --tag or --all");
    return kExitUsage;
  }
  if (invocation.has_target_command && invocation.target_command.empty()) {
    complain("nothing stands after --; say how to start your bot, or leave -- away");
    return kExitUsage;
  }
  auto chosen =
      choose_scenarios(flags.scenario, flags.all, flags.tag, flags.lab, invocation.target_command);
  if (!chosen) return complain_lab(chosen.error());
  if (chosen->size() == 1 && flags.repeat == 1) {
    return run_lab(std::move(chosen->front())).exit_code;
  }
  return run_batch(*chosen, flags.repeat, flags.lab.seed.has_value());
}

int list_scenarios() {
  for (const auto& shipped : lab::shipped_scenarios()) {
    auto scenario = lab::load_scenario(shipped.yaml, shipped.name, {});
    if (!scenario) {  // it may lack a command, and nothing else
      lab::ParseOptions any_bot;
      any_bot.command = kAnyBot;
      scenario = lab::load_scenario(shipped.yaml, shipped.name, any_bot);
    }
    const std::string what = scenario ? scenario->description : scenario.error().message;
    std::printf("%-18s %s\n", std::string(shipped.name).c_str(), what.c_str());
  }
  std::puts("\nNames of founding load tests, which run the scenario beside them:");
  for (const auto& alias : lab::scenario_aliases()) {
    std::printf("%-18s %s\n", std::string(alias.scenario).c_str(), std::string(alias.name).c_str());
  }
  return kExitPass;
}

/// The scenario as it would run; the command may be missing.
Result<LabRunOptions> look_at(const RunFlags& flags, const Invocation& invocation) {
  auto options = prepare_lab(flags.scenario, flags.lab, invocation.target_command);
  if (options || invocation.has_target_command) return options;
  // It may lack nothing else. A fleet would stop being one, so this is tried second.
  auto with_command = prepare_lab(flags.scenario, flags.lab, kAnyBot);
  return with_command ? std::move(with_command) : std::move(options);
}

int validate(const RunFlags& flags, const Invocation& invocation) {
  const auto options = look_at(flags, invocation);
  if (!options) return complain_lab(options.error());
  std::printf("%s is valid\n", flags.scenario.c_str());
  return kExitPass;
}

std::string per_minute(const RateRange& rate) {
  const double low = rate.low * 60;
  const double high = rate.high * 60;
  return low == high ? fmt::format("{:.3g}/min", low)
                     : fmt::format("{:.3g}..{:.3g}/min", low, high);
}

int inspect(const RunFlags& flags, const Invocation& invocation) {
  const auto options = look_at(flags, invocation);
  if (!options) return complain_lab(options.error());
  const lab::Scenario& s = options->scenario;
  std::printf("%s: %s\n\n", s.name.c_str(), s.description.c_str());
  std::printf("target      %s, %u bots, %s\n", std::string(to_string(s.target.kind)).c_str(),
              s.target.bots.count, std::string(to_string(s.target.bots.transport)).c_str());
  std::printf("window      %s after %s of warm-up\n", format_duration_compact(s.measured()).c_str(),
              format_duration_compact(s.warmup_or_default()).c_str());
  double expected = 0;
  for (const auto& people : s.people) {
    const double mean = (people.rate.low + people.rate.high) / 2 * people.count;
    expected += mean;
    std::printf("people      %-12s %5u  %s each\n", people.kind.c_str(), people.count,
                per_minute(people.rate).c_str());
  }
  std::printf("plan        %.2f messages/s from people, about %.0f in the window\n", expected,
              expected * to_seconds(s.measured()));
  for (const auto& room : s.rooms) {
    std::printf("room        %s x%u\n", room.title.c_str(), room.count);
  }
  for (const auto& threshold : s.thresholds) {
    std::printf("threshold   %s %s\n", to_string(threshold.metric).c_str(), threshold.expr.c_str());
  }
  return kExitPass;
}

rt::Task<void> test_yourself(rt::Loop& loop, std::optional<Result<lab::SelftestReport>>& out) {
  out.emplace(co_await lab::selftest_on_loopback(loop, {}));
  loop.stop();
}

int selftest() {
  rt::Loop loop;
  rt::TaskScope scope(loop);
  std::optional<Result<lab::SelftestReport>> report;
  rt::spawn(scope, "selftest", &test_yourself, std::ref(loop), std::ref(report));
  loop.run();
  if (!report->has_value()) {
    complain(report->error().message);
    return kExitFailure;
  }
  std::fputs(lab::selftest_text(**report).c_str(), stdout);
  return (*report)->ok ? kExitPass : kExitFailure;
}

}  // namespace

void add_lab_commands(CLI::App& root, Invocation& invocation) {
  auto* lab = root.add_subcommand("lab", "Load tests: scenarios, verdicts, reports");
  lab->require_subcommand(1);
  const auto add = [&](const char* name, const char* help,
                       int (*run)(const RunFlags&, const Invocation&)) {
    auto* command = lab->add_subcommand(name, help);
    auto flags = std::make_shared<RunFlags>();
    auto* scenario = command->add_option("scenario", flags->scenario,
                                         "A file, or the name of a shipped scenario");
    if (run != &run_scenario) scenario->required();
    add_common_lab_flags(*command, flags->lab);
    command->add_option("-e", flags->lab.variables, "NAME=VALUE for ${NAME} in the file")
        ->allow_extra_args(false);
    command->add_option("--set", flags->lab.sets, "path=value, overrides the file")
        ->allow_extra_args(false);
    command->callback([=, &invocation] {
      invocation.run = [=, &invocation] { return run(*flags, invocation); };
    });
    return std::pair(command, flags);
  };
  auto [run, flags] = add("run", "Run a scenario; [-- CMD ...] loads your own bot", &run_scenario);
  run->add_flag("--virtual-time", flags->lab.virtual_time,
                "Simulate our own fleet: minutes pass in a second, the same every time");
  run->add_option("--repeat", flags->repeat,
                  "Run it so many times, with its seed, the next one, and so on")
      ->check(CLI::Range(1, 1000));
  run->add_flag("--all", flags->all,
                "A whole family (baseline) or folder, the smallest load first");
  run->add_option("--tag", flags->tag, "The scenarios that carry this tag");
  run->add_option("--telegram", flags->lab.telegram, "attach: [HOST:]PORT of the Bot API");
  run->add_option("--matrix", flags->lab.matrix, "attach: [HOST:]PORT of the homeserver");
  run->add_option("--llm", flags->lab.llm, "attach: [HOST:]PORT of the LLM server");
  run->add_option("--control", flags->lab.control, "attach: [HOST:]PORT of control API and page");
  run->add_option("--label", flags->lab.label, "A commit or build, for compare and trend");
  run->add_option("--keep", flags->lab.keep, "Folders of older runs of the scenario are removed")
      ->check(CLI::Range(1, 1'000'000));
  add_lab_report_command(*lab, invocation);
  add_lab_compare_commands(*lab, invocation);
  add_lab_search_command(*lab, invocation);
  add_lab_watch_command(*lab, invocation);
  add_lab_control_commands(*lab, invocation);
  add("validate", "Check a scenario file", &validate);
  add("inspect", "Show the plan of a scenario", &inspect);
  lab->add_subcommand("selftest", "Does this machine keep the schedule, and is a stall reported?")
      ->callback([&invocation] { invocation.run = &selftest; });
  lab->add_subcommand("list", "The shipped scenarios")->callback([&invocation] {
    invocation.run = &list_scenarios;
  });
}

}  // namespace chorus::app
