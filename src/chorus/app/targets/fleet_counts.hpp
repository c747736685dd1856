#pragma once

#include "chorus/app/fleet_service.hpp"
#include "chorus/base/json.hpp"
#include "chorus/lab/result.hpp"

namespace chorus::app {

/// What the lab compares its ledger with, out of the JSON of `/api/v1/status`.
lab::TargetCounts fleet_counts(const json::object& status);
/// The same of a fleet in this process, which is asked 86,400 times in a simulated day.
lab::TargetCounts fleet_counts(const FleetService::Figures& figures);

}  // namespace chorus::app
