#include "chorus/lab/run.hpp"

#include "chorus/lab/outputs.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

void keep_for_looking(const RunResult& result) {
  if (const char* folder = std::getenv("CHORUS_KEEP_REPORT")) {
    std::ofstream(std::string(folder) + "/" + result.name + ".html") << result_html(result);
    std::ofstream(std::string(folder) + "/" + result.name + ".txt")
        << summary_text(result, SummaryOptions{});
  }
}

TEST(Run, AGoodBotPassesAndTheAccountAddsUp) {
  const auto ran = run(kGroup, {});
  ASSERT_TRUE(ran.result) << ran.result.error().message;
  const auto& r = *ran.result;
  keep_for_looking(r);
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_TRUE(r.identity);
  EXPECT_EQ(r.people, 20U);
  EXPECT_GT(r.ledger.sent, 200U);
  EXPECT_EQ(r.ledger.of(Outcome::Answered), r.ledger.required);
  EXPECT_EQ(r.ledger.of(Outcome::IgnoredOk), r.ledger.sent - r.ledger.required);
  EXPECT_EQ(r.load.sent, r.load.planned);
  EXPECT_NEAR(r.little_error, 0, 1e-6);
  const auto* reply = find_summary(r, "reply_latency");
  EXPECT_GT(reply->count, 100U);
  EXPECT_NEAR(reply->p50, 200, 5);
  EXPECT_EQ(r.ledger.attributed[static_cast<std::size_t>(Via::Link)], r.ledger.required);
  EXPECT_EQ(r.measured, 60s);
  EXPECT_EQ(r.warmup, 15s);
}

TEST(Run, TheSameSeedGivesTheSameRecordsAnotherDoesNot) {
  const auto a = run(kGroup, {}, 42);
  const auto b = run(kGroup, {}, 42);
  const auto c = run(kGroup, {}, 43);
  EXPECT_EQ(a.records, b.records);
  EXPECT_FALSE(a.records.empty());
  EXPECT_EQ(a.result->records_hash, b.result->records_hash);
  EXPECT_NE(a.result->records_hash, c.result->records_hash);
  EXPECT_NE(a.records, c.records);
}

TEST(Run, ABotThatDropsEveryTwentiethReplyFails) {
  const auto ran = run(kGroup, {.drop_every = 20});
  const auto& r = *ran.result;
  keep_for_looking(r);
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_EQ(r.exit_code, 99);
  EXPECT_NEAR(static_cast<double>(r.ledger.of(Outcome::Unanswered)),
              static_cast<double>(r.ledger.required) / 20, 1.01);
  EXPECT_EQ(r.ledger.of(Outcome::Lost), 0U);
  EXPECT_TRUE(r.identity);
  EXPECT_THAT(r.findings, Contains(HasSubstr("required replies did not come in time although")));
}

TEST(Run, DuplicatesAreCaught) {
  const auto ran = run(kGroup, {.duplicate_every = 10});
  EXPECT_EQ(ran.result->verdict, Verdict::Fail);
  EXPECT_NEAR(static_cast<double>(ran.result->ledger.duplicated),
              static_cast<double>(ran.result->ledger.required) / 10, 1.01);
}

