#pragma once

#include "chorus/base/json.hpp"
#include "chorus/platform/llm/chain.hpp"
#include "chorus/platform/llm/spend_ledger.hpp"

#include <vector>

namespace chorus::app {

/// The `llm` part of the status document: providers in order, what each spent since midnight UTC
/// and how far its ceilings are used.
json::array llm_status(platform::ProviderChain& chain, platform::SpendLedger& ledger);

/// `[{unit, period, most, used}]`; money as a number, not in micros.
json::array budget_json(const std::vector<policy::Budget::Usage>& usage);

}  // namespace chorus::app
