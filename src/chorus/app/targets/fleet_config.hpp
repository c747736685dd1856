#pragma once

#include "chorus/lab/ports.hpp"
#include "chorus/lab/scenario.hpp"

#include <string>
#include <vector>

namespace chorus::app {

/// `chorus.yaml` of a fleet under test. Secrets stand beside it: `tokens/N` of each bot, and
/// `tokens/as` and `tokens/hs` of its application service.
std::string fleet_yaml(const lab::TargetSpec& spec, const lab::SandboxAddresses& addresses,
                       const std::vector<lab::BotAccess>& bots, bool llm);

/// Whether the bots on Matrix are run by an application service (transport webhook).
bool has_app_service(const lab::TargetSpec& spec);

/// The tokens of an application service that lives for one run. They open nothing but its sandbox.
struct AppServiceTokens {
  std::string as;
  std::string hs;
};

/// Its registration as the sandbox's control API takes it: the users whose names the scenario gives
/// to bots, exempt from the homeserver's limits. `url` may be empty until it is known.
std::string registration_json(const lab::TargetSpec& spec, const AppServiceTokens& tokens,
                              const std::string& url);

}  // namespace chorus::app
