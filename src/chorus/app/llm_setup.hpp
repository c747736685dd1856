#pragma once

#include "chorus/app/config.hpp"
#include "chorus/platform/llm/chain.hpp"

namespace chorus::app {

/// Builds the chain that the configuration names. Misconfigured for an address that is no URL.
Result<void> build_llm_chain(const std::vector<LlmProvider>& providers, rt::Loop& loop,
                             net::Transport& transport, platform::ProviderChain& chain);

}  // namespace chorus::app
