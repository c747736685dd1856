#include "chorus/lab/run.hpp"
#include "chorus/lab/summary.hpp"
#include "chorus/sandbox/world.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

RunResult bounded(Duration timeout, BotScript script, Duration ready_timeout = 60s) {
  auto scenario = load(kGroup);
  scenario.target.ready_timeout = ready_timeout;
  Harness harness(std::move(scenario), script, 7, [&](RunOptions& o) { o.timeout = timeout; });
  return *harness.go().result;
}

TEST(RunTimeout, EndsTheRunInTheWindowWithItsReasonFirst) {
  const auto r = bounded(40s, {});
  EXPECT_EQ(r.end, RunEnd::TimedOut);
  EXPECT_EQ(r.exit_code, 108);
  EXPECT_EQ(r.verdict, Verdict::Invalid) << summary_text(r, {});
  EXPECT_THAT(r.reasons.at(0), HasSubstr("--timeout 40s ended the run 25"));
  EXPECT_TRUE(r.identity);
  EXPECT_GT(r.ledger.of(Outcome::Answered), 30U);
  EXPECT_LE(r.duration, 40s + 500ms);
}

TEST(RunTimeout, SaysWhenNothingWasMeasuredYet) {
  const auto r = bounded(10s, {});
  EXPECT_EQ(r.exit_code, 108);
  EXPECT_EQ(r.reasons.at(0), "--timeout 10s ended the run before the warm-up was over");
}

TEST(RunTimeout, AlsoBoundsTheWaitForTheTarget) {
  const auto r = bounded(5s, {.deaf = true});
  EXPECT_EQ(r.exit_code, 108);
  EXPECT_THAT(r.reasons.at(0), HasSubstr("before the target was ready (0 of 3 bots are)"));
}

TEST(RunTimeout, AlsoCutsTheDrain) {
  const auto r = bounded(76s, {.delay = 30s});
  EXPECT_EQ(r.exit_code, 108);
  EXPECT_THAT(r.reasons.at(0), HasSubstr("while the last answers were awaited"));
  EXPECT_LE(r.duration, 76s + 500ms);
}

TEST(RunTimeout, DoesNothingToARunThatIsOverBefore) {
  const auto r = bounded(10min, {});
  EXPECT_EQ(r.end, RunEnd::Complete);
  EXPECT_EQ(r.verdict, Verdict::Pass);
}

TEST(RunEnd, ATargetThatNeverGotReadyStillHasAStartTime) {
  const auto r = bounded(10min, {.deaf = true}, 5s);
  EXPECT_EQ(r.end, RunEnd::NeverReady);
  EXPECT_EQ(to_iso8601(r.started_at).substr(0, 10), "2026-01-05");
}

TEST(NotSimulated, IsNoErrorOfTheRunButAFinding) {
  const auto call_thrice = [](RunOptions& options) {
    options.sandbox_ready = [connect = options.sandbox_ready](sandbox::Sandbox& box) {
      connect(box);
      for (int i = 0; i < 3; ++i) {
        box.world().tell(
            [](sandbox::Observer& o) { o.on_not_simulated(PlatformUserId(7), "upgrade"); });
      }
    };
  };
  const Ran ran = Harness(load(kGroup), {}, 7, call_thrice).go();
  const auto& r = *ran.result;
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_EQ(r.not_simulated.at("upgrade"), 3U);
  EXPECT_TRUE(r.errors.empty()) << r.errors.begin()->first;
  EXPECT_EQ(ran.live.back().errors, 0U);
  EXPECT_THAT(r.findings, Contains(HasSubstr("does not simulate: upgrade (3 times)")));
}

}  // namespace
}  // namespace chorus::lab
