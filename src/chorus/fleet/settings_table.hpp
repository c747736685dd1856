#pragma once

#include "chorus/config/table.hpp"
#include "chorus/fleet/settings.hpp"

namespace chorus::fleet {

/// What an operator can set about a fleet, one row each: `settings:` of chorus.yaml, CHORUS_<NAME>,
/// `chorus settings`, the API and docs/settings.md all come from here. A row marked AtOnce is read
/// from the fleet's settings each time it is needed; what is copied at the start is AtStart.
const config::Table<FleetSettings>& settings_table();

}  // namespace chorus::fleet
