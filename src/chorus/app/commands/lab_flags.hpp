#pragma once

#include "chorus/app/lab_runner.hpp"
#include "chorus/base/json.hpp"

#include <cstdint>
#include <functional>
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
  std::string platform;  ///< `matrix`, `telegram,matrix`; empty: the scenario's
  std::optional<std::uint64_t> seed;
  std::vector<std::string> variables;  ///< K=V
  std::vector<std::string> sets;       ///< path=value
  std::vector<std::string> outputs;
  bool virtual_time = false;
  bool quiet = false;
  bool verbose = false;
  std::string timeout;                         ///< `10m`; empty: none
  std::string checkpoint;                      ///< `1h`, `0`; empty: as usual
  std::string label;                           ///< of the run: a commit, a build
  std::optional<std::size_t> keep;             ///< folders of a scenario's runs
  std::string telegram, matrix, llm, control;  ///< attach: [HOST:]PORT
};

void add_common_lab_flags(CLI::App& command, LabFlags& flags);

/// Reads a scenario by file, shipped name or the name of its founding test with the flags applied.
/// Misconfigured holds a line per problem; InvalidArgument is about the command line.
Result<LabRunOptions> prepare_lab(const std::string& name_given, const LabFlags& flags,
                                  const std::vector<std::string>& command);

/// A run's command line as it is kept in its checkpoint, and back. `secret://NAME` stays a name.
struct RunInvocation {
  std::string scenario;
  LabFlags flags;
  std::vector<std::string> command;
};
json::object invocation_json(const RunInvocation& invocation);
RunInvocation invocation_of(const json::object& stored);
/// `lab run --resume RUN`: goes on with a run whose lab was killed. Complains, or runs to the end;
/// the exit code.
int resume_run(const std::string& run, bool quiet, bool verbose);

/// The scenarios that `lab run` is asked for, each with the flags applied, the smallest load first.
/// `where` is a file, a shipped name, or, with `all` or a tag, a folder of files or the beginning
/// of shipped names (empty: all of them). Errors: as prepare_lab; Misconfigured when there is none.
Result<std::vector<LabRunOptions>> choose_scenarios(const std::string& where, bool all,
                                                    const std::string& tag, const LabFlags& flags,
                                                    const std::vector<std::string>& command);

/// `-o` as written. Errors: InvalidArgument.
Result<std::vector<lab::OutputSpec>> parse_outputs(const std::vector<std::string>& texts);

/// One `-o kind[=path]` of a command that judges runs instead of making one.
struct Form {
  std::string kind;  ///< empty: what a terminal shows
  std::string path;  ///< empty: standard output
};
/// Checked against the kinds there are; without any, the terminal's. Errors: InvalidArgument.
Result<std::vector<Form>> parse_forms(const std::vector<std::string>& texts,
                                      const std::vector<std::string>& kinds);
/// Renders and writes each. Errors: Unavailable with path and cause.
Result<void> write_forms(const std::vector<Form>& forms,
                         const std::function<std::string(const std::string& kind)>& render);

/// Text of a scenario: a file, or one that is built in. NotFound names the nearest.
Result<std::string> read_scenario(const std::string& file_or_name);

/// Complains and answers the exit code that the error's kind has.
int complain_lab(const Error& error);

}  // namespace chorus::app
