#pragma once

#include "chorus/base/error.hpp"
#include "chorus/fleet/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace chorus::app {

/// Names of the settings that `settings:` of chorus.yaml and CHORUS_<SETTING> can change.
std::vector<std::string> fleet_setting_names();

/// Applies `values` (name -> text) to `settings`. Errors: Misconfigured naming the setting, with
/// the nearest valid name or the form that is expected.
Result<void> apply_fleet_settings(const std::map<std::string, std::string>& values,
                                  fleet::FleetSettings& settings);

/// The variable that gives a setting: CHORUS_SELECTOR for `selector`.
std::string fleet_setting_variable(const std::string& name);

}  // namespace chorus::app
