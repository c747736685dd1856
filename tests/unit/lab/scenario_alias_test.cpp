#include "chorus/lab/scenario_alias.hpp"

#include "chorus/lab/scenario.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

TEST(ScenarioAlias, EveryFoundingNameLeadsToAShippedScenario) {
  ASSERT_FALSE(scenario_aliases().empty());
  for (const auto& alias : scenario_aliases()) {
    EXPECT_TRUE(find_shipped_scenario(alias.scenario)) << alias.name;
    EXPECT_FALSE(find_shipped_scenario(alias.name)) << "an alias hides a scenario: " << alias.name;
    EXPECT_EQ(aliased_scenario(alias.name), alias.scenario);
  }
}

TEST(ScenarioAlias, TheFirstFoundingTestIsFiftyUsers) {
  EXPECT_EQ(aliased_scenario("test_concurrent_user_load_50_users"), "mx-50-users");
  EXPECT_FALSE(aliased_scenario("phase2"));
}

}  // namespace
}  // namespace chorus::lab
