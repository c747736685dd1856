#pragma once

#include "chorus/app/targets/process_target.hpp"
#include "chorus/lab/scenario.hpp"

#include <memory>
#include <string>

namespace chorus::app {

/// Our own fleet as a stranger would run it: a child `chorus serve` with a configuration, store and
/// keys of its own in `folder`, which the run throws away.
class FleetTarget final : public ProcessTarget {
 public:
  FleetTarget(rt::Loop& loop, lab::TargetSpec spec, bool llm_scripted, std::string folder,
              std::string log_file);
  ~FleetTarget() override;
  [[nodiscard]] std::string describe() const override;
  rt::Task<Result<void>> start(lab::SandboxAddresses addresses,
                               std::vector<lab::BotAccess> bots) override;
  rt::Task<void> stop(Duration grace) override;
  rt::Task<lab::TargetCounts> counts() override;
  [[nodiscard]] std::string metrics_url() const override;
  /// Where its API listens, once started.
  [[nodiscard]] const std::string& address() const;

 protected:
  rt::Task<Result<void>> launch_again(std::vector<ChildProcess::Options> all) override;

 private:
  /// Starts the program and waits for the line that tells that it is ready.
  rt::Task<Result<void>> launch_and_wait(ChildProcess::Options options);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::app
