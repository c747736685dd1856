#pragma once

#include "chorus/base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace chorus::app {

/// One program that we started. Its output goes straight into a file: a reader that falls behind
/// would block it (the founding monitor throttled the very bot it watched). It leads a process
/// group of its own and gets SIGTERM when we die. Standard input is empty.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;                ///< argument list, no shell
    std::map<std::string, std::string> environment;  ///< complete
    std::string output_file;                         ///< stdout and stderr, appended
    std::string folder;                              ///< working folder; empty: ours
    /// Standard output instead goes to a pipe whose read end the caller takes with `take_stdout`.
    bool pipe_stdout = false;
  };
  /// Errors: NotFound (`cannot start 'x': there is no such program`, or no such folder, or no
  /// interpreter for the script), Forbidden (not executable), Unavailable (no more processes, no
  /// log file), InvalidArgument (no command). PATH is that of the caller.
  static Result<ChildProcess> start(const Options& options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  /// Kills what still runs of the group, the program or what it left behind, and reaps it.
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Read end of the pipe; -1 when there is none. The caller owns it from then on.
  int take_stdout();
  /// nullopt while the program runs; then its exit code, or 128 + signal.
  std::optional<int> poll_exit();
  /// To the whole group, also to what outlived the program.
  void signal(int number) const;

 private:
  ChildProcess() = default;
  pid_t pid_ = -1;
  int stdout_fd_ = -1;
  std::optional<int> exit_code_;
};

/// The caller's environment without the variables that could reach real bots or spend real money.
std::map<std::string, std::string> clean_environment();

}  // namespace chorus::app
