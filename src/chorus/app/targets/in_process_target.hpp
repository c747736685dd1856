#pragma once

#include "chorus/lab/ports.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"

#include <memory>
#include <string>

namespace chorus::app {

/// Our own fleet inside the lab's process, for virtual time: the same code as `chorus serve` over
/// an in-process transport and a store in memory. Nothing is written and no socket is opened.
class InProcessTarget final : public lab::Target {
 public:
  /// Origins under which the sandbox's doors are routed by the caller.
  static constexpr const char* kTelegramOrigin = "http://telegram.sandbox:80";
  static constexpr const char* kMatrixOrigin = "http://matrix.sandbox:80";
  static constexpr const char* kControlOrigin = "http://control.sandbox:80";
  static constexpr const char* kLlmOrigin = "http://llm.sandbox:80";

  InProcessTarget(rt::Loop& loop, net::InProcessTransport& transport, lab::TargetSpec spec,
                  bool llm_scripted);
  ~InProcessTarget() override;
  [[nodiscard]] std::string describe() const override;
  rt::Task<Result<void>> start(lab::SandboxAddresses addresses,
                               std::vector<lab::BotAccess> bots) override;
  rt::Task<void> stop(Duration grace) override;
  rt::Task<lab::TargetCounts> counts() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::app
