#pragma once

#include "chorus/app/lab_runner.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace chorus::app {

/// Flags that every load test understands.
struct LabFlags {
  std::optional<std::uint32_t> people;
  std::string duration;  ///< `30s`; empty: the scenario's
  std::optional<std::uint64_t> seed;
  std::vector<std::string> variables;  ///< K=V
  std::vector<std::string> sets;       ///< path=value
  std::vector<std::string> outputs;
  bool virtual_time = false;
  bool quiet = false;
  std::string telegram, llm, control;  ///< attach: [HOST:]PORT
};

void add_common_lab_flags(CLI::App& command, LabFlags& flags);

/// Reads a scenario by file or shipped name with the flags applied. Misconfigured holds a line per
/// problem; InvalidArgument is about the command line.
Result<LabRunOptions> prepare_lab(const std::string& file_or_name, const LabFlags& flags,
                                  const std::vector<std::string>& command);

/// Text of a scenario: a file, or one that is built in. NotFound names the nearest.
Result<std::string> read_scenario(const std::string& file_or_name);

/// Complains and answers the exit code that the error's kind has.
int complain_lab(const Error& error);

}  // namespace chorus::app
