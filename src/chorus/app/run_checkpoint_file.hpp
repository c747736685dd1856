#pragma once

#include "chorus/app/lab_runner.hpp"
#include "chorus/base/json.hpp"

#include <string>
#include <utility>
#include <vector>

namespace chorus::app {

/// `checkpoint.json` in the folder of a run: with it a lab that was killed goes on. It is there
/// from the first checkpoint until the run ends. 0600: it names the command of the target.
struct RunCheckpoint {
  json::object invocation;  ///< LabRunOptions::invocation
  /// What the run is of, as name and value: it must be the same when it goes on.
  std::vector<std::pair<std::string, std::string>> identity;
  std::string state;  ///< lab::Checkpoint::state
};

std::string checkpoint_text(const RunCheckpoint& checkpoint);
/// Errors: NotFound when the run has ended, or never came to a checkpoint, said which;
/// Misconfigured when the file is none.
Result<RunCheckpoint> read_checkpoint(const std::string& folder);

/// The folder that a word of the command line means: as written, or below `runs`.
std::string run_folder_of(const std::string& word, const std::string& runs = "runs");

std::vector<std::pair<std::string, std::string>> run_identity(const LabRunOptions& options);
/// Errors: Misconfigured with a line for each thing that is not what it was.
Result<void> check_identity(const RunCheckpoint& checkpoint, const LabRunOptions& options);

}  // namespace chorus::app
