#pragma once

#include "chorus/app/targets/process_target.hpp"
#include "chorus/lab/scenario.hpp"

#include <map>
#include <string>
#include <vector>

namespace chorus::app {

/// Anybody's bot, started as a program: it finds the sandbox in its environment
/// (TELEGRAM_API_ROOT, TELEGRAM_BOT_TOKENS or MATRIX_HOMESERVER, MATRIX_USERS,
/// MATRIX_ACCESS_TOKENS; OPENAI_BASE_URL, ...) and nothing of ours otherwise.
class CommandTarget final : public ProcessTarget {
 public:
  CommandTarget(rt::Loop& loop, lab::TargetSpec spec, std::string log_file);
  [[nodiscard]] std::string describe() const override;
  rt::Task<Result<void>> start(lab::SandboxAddresses addresses,
                               std::vector<lab::BotAccess> bots) override;

 private:
  lab::TargetSpec spec_;
};

/// Nothing is started: the run waits for bots that somebody else starts against the sandbox.
class AttachTarget final : public lab::Target {
 public:
  [[nodiscard]] std::string describe() const override;
  rt::Task<Result<void>> start(lab::SandboxAddresses addresses,
                               std::vector<lab::BotAccess> bots) override;
  rt::Task<void> stop(Duration grace) override;
};

/// A bot that waits for updates at a URL: each bot's webhook is set to it, `{token}` and
/// `{username}` replaced.
class WebhookTarget final : public lab::Target {
 public:
  WebhookTarget(rt::Loop& loop, std::string url);
  ~WebhookTarget() override;
  [[nodiscard]] std::string describe() const override;
  rt::Task<Result<void>> start(lab::SandboxAddresses addresses,
                               std::vector<lab::BotAccess> bots) override;
  rt::Task<void> stop(Duration grace) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Environment that a target finds the sandbox in.
std::map<std::string, std::string> target_environment(
    const lab::SandboxAddresses& addresses, const std::vector<lab::BotAccess>& bots,
    const std::map<std::string, std::string>& more);

}  // namespace chorus::app
