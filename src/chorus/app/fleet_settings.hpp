#pragma once

#include "chorus/base/error.hpp"
#include "chorus/fleet/settings.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// Names of the settings that `settings:` of chorus.yaml and CHORUS_<SETTING> can change.
std::vector<std::string> fleet_setting_names();

/// Applies `values` (name -> text) to `settings`. Errors: Misconfigured naming the setting, with
/// the nearest valid name or the form that is expected.
Result<void> apply_fleet_settings(const std::map<std::string, std::string>& values,
                                  fleet::FleetSettings& settings);

/// The values that the environment gives, as CHORUS_SELECTOR for `selector`.
std::map<std::string, std::string> fleet_settings_from_environment(
    const std::function<std::optional<std::string>(const std::string&)>& environment);

}  // namespace chorus::app
