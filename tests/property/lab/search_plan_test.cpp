#include "chorus/lab/capacity/search_plan.hpp"

#include "chorus/base/random.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace chorus::lab {
namespace {

/// Any target, however it behaves: the search ends within its bound and never contradicts itself.
RC_GTEST_PROP(SearchPlanProperties, EndsAndNeverContradictsItself, ()) {
  SearchLimits limits;
  limits.from = *rc::gen::inRange<std::uint32_t>(0, 500);
  limits.to = *rc::gen::inRange<std::uint32_t>(0, 5000);
  limits.repeats = *rc::gen::inRange<std::uint32_t>(0, 6);
  limits.fail_after = *rc::gen::inRange<std::uint32_t>(0, 4);
  Rng rng(*rc::gen::inRange<std::uint64_t>(0, 1'000'000));
  const bool wild = *rc::gen::arbitrary<bool>();
  const double capacity = std::exp(rng.uniform(0, 8));
  SearchPlan plan(limits);
  std::uint32_t probes = 0;
  while (const auto probe = plan.next()) {
    RC_ASSERT(++probes <= limits.probes);
    RC_ASSERT(probe->people >= 1);
    RC_ASSERT(probe->people <= plan.limits().to);
    const std::uint64_t n = rng.below(400);
    const double share = wild ? rng.uniform() : probe->people <= capacity ? 0.995 : 0.6;
    std::uint64_t hits = 0;
    for (std::uint64_t i = 0; i < n; ++i) hits += rng.chance(share) ? 1 : 0;
    plan.observe({hits, n});
  }
  RC_ASSERT(plan.end() != SearchEnd::Running);
  if (plan.missed()) RC_ASSERT(plan.capacity() < *plan.missed());
  if (plan.end() == SearchEnd::Found) {
    RC_ASSERT(plan.capacity() > 0 && plan.missed().has_value());
    RC_ASSERT(plan.levels().at(plan.capacity()).state == LevelState::Holds);
  }
  if (plan.end() == SearchEnd::AtLeast) RC_ASSERT(plan.capacity() == plan.limits().to);
}

}  // namespace
}  // namespace chorus::lab
