#pragma once

#include "chorus/app/watch/watcher.hpp"
#include "chorus/lab/outputs.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace chorus::app {

/// How one watch is started from the command line.
struct WatchOptions {
  WatchSources sources;
  Duration total{};  ///< 0: until Ctrl-C or the process ends
  Duration every = std::chrono::seconds(1);
  std::vector<std::pair<std::string, std::string>> thresholds;  ///< metric and expression
  std::vector<lab::OutputSpec> outputs;
  std::string name = "watch";
  std::string label;
  std::size_t keep = 1000;
  bool quiet = false;
  std::string runs_folder = "runs";
};

/// Follows the sources to the end, writes `result.json` and `report.html` into a folder of its own
/// below `runs_folder` and what `outputs` asks for, enters it into the folder's index and prints
/// what was seen. Ctrl-C ends it with its report. Gives the process's exit code: of the thresholds,
/// 0 without any; 122 when a source is not there at the start. Blocks; makes its own loop.
int run_watch(WatchOptions options);

/// `errors: rate<0.01` as metric and expression. Errors: InvalidArgument with the grammar.
Result<std::pair<std::string, std::string>> split_threshold(const std::string& text);

}  // namespace chorus::app
