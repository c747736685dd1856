#pragma once

#include "chorus/base/json.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/store/rows.hpp"

#include <string_view>
#include <vector>

/// Parts of what `chorus status` shows.
namespace chorus::app {

/// `active`, `unauthorized`, ...
std::string_view state_name(store::BotState state);
/// Everything the fleet says of itself but its caches: bots, queues, the last hour, breakers.
void add_fleet_status(json::object& out, const fleet::FleetStatus& status);
json::object counts_json(const store::Counts& counts);

}  // namespace chorus::app
