#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/units.hpp"
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
  int repeat = 1;
};

int run_scenario(const RunFlags& flags, const Invocation& invocation) {
  int worst = kExitPass;
  for (int i = 0; i < flags.repeat; ++i) {
    auto options = prepare_lab(flags.scenario, flags.lab, invocation.target_command);
    if (!options) return complain_lab(options.error());
    if (invocation.has_target_command && invocation.target_command.empty()) {
      complain("nothing stands after --; say how to start your bot, or leave -- away");
      return kExitUsage;
    }
    const int code = run_lab(std::move(*options)).exit_code;
    if (code == kExitInterrupted) return code;
    if (worst == kExitPass) worst = code;
  }
  return worst;
}

int list_scenarios() {
  for (const auto& shipped : lab::shipped_scenarios()) {
    const auto scenario = lab::load_scenario(shipped.yaml, shipped.name, {});
    const std::string what = scenario ? scenario->description : scenario.error().message;
    std::printf("%-18s %s\n", std::string(shipped.name).c_str(), what.c_str());
  }
  return kExitPass;
}

int validate(const RunFlags& flags, const Invocation& invocation) {
  const auto options = prepare_lab(flags.scenario, flags.lab, invocation.target_command);
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
  const auto options = prepare_lab(flags.scenario, flags.lab, invocation.target_command);
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
    command->add_option("scenario", flags->scenario, "A file, or the name of a shipped scenario")
        ->required();
    add_common_lab_flags(*command, flags->lab);
    command->add_option("-e", flags->lab.variables, "NAME=VALUE for ${NAME} in the file")
        ->expected(1);
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
  run->add_option("--repeat", flags->repeat, "Run it so many times")->check(CLI::Range(1, 1000));
  run->add_option("--telegram", flags->lab.telegram, "attach: [HOST:]PORT of the Bot API");
  run->add_option("--llm", flags->lab.llm, "attach: [HOST:]PORT of the LLM server");
  run->add_option("--control", flags->lab.control, "attach: [HOST:]PORT of control API and page");
  add("validate", "Check a scenario file", &validate);
  add("inspect", "Show the plan of a scenario", &inspect);
  lab->add_subcommand("selftest", "Does this machine keep the schedule, and is a stall reported?")
      ->callback([&invocation] { invocation.run = &selftest; });
  lab->add_subcommand("list", "The shipped scenarios")->callback([&invocation] {
    invocation.run = &list_scenarios;
  });
}

}  // namespace chorus::app
