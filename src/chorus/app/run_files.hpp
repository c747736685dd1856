#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/result.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace chorus::app {

/// This machine and this chorus, for `env` of a result.
std::vector<std::pair<std::string, std::string>> machine();

/// The folder of a run that starts at `at`. Two may start in the same second, and virtual ones
/// always do: the later ones get a number.
/// Errors: Unavailable with path and cause.
Result<std::string> make_run_folder(const std::string& runs, const std::string& name, WallTime at);

/// The files that go into the run's folder, and what `-o` asks for; `records` is what ndjson holds.
/// Gives the report's path. Errors: Unavailable with path and cause.
Result<std::string> write_run_files(const std::vector<lab::OutputSpec>& outputs,
                                    const std::string& folder, const lab::RunResult& result,
                                    const std::string& records);

/// Enters the run into the index of its folder and removes what is older than the newest `keep`;
/// gives a line about what was removed, or nothing. A run whose index cannot be written is as good
/// as any other. Errors: Unavailable.
Result<std::string> remember_run(const std::string& runs_folder, const std::string& folder,
                                 const lab::RunResult& result, std::size_t keep);

}  // namespace chorus::app
