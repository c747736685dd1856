#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// 20 people in private chats with one bot that must answer.
std::string with(std::string_view executor, std::string_view more = "") {
  return fmt::format(R"(version: 1
name: executors
target: {{ kind: attach, bots: {{ count: 1, name: "helper{{index}}_bot" }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people:
  asking: {{ count: 20, rate: 12/min, text: "{{{{word}}}} {{{{number}}}}?", expect: {{ reply: {{ within: 5s }} }} }}
scenarios:
  main: {}
{})",
                     executor, more);
}

double value_of(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m == nullptr ? 0 : m->value;
}

TEST(RunExecutors, SharedIterationsEndTheRunWhenAllAreDone) {
  const auto ran = run(
      with("{ executor: shared-iterations, vus: 4, iterations: 37, think: 1s, max_duration: 10m }"),
      {});
  ASSERT_TRUE(ran.result);
  const auto& r = *ran.result;
  EXPECT_EQ(value_of(r, "iterations"), 37);
  EXPECT_EQ(r.ledger.sent, 37U);
  EXPECT_EQ(r.ledger.of(Outcome::Answered), 37U);
  EXPECT_EQ(r.load.planned, 37U);
  // 37 in four hands, 1.2 s each: nobody waits for the ten minutes.
  EXPECT_LT(r.measured, 20s);
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
}

TEST(RunExecutors, PerVuIterationsAreTheSameNumberOfEach) {
  const auto ran =
      run(with("{ executor: per-vu-iterations, vus: 5, iterations: 6, think: 1s }"), {});
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->ledger.sent, 30U);
  EXPECT_EQ(value_of(*ran.result, "iterations"), 30);
  EXPECT_EQ(ran.result->verdict, Verdict::Pass) << summary_text(*ran.result, {});
}

TEST(RunExecutors, IterationsStopAtTheirMaxDuration) {
  const auto ran = run(
      with("{ executor: per-vu-iterations, vus: 2, iterations: 1000, think: 1s, max_duration: 30s "
           "}"),
      {});
  ASSERT_TRUE(ran.result);
  EXPECT_NEAR(value_of(*ran.result, "iterations"), 2 * 30 / 1.2, 3);
  EXPECT_EQ(ran.result->measured, 30s);
}

TEST(RunExecutors, ASlowBotGetsFewerIterationsAndTheSameArrivals) {
  BotScript slow;
  slow.delay = 3s;
  const std::string closed = with(
      "{ executor: per-vu-iterations, vus: 2, iterations: 1000, think: 1s, max_duration: 1m }");
  EXPECT_LT(value_of(*run(closed, slow).result, "iterations"),
            value_of(*run(closed, {}).result, "iterations") / 2);
  const std::string open = with("{ executor: constant-arrival-rate, rate: 2/s, duration: 1m }");
  EXPECT_EQ(run(open, slow).result->load.sent, run(open, {}).result->load.sent);
}

TEST(RunExecutors, ArrivalsBeyondMaxVusAreDroppedAndCounted) {
  BotScript slow;
  slow.delay = 4s;
  const auto ran = run(
      with("{ executor: constant-arrival-rate, rate: 2/s, max_vus: 4, duration: 40s, warmup: 0 }"),
      slow);
  ASSERT_TRUE(ran.result);
  const auto& r = *ran.result;
  // Four at a time for four seconds each: one a second of the two that arrive.
  EXPECT_NEAR(value_of(r, "dropped_iterations"), 40, 4);
  EXPECT_EQ(r.load.planned, 80U);
  EXPECT_EQ(r.load.sent, 80U - static_cast<unsigned>(value_of(r, "dropped_iterations")));
  EXPECT_EQ(r.verdict, Verdict::Invalid);
}

TEST(RunExecutors, ARampSendsWhatItsStagesAskFor) {
  const auto ran = run(with("{ executor: ramping-arrival-rate, start_rate: 0, stages: [{ duration: "
                            "30s, target: 4/s }, { duration: 30s, target: 0 }] }"),
                       {});
  ASSERT_TRUE(ran.result);
  EXPECT_NEAR(static_cast<double>(ran.result->load.sent), 120, 1);
  EXPECT_EQ(ran.result->warmup, 0s);
}

TEST(RunExecutors, AReplaySaysWhatTheTraceSays) {
  ParseOptions options;
  options.read_file = [](const std::string&) -> Result<std::string> {
    return std::string("at,text\n0,hello {{there}}\n4,second\n8,third\n");
  };
  auto scenario = load_scenario(with("{ executor: replay, trace: t.csv, speed: 2 }"), "t", options);
  ASSERT_TRUE(scenario) << scenario.error().message;
  const auto ran = Harness(std::move(*scenario), {}).go();
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->ledger.sent, 3U);
  EXPECT_EQ(ran.result->measured, 5s);
  ASSERT_FALSE(ran.live.empty());
  ASSERT_FALSE(ran.live.back().exchanges.empty());
  EXPECT_EQ(ran.live.back().exchanges[0].said, "hello {{there}}");
}

TEST(RunExecutors, ABreakpointEndsWhereItBreaksAndSaysTheRate) {
  BotScript worker;
  worker.delay = 10ms;
  worker.service = 200ms;  // five a second
  const auto ran = run(with("{ executor: breakpoint, start_rate: 1/s, rate: 21/s, duration: 200s }",
                            "thresholds: { reply_latency: [\"p(95)<2000\"] }\n"),
                       worker);
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->end, RunEnd::Aborted);
  EXPECT_THAT(ran.result->end_reason, HasSubstr("when main had come to "));
  EXPECT_LT(ran.result->measured, 120s);
}

TEST(RunExecutors, WeightsDecideWhichConversationIsHeld) {
  const auto ran = run(with("{ executor: partly-open, rate: 5/s, duration: 2m, conversation: all }",
                            R"(conversations:
  often: { weight: 3, steps: [{ user: "often" }, { bot: { within: 5s } }] }
  seldom: { weight: 1, steps: [{ user: "seldom" }, { bot: { within: 5s } }, { user: "seldom" }, { bot: { within: 5s } }] }
)"),
                       {});
  ASSERT_TRUE(ran.result);
  const auto& c = ran.result->conversations;
  ASSERT_GT(c.started, 500U);
  // 3 in 4 send one message, 1 in 4 two.
  EXPECT_NEAR(static_cast<double>(ran.result->ledger.sent) / static_cast<double>(c.started), 1.25,
              0.06);
}

TEST(RunExecutors, AGracefulStopLetsConversationsEnd) {
  BotScript slow;
  slow.delay = 4s;
  const char* steps = R"(conversations:
  two: { steps: [{ user: "a" }, { bot: { within: 9s } }, { user: "b" }, { bot: { within: 9s } }] }
)";
  const auto cut =
      run(with("{ executor: burst, size: 10, duration: 5s, conversation: two }", steps), slow);
  const auto ended = run(with("{ executor: burst, size: 10, duration: 5s, graceful_stop: 30s, "
                              "conversation: two }",
                              steps),
                         slow);
  ASSERT_TRUE(cut.result);
  ASSERT_TRUE(ended.result);
  EXPECT_EQ(cut.result->conversations.completed, 0U);
  EXPECT_EQ(ended.result->conversations.completed, 10U);
}

}  // namespace
}  // namespace chorus::lab
