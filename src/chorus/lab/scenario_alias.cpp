#include "chorus/lab/scenario_alias.hpp"

#include <algorithm>
#include <array>

namespace chorus::lab {

namespace {

constexpr std::array kAliases{
    ScenarioAlias{"test_concurrent_user_load_50_users", "mx-50-users"},
    ScenarioAlias{"test_sustained_load_5_minutes", "mx-sustained"},
    ScenarioAlias{"test_burst_load_pattern", "mx-burst"},
    ScenarioAlias{"test_mixed_workload_patterns", "mx-mixed"},
    ScenarioAlias{"test_global_limit_enforcement", "mx-global-limit"},
    ScenarioAlias{"test_per_user_limit_enforcement", "mx-user-limit"},
    ScenarioAlias{"test_stress_rapid_start_stop_cycles", "mx-rapid"},
    ScenarioAlias{"test_load_phase2", "phase2"},
};

}  // namespace

std::span<const ScenarioAlias> scenario_aliases() {
  return kAliases;
}

std::optional<std::string_view> aliased_scenario(std::string_view name) {
  const auto* found = std::ranges::find(kAliases, name, &ScenarioAlias::name);
  if (found == kAliases.end()) return std::nullopt;
  return found->scenario;
}

}  // namespace chorus::lab
