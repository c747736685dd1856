#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/durable_files.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/lab/stored_result.hpp"
#include "chorus/lab/summary.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <unistd.h>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

struct ReportFlags {
  std::string run;
  std::vector<std::string> outputs;
};

/// The result.json of a run's folder, or the file itself.
Result<std::string> read_result(const std::string& run) {
  fs::path path = run;
  std::error_code ignored;  // what cannot be looked at cannot be read either
  if (fs::is_directory(path, ignored)) path /= "result.json";
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("cannot read {}; name the folder of a run, like {}, or its result.json",
                            path.string(), "runs/20260105T120000-phase2"));
  }
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

int report(const ReportFlags& flags) {
  const auto outputs = parse_outputs(flags.outputs);
  if (!outputs) return complain_lab(outputs.error());
  const auto stored = read_result(flags.run);
  if (!stored) return complain_lab(stored.error());
  const auto result = lab::parse_result(*stored);
  if (!result) {
    complain(fmt::format("{}: {}", flags.run, result.error().message));
    return kExitInvalidConfig;
  }
  for (const auto& output : *outputs) {
    const auto content = lab::render_stored(output.kind, *stored);
    if (!content) return complain_lab(content.error());
    if (output.path.empty() || output.path == "-") {
      std::fwrite(content->data(), 1, content->size(), stdout);
    } else if (const auto written = lab::write_output(output.path, *content); !written) {
      complain(written.error().message);
      return kExitFailure;
    }
  }
  if (outputs->empty()) {
    lab::SummaryOptions summary;
    const Terminal terminal = Terminal::detect();
    summary.color = terminal.color && isatty(STDOUT_FILENO) == 1;
    summary.columns = std::min(summary.columns, result_columns(terminal));
    print_result(lab::summary_text(*result, summary), terminal);
  }
  if (result->end == lab::RunEnd::CutOff) {
    const auto folder =
        fs::is_directory(flags.run) ? fs::path(flags.run) : fs::path(flags.run).parent_path();
    complain(RunLock::held(folder.string())
                 ? std::string("the run still goes on; this is its last checkpoint")
                 : fmt::format("the run was cut off; this is its last checkpoint, and "
                               "`chorus lab run --resume {}` goes on from there",
                               folder.string()));
  }
  return kExitPass;
}

}  // namespace

void add_lab_report_command(CLI::App& lab, Invocation& invocation) {
  auto* command =
      lab.add_subcommand("report", "Show a finished run again, or write it in another form");
  auto flags = std::make_shared<ReportFlags>();
  command->add_option("run", flags->run, "The folder of a run, or its result.json")->required();
  command
      ->add_option("-o,--out", flags->outputs,
                   "kind[=path]: json, csv, junit, html, md, hlog; without it, the summary")
      ->allow_extra_args(false);
  command->callback([flags, &invocation] { invocation.run = [flags] { return report(*flags); }; });
}

}  // namespace chorus::app
