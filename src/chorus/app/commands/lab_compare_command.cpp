#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/lab/compare/compare_output.hpp"
#include "chorus/lab/compare/run_store.hpp"
#include "chorus/lab/compare/trend.hpp"
#include "chorus/lab/report_page.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <span>
#include <unistd.h>

namespace chorus::app {

namespace {

struct CompareFlags {
  std::vector<std::string> runs;
  std::vector<std::string> against;
  std::vector<std::string> metrics;
  std::vector<std::string> outputs;
  std::string fail_on;
  std::string folder = "runs";
  double alpha = 0.05;
  double min_effect = 5;  ///< percent
  double min_points = 1;  ///< percentage points
  std::uint64_t seed = 1;
};

struct TrendFlags {
  std::string what;
  std::string scenario;
  std::vector<std::string> metrics;
  std::vector<std::string> outputs;
  std::string fail_on;
  std::string folder = "runs";
  std::size_t last = 200;
  double min_effect = 5;
};

bool colored() {
  return Terminal::detect().color && isatty(STDOUT_FILENO) == 1;
}

/// A run that is not there is as wrong an argument as a file that is none.
int complain_runs(const Error& error) {
  complain(error.message);
  return kExitInvalidConfig;
}

int complain_failure(const Error& error) {
  complain(error.message);
  return kExitFailure;
}

Result<std::vector<lab::MeasureKey>> measures(const std::vector<std::string>& texts,
                                              std::span<const lab::OwnMetric> own) {
  std::vector<lab::MeasureKey> out;
  for (const auto& text : texts) {
    auto key = lab::parse_measure(text, own);
    if (!key) return fail(ErrorCode::InvalidArgument, "--metric: " + key.error().message);
    out.push_back(std::move(*key));
  }
  return out;
}

Result<std::vector<lab::NamedRun>> load_all(std::span<const std::string> words,
                                            const std::string& folder) {
  std::vector<lab::NamedRun> out;
  for (const auto& word : words) {
    CH_TRY(auto runs, lab::load_runs(word, folder));
    std::ranges::move(runs, std::back_inserter(out));
  }
  return out;
}

/// One of the runs that a comparison names: it took them from this list.
const lab::NamedRun& run_named(const std::vector<lab::NamedRun>& runs, const std::string& name) {
  return *std::ranges::find(runs, name, &lab::NamedRun::name);
}

int compare(const CompareFlags& flags) {
  lab::CompareOptions options;
  options.alpha = flags.alpha;
  options.min_effect = flags.min_effect / 100;
  options.min_effect_share = flags.min_points / 100;
  options.seed = flags.seed;
  const auto forms = parse_forms(flags.outputs, {"text", "md", "json", "junit", "html"});
  if (!forms) return complain_lab(forms.error());
  // Without --against the first is what the others are held against.
  std::span<const std::string> before = flags.runs;
  std::span<const std::string> after = flags.against;
  if (flags.against.empty()) {
    if (flags.runs.size() < 2) {
      complain(
          "there is one run; compare needs two sides: chorus lab compare BEFORE AFTER..., or "
          "BEFORE... --against AFTER...");
      return kExitUsage;
    }
    after = before.subspan(1);
    before = before.first(1);
  }
  const auto b = load_all(before, flags.folder);
  if (!b) return complain_runs(b.error());
  const auto a = load_all(after, flags.folder);
  if (!a) return complain_runs(a.error());
  auto gates = measures(flags.metrics, lab::own_metrics(a->front().result));
  if (!gates) return complain_lab(gates.error());
  options.gates = std::move(*gates);
  const auto found = lab::compare_runs(*b, *a, options);
  if (!found) {
    complain(found.error().message);
    return found.error().code == ErrorCode::NotFound ? kExitInvalidRun : kExitInvalidConfig;
  }
  const auto written = write_forms(*forms, [&](const std::string& kind) {
    if (kind == "md") return lab::comparison_markdown(*found);
    if (kind == "json") return lab::comparison_json(*found);
    if (kind == "junit") return lab::comparison_junit(*found);
    if (kind == "html") {
      return lab::comparison_report(*found, run_named(*b, found->before.back()),
                                    run_named(*a, found->after.back()));
    }
    return lab::comparison_text(*found, kind.empty() && colored());
  });
  if (!written) return complain_failure(written.error());
  const bool worse = found->decision == lab::stats::Decision::Worse;
  return worse && flags.fail_on == "regression" ? kExitRegression : kExitPass;
}

/// What the newest run of the scenario declares beside the known metrics; none when it is gone.
std::vector<lab::OwnMetric> declared_in(const std::vector<lab::StoredRun>& runs,
                                        const std::string& scenario, const std::string& folder) {
  const auto newest =
      std::ranges::find(runs.rbegin(), runs.rend(), scenario, &lab::StoredRun::scenario);
  if (newest == runs.rend()) return {};
  const auto loaded = lab::load_runs(folder + "/" + newest->id, folder);
  return loaded && !loaded->empty() ? lab::own_metrics(loaded->front().result)
                                    : std::vector<lab::OwnMetric>{};
}

/// The scenario that is meant: the one asked for, or the only one there is.
Result<std::string> scenario_of(const std::vector<lab::StoredRun>& runs, const std::string& asked,
                                const std::string& folder) {
  std::set<std::string> names;
  for (const auto& run : runs) names.insert(run.scenario);
  if (names.contains(asked)) return asked;
  if (asked.empty() && names.size() == 1) return *names.begin();
  if (names.empty()) return fail(ErrorCode::NotFound, fmt::format("no run in {}", folder));
  const auto list = fmt::format("{}", fmt::join(names, ", "));
  return fail(ErrorCode::NotFound,
              asked.empty()
                  ? fmt::format("{} holds runs of several scenarios; name one with "
                                "--scenario: {}",
                                folder, list)
                  : fmt::format("{} holds no run of '{}'; there are {}", folder, asked, list));
}

int trend(const TrendFlags& flags) {
  const auto forms = parse_forms(flags.outputs, {"text", "md", "json"});
  if (!forms) return complain_lab(forms.error());
  std::vector<std::string> wanted = flags.metrics;
  if (wanted.empty()) wanted = {"reply_latency:p50", "reply_latency:p95", "errors:rate"};
  std::error_code ignored;  // a name of a scenario is no folder
  const bool is_folder = std::filesystem::is_directory(flags.what, ignored);
  lab::RunStore store(is_folder ? flags.what : flags.folder);
  const auto runs = store.runs();
  if (!runs) return complain_runs(runs.error());
  const auto scenario = scenario_of(*runs, is_folder ? flags.scenario : flags.what, store.folder());
  if (!scenario) return complain_runs(scenario.error());
  const auto keys = measures(wanted, declared_in(*runs, *scenario, store.folder()));
  if (!keys) return complain_lab(keys.error());
  lab::TrendOptions options;
  options.last = flags.last;
  options.min_effect = flags.min_effect / 100;
  std::vector<lab::Trend> trends;
  for (const auto& key : *keys) {
    trends.push_back(lab::trend_of(*runs, *scenario, key, store.folder(), options));
  }
  const auto written = write_forms(*forms, [&](const std::string& kind) {
    if (kind == "json") return lab::trend_json(trends);
    std::string out;
    for (const auto& one : trends) {
      out += kind == "md" ? lab::trend_markdown(one) + "\n" : lab::trend_text(one);
    }
    return out;
  });
  if (!written) return complain_failure(written.error());
  const bool worse = std::ranges::any_of(trends, &lab::regressed);
  return worse && flags.fail_on == "regression" ? kExitRegression : kExitPass;
}

}  // namespace

void add_lab_compare_commands(CLI::App& lab, Invocation& invocation) {
  auto* command = lab.add_subcommand("compare", "Is one set of runs worse than another?");
  auto flags = std::make_shared<CompareFlags>();
  command
      ->add_option("before", flags->runs,
                   "Runs before (folder, result.json, --label, or a folder of runs); "
                   "without --against the first is before and the others are after")
      ->required();
  command->add_option("--against", flags->against, "Runs after");
  command
      ->add_option("--metric", flags->metrics,
                   "What decides, like reply_latency:p99 or process_rss:max; without it p50 and "
                   "p95 of reply_latency and errors")
      ->allow_extra_args(false);
  command->add_option("--fail-on", flags->fail_on, "regression: exit 121 when it is worse")
      ->check(CLI::IsMember({"regression"}));
  command->add_option("--alpha", flags->alpha, "Chance of a false alarm, over all that decides")
      ->check(CLI::Range(0.0001, 0.5));
  command->add_option("--min-effect", flags->min_effect, "Change in percent that matters")
      ->check(CLI::Range(0.0, 1000.0));
  command
      ->add_option("--min-points", flags->min_points,
                   "Change of a share that matters, in percentage points")
      ->check(CLI::Range(0.0, 100.0));
  command->add_option("--runs", flags->folder, "Where runs are looked up by name");
  command->add_option("--seed", flags->seed, "Of the resampling");
  command->add_option("-o,--out", flags->outputs, "kind[=path]: text, md, json, junit, html")
      ->allow_extra_args(false);
  command->callback([flags, &invocation] { invocation.run = [flags] { return compare(*flags); }; });

  auto* over_time = lab.add_subcommand("trend", "When did a scenario become slower?");
  auto trends = std::make_shared<TrendFlags>();
  over_time->add_option("what", trends->what, "A folder of runs, or the name of a scenario")
      ->required();
  over_time->add_option("--scenario", trends->scenario, "Of a folder that holds several");
  over_time->add_option("--metric", trends->metrics, "Like reply_latency:p99; may be repeated")
      ->allow_extra_args(false);
  over_time->add_option("--last", trends->last, "So many runs are looked at")
      ->check(CLI::Range(10, 400));
  over_time->add_option("--min-effect", trends->min_effect, "Change in percent that matters")
      ->check(CLI::Range(0.0, 1000.0));
  over_time->add_option("--runs", trends->folder, "Where the runs of the scenario are");
  over_time
      ->add_option("--fail-on", trends->fail_on,
                   "regression: exit 121 when the newest change is for the worse")
      ->check(CLI::IsMember({"regression"}));
  over_time->add_option("-o,--out", trends->outputs, "kind[=path]: text, md, json")
      ->allow_extra_args(false);
  over_time->callback(
      [trends, &invocation] { invocation.run = [trends] { return trend(*trends); }; });
}

}  // namespace chorus::app
