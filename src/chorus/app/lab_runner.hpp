#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/net/http.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// How one load test is started from the command line.
struct LabRunOptions {
  lab::Scenario scenario;
  bool virtual_time = false;
  bool quiet = false;
  bool verbose = false;                   ///< log lines instead of a live view
  std::optional<Duration> timeout;        ///< of the whole run
  std::optional<net::Endpoint> telegram;  ///< attach: where the sandbox's doors are wanted
  std::optional<net::Endpoint> matrix;
  std::optional<net::Endpoint> llm;
  std::optional<net::Endpoint> control;
  std::vector<lab::OutputSpec> outputs;
  std::string runs_folder = "runs";
  std::string label;  ///< a commit or build: kept in the result and in the index of runs
  /// Folders of one scenario's runs; older ones are removed. Their lines stay in the index.
  std::size_t keep = 1000;
  std::string next_command;  ///< shown below the verdict
  bool print_summary = true;
  /// How often what the run has come to is written into its folder; none: each hour of runs in real
  /// time of two hours and more; 0: never.
  std::optional<Duration> checkpoint_every;
  json::object invocation;    ///< of the command line, for a lab that goes on with this run
  std::string scenario_hash;  ///< of the file's text
  /// A run to go on with: its folder, and lab::Checkpoint::state.
  std::string folder;
  std::string resume;
};

struct LabRunOutcome {
  int exit_code = 1;
  std::optional<lab::RunResult> result;
  std::string report;  ///< path of report.html; empty when it could not be written
};

/// Runs it to the end (or to the first Ctrl-C or SIGTERM, which still gives a report), writes
/// `result.json`, `report.html` and the target's output into a folder of its own below
/// `runs_folder`, and what `outputs` asks for, enters the run into the folder's index, and prints
/// the verdict. Blocks; makes its own loop.
LabRunOutcome run_lab(LabRunOptions options);

}  // namespace chorus::app
