#pragma once

#include "chorus/lab/scenario.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace chorus::app {

/// The settings that a fleet in this process is given: those of the target, and `target.env` as
/// `chorus serve` would read it from its environment.
std::map<std::string, std::string> fleet_values(const lab::TargetSpec& spec);

/// Calls to the sandbox's LLM at once that a fleet under test may make: where the scenario gives it
/// more conversations than the chain's own number, as many as these.
std::uint32_t llm_concurrency(const lab::TargetSpec& spec);

}  // namespace chorus::app
