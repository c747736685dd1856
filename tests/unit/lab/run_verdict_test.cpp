#include "chorus/lab/outputs.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/summary.hpp"
#include "chorus/lab/verdict.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// Ten messages a second for 60 s; the thresholds are given.
std::string judged_by(std::string_view thresholds) {
  return fmt::format(R"(version: 1
name: judged
target: {{ kind: attach, bots: {{ count: 3 }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people: {{ person: {{ count: 30, rate: 20/min, text: "hello {{{{number}}}}", expect: {{ reply: {{ within: 8s }} }} }} }}
scenarios: {{ main: {{ executor: constant-vus, warmup: 5s, duration: 60s }} }}
thresholds: {{ {} }}
)",
                     thresholds);
}

/// Everything stands still for two seconds, 20 s into the window: `max` is broken from then on.
const BotScript kStall{.freezes_at = 25s};

TEST(ThresholdFor, AbortsOnlyAfterBeingBrokenForThatLong) {
  const auto at_once =
      *run(judged_by(R"(reply_latency: [{ expr: "max<1000", abort_on_fail: true }])"), kStall)
           .result;
  EXPECT_EQ(at_once.end, RunEnd::Aborted);
  EXPECT_EQ(at_once.exit_code, 108);
  const auto later = *run(judged_by(R"(reply_latency:
    [{ expr: "max<1000", abort_on_fail: true, for: 10s }])"),
                          kStall)
                          .result;
  EXPECT_EQ(later.end, RunEnd::Aborted);
  EXPECT_THAT(later.end_reason, HasSubstr("reply_latency max<1000 was broken for 10"));
  EXPECT_NEAR(to_seconds(later.measured - at_once.measured), 10, 0.5);
}

TEST(ThresholdFor, BeingBrokenForTooLongFailsAlsoWhenItHoldsAgainAtTheEnd) {
  // The gauge of what is in flight rises in the stall; its last value is small again.
  const auto text = judged_by(R"(in_flight: [{ expr: "value<12", for: 500ms }])");
  const auto r = *run(text, kStall).result;
  ASSERT_TRUE(r.thresholds[0].value);
  EXPECT_LT(*r.thresholds[0].value, 12);
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(r.reasons, Contains(HasSubstr("at a stretch where 500")));
  EXPECT_THAT(result_json(r), HasSubstr("longest_broken_s"));
  const auto patient = judged_by(R"(in_flight: [{ expr: "value<12", for: 30s }])");
  EXPECT_EQ(run(patient, kStall).result->verdict, Verdict::Pass);
}

TEST(MissingData, ATagThatNobodyHasIsInvalidAndNoZero) {
  const auto r = *run(judged_by(R"("messages{side:bots}": ["count<1000"])"), {}).result;
  EXPECT_EQ(r.verdict, Verdict::Invalid) << summary_text(r, {});
  EXPECT_EQ(r.exit_code, 120);
  EXPECT_THAT(r.reasons,
              Contains(HasSubstr("messages{side:bots} count<1000: nothing was recorded")));
}

TEST(MissingData, AMetricThatThisRunCannotHaveIsInvalid) {
  const auto r = *run(judged_by(R"(process_rss_growth: ["value<100MiB"])"), {}).result;
  EXPECT_EQ(r.verdict, Verdict::Invalid);
}

TEST(RunDrift, ATargetThatSlowsDownIsSeenAndMayBeGated) {
  const auto limits = judged_by(R"(latency_drift: ["value<2"], success_drift: ["value>-0.02"])");
  const auto steady = *run(limits, {}).result;
  EXPECT_EQ(steady.verdict, Verdict::Pass) << summary_text(steady, {});
  ASSERT_TRUE(steady.drift);
  EXPECT_NEAR(steady.drift->latency_ratio(), 1, 0.1);
  // One worker that needs 104 ms for each of ten messages a second falls behind.
  const auto slowing = *run(limits, {.service = 104ms}).result;
  EXPECT_EQ(slowing.verdict, Verdict::Fail) << summary_text(slowing, {});
  EXPECT_THAT(slowing.findings, Contains(HasSubstr("the last fifth was slower than the first")));
}

TEST(RunLittle, ItsNumbersAreInTheResult) {
  const auto r = *run(judged_by(R"(errors: ["rate<0.01"])"), {}).result;
  EXPECT_NEAR(r.little.rate(), 10, 1);
  EXPECT_NEAR(r.little.time(), 0.2, 0.01);
  EXPECT_NEAR(r.little.in_flight(), 2, 0.3);
  EXPECT_NEAR(r.little_error, 0, 1e-6);
  EXPECT_THAT(r.findings, Not(Contains(HasSubstr("Little"))));
  EXPECT_THAT(summary_text(r, {}), HasSubstr("planned messages were offered (100.0 %)"));
  EXPECT_THAT(summary_text(r, {}), HasSubstr("used to 0 %"));
}

TEST(VerdictLittle, AGrossErrorVoidsAlsoAShortRunAndASmallOneIsSaid) {
  RunResult r;
  r.duration = r.measured = 60s;
  r.little = {100, 100, 60, 60};
  r.little_error = r.little.error();
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_THAT(r.reasons, Contains(HasSubstr("Little's law is off by 40 % (1 in flight, and 1.67/s "
                                            "times 1 s are 1.67)")));
  r.little = {100, 100, 92, 60};
  r.little_error = r.little.error();
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Pass);
  EXPECT_THAT(r.findings, Contains(HasSubstr("Little's law is off by 8 %")));
}

TEST(VerdictCounts, WhatTheFleetDoesNotKnowOfMayHaveArrived) {
  RunResult r;
  r.ledger.bot_messages = 10;
  r.target_counts.messages_sent = 8;
  r.target_counts.unknown = 2;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Pass) << "killed between the send and its answer";
  r.findings.clear();
  r.target_counts.unknown = 1;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Fail);
}

}  // namespace
}  // namespace chorus::lab
