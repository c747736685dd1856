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

 protected:
  Result<ChildProcess*> launch(ChildProcess::Options options);
  rt::Loop& loop_;
  std::string log_file_;

 private:
  // poll_exit reaps, so looking is a change; the port's look is const.
  mutable std::vector<ChildProcess> children_;
  std::vector<std::string> programs_;
  bool stopping_ = false;
};

}  // namespace chorus::app