TEST(Run, LateRepliesAreUnansweredButTheirLatencyIsKept) {
  const auto ran = run(kGroup, {.late_every = 10});
  const auto& r = *ran.result;
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_GT(r.ledger.late_replies, 10U);
  EXPECT_NEAR(find_summary(r, "reply_latency")->max, 12'000, 50);
}

TEST(Run, UnlinkedAnswersInPrivateChatsAreAttributed) {
  const auto ran = run(R"(version: 1
name: private
target: { kind: attach, bots: { count: 2 } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people:
  person: { count: 30, rate: 12/min, text: "hello {{number}}", canary: true, expect: required }
scenarios: { main: { executor: constant-vus, duration: 30s } }
thresholds: { reply_latency: ["p(95)<5000"], messages_misrouted: ["count==0"] }
)",
                       {.linked = false});
  const auto& r = *ran.result;
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_EQ(r.ledger.of(Outcome::Answered), r.ledger.sent);
  EXPECT_EQ(r.ledger.attributed[static_cast<std::size_t>(Via::Canary)], r.ledger.sent);
  EXPECT_EQ(r.ledger.misrouted, 0U);
}

TEST(Run, ConversationsWaitForTheirAnswers) {
  const auto ran = run(R"(version: 1
name: talks
target: { kind: attach, bots: { count: 1 } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people: { person: { count: 50, rate: 1/s, text: "turn {{number}}", expect: required } }
conversations:
  order:
    steps:
      - user: "/start"
      - bot: { within: 3s, contains: "you said" }
      - think: 2s
      - user: "table for {{number}}"
      - bot: { within: 3s }
scenarios:
  turns: { executor: partly-open, rate: 1/s, turns: 2..3, think: 1s, duration: 30s }
  steps: { executor: partly-open, rate: 1/s, conversation: order, duration: 30s }
thresholds: { reply_latency: ["p(95)<5000"], conversations_completed: ["count>20"] }
)",
                       {});
  const auto& r = *ran.result;
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_GT(r.conversations.completed, 40U);
  EXPECT_EQ(r.conversations.abandoned, 0U);
  EXPECT_GE(r.conversations.started, r.conversations.completed);
}

TEST(Run, ATargetThatNeverPollsIsNeverReady) {
  auto scenario = load(kGroup);
  scenario.target.ready_timeout = 5s;
  const auto ran = Harness(std::move(scenario), {.deaf = true}).go();
  const auto& r = *ran.result;
  EXPECT_EQ(r.exit_code, 122);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_THAT(r.reasons[0], HasSubstr("0 of 3 bots polled"));
}

TEST(Run, ATargetThatDiesEndsTheRunWithItsReason) {
  const auto ran = run(kGroup, {.dies_after = 40s});
  const auto& r = *ran.result;
  EXPECT_EQ(r.exit_code, 107);
  EXPECT_THAT(r.reasons, Contains(HasSubstr("bot exited with 1")));
  EXPECT_TRUE(r.identity);
}

TEST(Run, AbortOnFailStopsEarly) {
  const auto ran = run(R"(version: 1
name: abort
target: { kind: attach, bots: { count: 1 } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people: { person: { count: 30, rate: 20/min, text: hi, expect: required } }
scenarios: { main: { executor: constant-vus, duration: 10m } }
thresholds: { reply_latency: [{ expr: "p(95)<100", abort_on_fail: true, delay_eval: 10s }] }
)",
                       {});
  const auto& r = *ran.result;
  EXPECT_EQ(r.exit_code, 108);
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_LT(r.measured, 20s);
  EXPECT_GE(r.measured, 10s);
}

Ran run_shipped(std::string_view name, Duration length) {
  ParseOptions options;
  options.duration = length;
  options.command = {"bot"};
  auto scenario = load_scenario(*find_shipped_scenario(name), name, options);
  EXPECT_TRUE(scenario) << scenario.error().message;
  return Harness(std::move(*scenario), {}, scenario->seed.value_or(7)).go();
}

TEST(Run, TheDemoIsLivelyAndDecidableInThirtySeconds) {
  const auto ran = run_shipped("demo", 30s);
  const auto& r = *ran.result;
  keep_for_looking(r);
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_GE(find_summary(r, "reply_latency")->count, 59U);
  EXPECT_LT(r.load.factor, 1);
  EXPECT_EQ(find_summary(r, "rate_limited")->value, 0);
}

TEST(Run, Phase2IsDecidableInAMinuteAndStaysBelowTheLimits) {
  const auto ran = run_shipped("phase2", 60s);
  const auto& r = *ran.result;
  keep_for_looking(r);
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_GE(find_summary(r, "reply_latency")->count, 59U);
  EXPECT_EQ(find_summary(r, "rate_limited")->value, 0);
  EXPECT_EQ(r.people, 100U);
  EXPECT_EQ(r.founding.size(), 8U);
}

TEST(Run, AnyBotInAGroupAndInPrivateHolds) {
  for (const auto* name : {"echo", "dm"}) {
    const auto ran = run_shipped(name, 30s);
    EXPECT_EQ(ran.result->verdict, Verdict::Pass) << summary_text(*ran.result, {});
    EXPECT_EQ(ran.result->ledger.of(Outcome::Answered), ran.result->ledger.sent);
  }
}

struct Interrupter {
  static rt::Task<void> after(rt::Loop* loop, Run* run, Duration delay) {
    if (co_await rt::sleep_for(*loop, delay)) run->interrupt();
  }
};

RunResult interrupted(std::string_view yaml, Duration after) {
  Harness harness(load(yaml), {});
  rt::TaskScope scope(harness.loop);
  rt::spawn(scope, "interrupt", &Interrupter::after, &harness.loop, harness.run.get(), after);
  return *harness.go().result;
}

TEST(Run, AnInterruptStillGivesAReport) {
  const auto r = interrupted(kGroup, 40s);
  EXPECT_EQ(r.exit_code, 105);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_GT(r.ledger.of(Outcome::Answered), 30U);
  EXPECT_TRUE(r.identity);
  EXPECT_LT(r.measured, 30s);
}

TEST(Run, AnEndlessRunEndsRegularlyWhenInterrupted) {
  std::string yaml(kGroup);
  yaml.replace(yaml.find("duration: 60s"), 13, "duration: 0");
  const auto r = interrupted(yaml, 100s);
  EXPECT_EQ(r.end, RunEnd::Complete);
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_NEAR(to_seconds(r.measured), 85, 1);
}

TEST(Run, TheLiveViewSeesTwoExchangesEarlyAndEveryPhase) {
  const auto ran = run(kGroup, {});
  std::set<LiveStats::Phase> phases;
  std::optional<Duration> two;
  for (const auto& live : ran.live) {
    phases.insert(live.phase);
    if (!two && live.exchanges.size() >= 2) two = live.elapsed;
  }
  EXPECT_EQ(phases.size(), 5U);
  ASSERT_TRUE(two);
  EXPECT_LT(*two, 2s);
  EXPECT_GT(ran.live.size(), 300U);
  EXPECT_THAT(ran.live.back().exchanges[0].answered, HasSubstr("you said"));
}

TEST(Run, FaultsOfTheScenarioHappenAndAreReported) {
  std::string yaml(kGroup);
  yaml +=
      "faults: [{ at: 10s, for: 5s, match: { method: sendMessage }, fault: { status: 500 } }]\n";
  const auto ran = run(yaml, {});
  const auto& r = *ran.result;
  ASSERT_EQ(r.faults.size(), 1U) << summary_text(r, {});
  ASSERT_TRUE(r.errors.contains("sendmessage 500"));
  EXPECT_GT(r.errors.at("sendmessage 500"), 5U);
  EXPECT_EQ(r.verdict, Verdict::Fail);
}

TEST(Run, TheFleetsWrongCountsFailTheRun) {
  Harness harness(load(kGroup), {});
  harness.target.counts_.messages_sent = 1;
  const auto ran = harness.go();
  EXPECT_EQ(ran.result->verdict, Verdict::Fail);
  EXPECT_THAT(ran.result->reasons, Contains(HasSubstr("the fleet counts 1 messages sent")));
}

}  // namespace
}  // namespace chorus::lab
