#pragma once

#include "chorus/app/config.hpp"
#include "chorus/platform/llm/chain.hpp"

namespace chorus::app {

/// Builds the chain that the configuration names, with its ceilings. Misconfigured for an address
/// that is no URL.
Result<void> build_llm_chain(const std::vector<LlmProvider>& providers,
                             const std::vector<policy::Ceiling>& ceilings, rt::Loop& loop,
                             net::Transport& transport, platform::ProviderChain& chain);

}  // namespace chorus::app
