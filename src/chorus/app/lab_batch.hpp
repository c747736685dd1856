#pragma once

#include "chorus/app/exit_codes.hpp"
#include "chorus/lab/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// One of several runs that belong together, for the table below them.
struct BatchRun {
  std::string name;  ///< of the scenario, with its number when it is repeated
  int exit_code = kExitFailure;
  std::optional<lab::RunResult> result;  ///< none when there was no run
  std::string report;
};

/// One row for each run, and below the table the reasons of those that did not pass. Pure.
std::string batch_table(const std::vector<BatchRun>& runs);

/// The exit code of several runs: the gravest by the order that the design fixes.
int gravest(const std::vector<BatchRun>& runs);

/// Where a run of several writes what `-o kind=path` asks for: `out.json` becomes
/// `out-baseline-low.json`. Nothing changes for standard output.
std::string batch_path(const std::string& path, const std::string& name);

}  // namespace chorus::app
