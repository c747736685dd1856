#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/result.hpp"

namespace chorus::app {

/// What the lab compares its ledger with, out of the JSON of `/api/v1/status`.
lab::TargetCounts fleet_counts(const json::object& status);

}  // namespace chorus::app
