#include "chorus/lab/capacity/search_plan.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace chorus::lab {
namespace {

using Target = std::function<stats::Proportion(const Probe&)>;

/// Holds up to `limit` people, and misses clearly beyond.
Target holds_up_to(std::uint32_t limit, std::uint64_t n = 200) {
  return [=](const Probe& p) {
    return p.people <= limit ? stats::Proportion{n, n} : stats::Proportion{n / 2, n};
  };
}

struct Searched {
  SearchPlan plan;
  std::vector<Probe> probes;
};

Searched search(SearchLimits limits, const Target& target) {
  Searched out{SearchPlan(limits), {}};
  while (const auto probe = out.plan.next()) {
    out.probes.push_back(*probe);
    out.plan.observe(target(*probe));
    if (out.probes.size() > 1000) {
      ADD_FAILURE() << "no end";
      break;
    }
  }
  return out;
}

TEST(SearchPlan, DoublesBisectsAndConfirms) {
  const auto s = search({.from = 8, .width = 0.1}, holds_up_to(100));
  EXPECT_EQ(s.plan.end(), SearchEnd::Found);
  EXPECT_LE(s.plan.capacity(), 100);
  EXPECT_GE(s.plan.capacity(), 90);
  EXPECT_GT(*s.plan.missed(), 100);
  EXPECT_LE(*s.plan.missed(), s.plan.capacity() * 1.1 + 1);
  std::vector<std::uint32_t> ramp;
  for (const auto& p : s.probes) {
    if (p.phase == ProbePhase::Ramp && p.repeat == 0) ramp.push_back(p.people);
  }
  EXPECT_EQ(ramp, (std::vector<std::uint32_t>{8, 16, 32, 64, 128}));
  EXPECT_EQ(s.probes.back().phase, ProbePhase::Confirm);
  EXPECT_EQ(s.probes.back().people, s.plan.capacity());
  EXPECT_LT(s.probes.size(), 16);
}

TEST(SearchPlan, AFirstLevelThatIsTooLargeIsHalved) {
  const auto s = search({.from = 64}, holds_up_to(10));
  EXPECT_EQ(s.plan.end(), SearchEnd::Found);
  EXPECT_EQ(s.plan.capacity(), 10);
  EXPECT_EQ(s.plan.missed(), 11);
}

TEST(SearchPlan, NothingHolds) {
  const auto s = search({.from = 8}, holds_up_to(0));
  EXPECT_EQ(s.plan.end(), SearchEnd::NoLevel);
  EXPECT_EQ(s.plan.capacity(), 0);
}

TEST(SearchPlan, TheBoundOfTheSearchIsSaidToBeNoLimit) {
  const auto s = search({.from = 8, .to = 50}, holds_up_to(1000));
  EXPECT_EQ(s.plan.end(), SearchEnd::AtLeast);
  EXPECT_EQ(s.plan.capacity(), 50);
  EXPECT_FALSE(s.plan.missed());
}

TEST(SearchPlan, OneBadMomentIsNoLimit) {
  bool spoiled = false;
  const auto s = search({.from = 8}, [&](const Probe& p) {
    if (p.people == 16 && !spoiled) {
      spoiled = true;
      return stats::Proportion{170, 200};
    }
    return holds_up_to(100, 2000)(p);
  });
  EXPECT_EQ(s.plan.end(), SearchEnd::Found);
  EXPECT_GE(s.plan.capacity(), 90);
}

TEST(SearchPlan, FewRepliesAreProbedAgain) {
  const auto s = search({.from = 8, .to = 8}, [](const Probe&) {
    return stats::Proportion{30, 30};  // 73 in time prove 95 %
  });
  EXPECT_EQ(s.plan.end(), SearchEnd::AtLeast);
  EXPECT_EQ(s.plan.levels().at(8).probes, 3);
}

TEST(SearchPlan, TooFewRepliesSendTheSearchUpAndNotDown) {
  const auto one_each = [](const Probe& p) {
    const std::uint64_t n = p.people;
    return p.people <= 100 ? stats::Proportion{n, n} : stats::Proportion{n / 2, n};
  };
  const auto s = search({.from = 2}, one_each);
  EXPECT_EQ(s.plan.end(), SearchEnd::Found);
  EXPECT_EQ(s.plan.levels().at(2).state, LevelState::Undecided);
  EXPECT_GE(s.plan.capacity(), 90);
  EXPECT_EQ(search({.from = 2, .to = 8}, one_each).plan.end(), SearchEnd::TooFew);
}

TEST(SearchPlan, WhatStaysOpenIsNamedAndCountsAsMissed) {
  // Exactly the goal: no number of probes can decide it.
  const auto s = search({.from = 8, .to = 16}, [](const Probe& p) {
    return p.people <= 12 ? stats::Proportion{1000, 1000} : stats::Proportion{950, 1000};
  });
  EXPECT_EQ(s.plan.end(), SearchEnd::Found);
  EXPECT_EQ(s.plan.capacity(), 12);
  EXPECT_EQ(s.plan.levels().at(16).state, LevelState::Undecided);
}

TEST(SearchPlan, AWinnerThatDoesNotHoldAgainIsGivenUp) {
  const auto flaky = [](const Probe& p) {
    return p.phase == ProbePhase::Confirm ? stats::Proportion{100, 200} : holds_up_to(100)(p);
  };
  const auto s = search({.from = 8}, flaky);
  EXPECT_EQ(s.plan.end(), SearchEnd::Unsteady);
  const auto once = [n = 0](const Probe& p) mutable {
    if (p.phase == ProbePhase::Confirm && n++ < 2) return stats::Proportion{100, 200};
    return holds_up_to(100)(p);
  };
  const auto again = search({.from = 8}, once);
  EXPECT_EQ(again.plan.end(), SearchEnd::Found);
  EXPECT_LT(again.plan.capacity(), 96);
}

TEST(SearchPlan, StopsWhenAProbeProvesNothing) {
  SearchPlan plan({.from = 8});
  plan.observe({200, 200});
  plan.stop();
  EXPECT_EQ(plan.end(), SearchEnd::Stopped);
  EXPECT_EQ(plan.capacity(), 8);
  EXPECT_FALSE(plan.next());
}

TEST(SearchPlan, EveryLimitIsFoundWithinItsWidth) {
  for (std::uint32_t limit = 1; limit < 700; limit += 7) {
    const auto s = search({.from = 20}, holds_up_to(limit));
    ASSERT_EQ(s.plan.end(), SearchEnd::Found) << limit;
    EXPECT_LE(s.plan.capacity(), limit);
    EXPECT_GT(*s.plan.missed(), limit);
    EXPECT_LE(*s.plan.missed() - s.plan.capacity(),
              std::max<std::uint32_t>(1, s.plan.capacity() / 10));
  }
}

}  // namespace
}  // namespace chorus::lab
