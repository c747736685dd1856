#pragma once

#include "chorus/lab/scenario.hpp"

#include <map>
#include <string>

namespace chorus::app {

/// The settings that a fleet in this process is given: those of the target, and `target.env` as
/// `chorus serve` would read it from its environment.
std::map<std::string, std::string> fleet_values(const lab::TargetSpec& spec);

}  // namespace chorus::app
