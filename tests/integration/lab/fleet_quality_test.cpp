#include "chorus/app/lab_simulation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::app {
namespace {

lab::Scenario scenario() {
  lab::ParseOptions none;
  auto parsed =
      lab::load_scenario(*lab::find_shipped_scenario("fleet-quality"), "fleet-quality", none);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return std::move(*parsed);
}

Result<lab::RunResult> run(std::uint64_t seed) {
  const auto plan = scenario();
  rt::Loop loop(virtual_loop(plan, seed));
  lab::RunOptions options;
  options.seed = seed;
  return simulate(loop, plan, std::move(options));
}

constexpr std::string_view kJudged[] = {
    "quality_gini",           "quality_residual_gini", "quality_addressed_answer",
    "quality_false_chime_in", "quality_human_yield",   "quality_bot_share",
    "quality_stale",          "quality_turn_entropy",  "quality_disclosure"};

const lab::QualityValue& value_of(std::span<const lab::QualityValue> values,
                                  std::string_view name) {
  return *std::ranges::find(values, name, [](const auto& v) { return v.bound->name; });
}

void expect_green(const lab::QualityReport& quality) {
  for (const auto name : kJudged) {
    const auto& value = value_of(quality.values, name);
    EXPECT_EQ(value.grade(), lab::Grade::Green)
        << name << " is " << lab::quality_value_text(*value.bound, value.sample.value);
  }
  for (const auto& value : quality.values) EXPECT_TRUE(value.sample.value) << value.bound->name;
}

class FleetQuality : public ::testing::TestWithParam<std::uint64_t> {};

// 12 shipped personas and 6 people for half an hour of virtual time.
TEST_P(FleetQuality, TakesItsTurns) {
  const auto result = run(GetParam());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->verdict, lab::Verdict::Pass);
  ASSERT_TRUE(result->quality);
  expect_green(*result->quality);
  // Somebody also speaks unasked: restraint alone would be green, and dull.
  const auto& answers = value_of(result->quality->values, "quality_addressed_answer");
  EXPECT_GT(result->ledger.bot_messages, answers.sample.n);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FleetQuality, ::testing::Values(11, 12, 13));

TEST(FleetQualityBaseline, TheRandomSelectorStandsBeside) {
  lab::RunResult result;
  result.seed = 11;
  result.quality.emplace();
  ASSERT_TRUE(add_baseline(scenario(), result));
  EXPECT_EQ(result.quality->baseline_name, "selector random");
  for (const auto name : kJudged) {
    EXPECT_TRUE(value_of(result.quality->baseline, name).sample.value) << name;
  }
}

}  // namespace
}  // namespace chorus::app
