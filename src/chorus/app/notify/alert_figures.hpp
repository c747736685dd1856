#pragma once

#include "chorus/app/notify/alert_rules.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/platform/llm/chain.hpp"

namespace chorus::app {

/// What the fleet and its providers say now; shares over the last `window`.
AlertFigures alert_figures(const fleet::Fleet& fleet, platform::ProviderChain& llm,
                           Duration window);

}  // namespace chorus::app
