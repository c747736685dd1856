#pragma once

#include "chorus/app/child_process.hpp"
#include "chorus/lab/ports.hpp"
#include "chorus/rt/loop.hpp"

#include <string>
#include <vector>

namespace chorus::app {

/// What targets that are programs have in common: their processes, why one ended, how they are
/// stopped. Their output is in `log_file`.
class ProcessTarget : public lab::Target {
 public:
  ProcessTarget(rt::Loop& loop, std::string log_file)
      : loop_(loop), log_file_(std::move(log_file)) {}
  /// SIGTERM to each group, then SIGKILL after `grace`.
  rt::Task<void> stop(Duration grace) override;
  [[nodiscard]] std::optional<std::string> exited() const override;
  [[nodiscard]] std::vector<int> pids() const override;
  [[nodiscard]] bool can_be_struck() const override { return true; }
  /// SIGKILL to each group.
  Result<void> kill() override;
  rt::Task<Result<void>> restart() override;
  /// SIGSTOP and SIGCONT to each group.
  Result<void> pause() override;
  Result<void> resume() override;

 protected:
  Result<ChildProcess*> launch(ChildProcess::Options options);
  /// Launches again what `launch` has started. A target that does more after a launch overrides it.
  virtual rt::Task<Result<void>> launch_again(std::vector<ChildProcess::Options> all);
  rt::Loop& loop_;
  std::string log_file_;

 private:
  // poll_exit reaps, so looking is a change; the port's look is const.
  mutable std::vector<ChildProcess> children_;
  std::vector<ChildProcess::Options> launched_;
  bool stopping_ = false;
  bool down_ = false;  ///< killed by a fault, and to be started again
};

}  // namespace chorus::app
