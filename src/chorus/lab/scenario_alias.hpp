#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace chorus::lab {

/// A name of an earlier system's load test and the shipped scenario that asks the same.
struct ScenarioAlias {
  std::string_view name;
  std::string_view scenario;
};

/// In the order of the shipped scenarios.
std::span<const ScenarioAlias> scenario_aliases();

/// The shipped scenario that goes by that other name.
std::optional<std::string_view> aliased_scenario(std::string_view name);

}  // namespace chorus::lab
