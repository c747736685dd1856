// Every shipped scenario of our own fleet, shortened, in virtual time with the fleet in this
// process.
#include "chorus/app/lab_simulation.hpp"
#include "chorus/app/lab_slots.hpp"
#include "chorus/lab/summary.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;

struct Shipped {
  const char* name;
  const char* platform = "";           ///< empty: the scenario's
  Duration length = Duration::zero();  ///< 0: its own
  std::vector<std::pair<std::string, std::string>> variables = {};
  std::vector<std::pair<std::string, std::string>> sets = {};
};

lab::RunResult run(const Shipped& shipped) {
  lab::ParseOptions options;
  options.sets = shipped.sets;
  if (shipped.length > Duration::zero()) options.duration = shipped.length;
  if (*shipped.platform != '\0') options.sets.emplace_back("target.platform", shipped.platform);
  options.variables = shipped.variables;
  const auto plan =
      lab::load_scenario(*lab::find_shipped_scenario(shipped.name), shipped.name, options);
  EXPECT_TRUE(plan) << plan.error().message;
  if (!plan) return {};
  rt::Loop loop(virtual_loop(*plan, plan->seed.value_or(1)));
  lab::RunOptions run_options;
  run_options.seed = plan->seed.value_or(1);
  auto result = simulate(loop, *plan, std::move(run_options));
  EXPECT_TRUE(result) << result.error().message;
  return result ? std::move(*result) : lab::RunResult{};
}

class ShippedScenario : public ::testing::TestWithParam<Shipped> {};

TEST_P(ShippedScenario, HoldsWithOurFleet) {
  const auto result = run(GetParam());
  EXPECT_EQ(result.verdict, lab::Verdict::Pass) << lab::summary_text(result, {});
  EXPECT_TRUE(result.identity);
  EXPECT_GT(result.ledger.sent, 0U);
}

std::string name_of(const ::testing::TestParamInfo<Shipped>& info) {
  std::string out;
  for (const std::string text : {info.param.name, info.param.platform}) {
    for (const char c : text) {
      if (c != '-') out += c;
    }
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(Stress, ShippedScenario,
                         ::testing::Values(Shipped{"stress-100", "", 18s},
                                           Shipped{"fan-out-500", "", 12s}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Faults, ShippedScenario,
                         ::testing::Values(Shipped{"reaction-400"}, Shipped{"token-401"},
                                           Shipped{"llm-quota", "", 150s},
                                           Shipped{"breaker-recovery", "", 150s},
                                           Shipped{"chaos", "", 2min}),
                         name_of);

// Nothing but a push tells an application service that a talk of two began.
INSTANTIATE_TEST_SUITE_P(
    Private, ShippedScenario,
    ::testing::Values(Shipped{
        "dm", "matrix", 30s, {}, {{"target.kind", "fleet"}, {"target.bots.transport", "webhook"}}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(Long, ShippedScenario, ::testing::Values(Shipped{"soak-24h", "", 4min}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    Smaller, ShippedScenario,
    ::testing::Values(Shipped{"webhook-flood", "", Duration::zero(), {{"SIZE", "100"}}},
                      Shipped{"mx-rapid", "", Duration::zero(), {{"CYCLES", "200"}}},
                      Shipped{"mx-rapid", "telegram", Duration::zero(), {{"CYCLES", "200"}}},
                      Shipped{"mx-sustained", "", Duration::zero(), {{"ITERATIONS", "10"}}},
                      Shipped{
                          "mx-sustained", "telegram", Duration::zero(), {{"ITERATIONS", "10"}}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Conversations, ShippedScenario,
    ::testing::Values(Shipped{"mx-50-users"}, Shipped{"mx-50-users", "telegram"},
                      Shipped{"mx-burst"}, Shipped{"mx-burst", "telegram"}, Shipped{"mx-mixed"},
                      Shipped{"mx-mixed", "telegram"}, Shipped{"mx-global-limit"},
                      Shipped{"mx-global-limit", "telegram"}, Shipped{"mx-user-limit"},
                      Shipped{"mx-user-limit", "telegram"}),
    name_of);

class ShippedSlots : public ::testing::TestWithParam<Shipped> {};

TEST_P(ShippedSlots, AreExact) {
  const auto& shipped = GetParam();
  lab::ParseOptions options;
  options.variables = shipped.variables;
  const auto plan =
      lab::load_scenario(*lab::find_shipped_scenario(shipped.name), shipped.name, options);
  ASSERT_TRUE(plan) << plan.error().message;
  const auto result = run_slot_load(*plan, {});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->verdict, lab::Verdict::Pass) << lab::summary_text(*result, {});
  EXPECT_TRUE(result->slots->differences.empty());
  EXPECT_GT(result->conversations.completed, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Inproc, ShippedSlots,
    ::testing::Values(Shipped{"mx-50-users-inproc"}, Shipped{"mx-sustained-inproc"},
                      Shipped{"mx-burst-inproc"}, Shipped{"mx-mixed-inproc"},
                      Shipped{"mx-global-limit-inproc"}, Shipped{"mx-user-limit-inproc"},
                      Shipped{"mx-rapid-inproc", "", {}, {{"CYCLES", "100000"}}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Larger, ShippedSlots,
    ::testing::Values(Shipped{"mx-50-users-inproc", "", {}, {{"USERS", "5000"}, {"LIMIT", "2000"}}},
                      Shipped{"mx-sustained-inproc", "", {}, {{"LENGTH", "300s"}}}),
    name_of);

}  // namespace
}  // namespace chorus::app
