#include "chorus/lab/compare/compare.hpp"
#include "chorus/lab/compare/compare_output.hpp"

#include "unit/lab/run_harness.hpp"
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

constexpr std::string_view kTrial = R"(version: 1
name: trial
target: { kind: attach, bots: { count: 2 } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people: { person: { count: 30, rate: 30/min, text: "hi {{number}}", expect: required } }
scenarios: { main: { executor: constant-vus, duration: 40s, warmup: 1s } }
thresholds: { reply_latency: ["p(95)<5000"], messages_lost: ["count==0"] }
)";

constexpr std::uint64_t kTrials = 20;

NamedRun trial(std::uint64_t seed, double factor) {
  BotScript bot;
  bot.delay = from_seconds(0.4 * factor);
  bot.sigma = 0.07;
  auto ran = run(kTrial, bot, seed);
  EXPECT_TRUE(ran.result);
  return {std::to_string(seed), std::move(*ran.result)};
}

stats::Decision decided(const NamedRun& before, const NamedRun& after) {
  CompareOptions options;
  options.resamples = 400;
  const auto c = compare_runs(std::span(&before, 1), std::span(&after, 1), options);
  EXPECT_TRUE(c) << c.error().message;
  return c ? c->decision : stats::Decision::Undecided;
}

TEST(CompareTrials, TwoRunsOfOneBuildAreTheSameAndATenthSlowerIsWorse) {
  int same = 0;
  int worse = 0;
  auto before = trial(1000, 1);
  for (std::uint64_t i = 0; i < kTrials; ++i) {
    if (decided(before, trial(3000 + i, 1.1)) == stats::Decision::Worse) ++worse;
    auto after = trial(1001 + i, 1);
    if (decided(before, after) == stats::Decision::Same) ++same;
    before = std::move(after);
  }
  EXPECT_GE(same, 19);
  EXPECT_GE(worse, 19);
}

}  // namespace
}  // namespace chorus::lab
