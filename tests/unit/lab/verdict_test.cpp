#include "chorus/lab/verdict.hpp"

#include "chorus/base/json.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

ThresholdResult threshold(const char* metric, const char* expr, double value, std::uint64_t n) {
  const auto t = *parse_threshold(metric, expr);
  return evaluate({t}, [&](const Threshold&) { return Measured{value, n}; })[0];
}

MetricSummary trend(const char* key, double p95, std::uint64_t count = 500) {
  MetricSummary m;
  m.key = key;
  m.count = count;
  m.p50 = p95 / 2;
  m.p95 = p95;
  m.p99 = p95 * 1.2;
  m.max = p95 * 2;
  m.hdr = "x";
  m.spectrum = {{0, 1}, {50, p95 / 2}, {100, p95 * 2}};
  return m;
}

RunResult good() {
  RunResult r;
  r.name = "test";
  r.target = "command: bot";
  r.bots = 2;
  r.people = 500;
  r.measured = 60s;
  r.duration = 80s;
  r.load = {.planned = 1000, .sent = 1000, .late = 0, .factor = 0.2, .late_p99_ms = 0.4};
  r.thresholds = {threshold("reply_latency", "p(95)<5000", 1200, 900)};
  r.metrics = {trend("bot_latency", 1100), trend("pickup_latency", 40),
               trend("reply_latency", 1200)};
  r.ledger.sent = 1000;
  r.ledger.required = 900;
  r.ledger.outcomes[static_cast<std::size_t>(Outcome::Answered)] = 900;
  r.ledger.outcomes[static_cast<std::size_t>(Outcome::IgnoredOk)] = 100;
  r.limit_use = {
      {"messages of one bot in one group, per minute", "platform", 20, 4, MetricUnit::Number, 0.2}};
  return r;
}

TEST(Verdict, AGoodRunPassesWithASentenceToActOn) {
  auto r = good();
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Pass);
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_TRUE(r.reasons.empty());
  EXPECT_EQ(r.sentence,
            "Holds 500 people with 2 bots: p95 1.20 s, 500 replies. First to give way: "
            "reply_latency p(95)<5000, used to 24 %.");
  EXPECT_THAT(r.not_proven, Contains(HasSubstr("limits: they were used to 20 % at most")));
}

TEST(Verdict, ATargetThatEndedIsTheFirstReasonAndNotTooFewSamples) {
  auto r = good();
  r.end = RunEnd::Broken;
  r.end_reason = "the target ended: python3 exited with 1";
  r.thresholds[0] = threshold("reply_latency", "p(95)<5000", 12, 9);
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  ASSERT_EQ(r.reasons.size(), 2u);
  EXPECT_EQ(r.reasons[0], "the target ended: python3 exited with 1");
  EXPECT_THAT(r.reasons[1], HasSubstr("9 samples"));
  EXPECT_EQ(
      r.sentence,
      "Proves nothing about 500 people with 2 bots: the target ended: python3 exited with 1.");
}

TEST(Verdict, WhatFailedIsSaidOfARunThatProvesNothingElse) {
  auto r = good();
  r.thresholds = {threshold("reply_latency", "p(95)<5000", 12, 9),
                  threshold("errors", "rate<0.01", 1, 29)};
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_EQ(r.exit_code, 120);
  EXPECT_EQ(r.sentence,
            "Proves nothing about 500 people with 2 bots: reply_latency p(95)<5000: 9 samples, and "
            "59 are needed; run longer or with more people. What it does show is bad: errors "
            "rate<0.01: 100 %.");
}

TEST(Verdict, AFailedThresholdFailsWithItsReasonAndTheSlowestLeg) {
  auto r = good();
  r.thresholds[0] = threshold("reply_latency", "p(95)<5000", 6100, 900);
  r.thresholds[0].threshold.why = "people leave";
  r.metrics[0] = trend("bot_latency", 6000);
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_EQ(r.exit_code, 99);
  EXPECT_THAT(r.reasons, Contains("reply_latency p(95)<5000: 6.10 s (people leave)"));
  EXPECT_THAT(r.sentence, HasSubstr("Does not hold 500 people with 2 bots. First to give way: the "
                                    "bot's own work: p95 6.00 s"));
  EXPECT_THAT(r.findings, Contains(HasSubstr("the bot's limit was met before the platform's")));
}

TEST(Verdict, TheLlmIsNamedWhenItTakesTheTime) {
  auto r = good();
  r.thresholds[0] = threshold("reply_latency", "p(95)<1000", 6100, 900);
  r.metrics[0] = trend("bot_latency", 6000);
  r.metrics.push_back(trend("llm_total", 5500));
  judge(r);
  EXPECT_THAT(r.sentence, HasSubstr("the LLM: p95 5.50 s of the bot's 6.00 s"));
}

TEST(Verdict, TooFewSamplesAreInvalidEvenWhenTheyLookGood) {
  auto r = good();
  r.thresholds[0] = threshold("reply_latency", "p(95)<5000", 10, 58);
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_EQ(r.exit_code, 120);
  EXPECT_THAT(r.reasons[0], HasSubstr("58 samples, and 59 are needed"));
}

TEST(Verdict, ALateGeneratorIsInvalidNotAFailure) {
  auto r = good();
  r.thresholds[0] = threshold("reply_latency", "p(95)<5000", 6100, 900);
  r.load.late_p99_ms = 51;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_THAT(r.reasons[0], HasSubstr("the lab itself was late"));
  EXPECT_EQ(allowed_lateness_ms({}), 50);
  EXPECT_EQ(allowed_lateness_ms({threshold("reply_latency", "p(95)<800", 1, 99)}), 8);
}

TEST(Verdict, LoadIdentityAndLittleAreChecked) {
  auto r = good();
  r.load.sent = 940;
  judge(r);
  EXPECT_THAT(r.reasons, Contains(HasSubstr("940 of 1000 planned messages")));
  r = good();
  r.identity = false;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  r = good();
  r.little_error = 0.06;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Pass);  // the run is too short for that law
  r = good();
  r.little_error = 0.06;
  r.measured = 5min;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
}

TEST(Verdict, EndsHaveTheirOwnExitCodes) {
  const auto ended = [](RunEnd end) {
    auto r = good();
    r.end = end;
    r.end_reason = "said so";
    judge(r);
    return r;
  };
  EXPECT_EQ(ended(RunEnd::Interrupted).exit_code, 105);
  EXPECT_EQ(ended(RunEnd::Interrupted).verdict, Verdict::Invalid);
  EXPECT_EQ(ended(RunEnd::Aborted).exit_code, 108);
  EXPECT_EQ(ended(RunEnd::Aborted).verdict, Verdict::Fail);
  EXPECT_EQ(ended(RunEnd::NeverReady).exit_code, 122);
  EXPECT_THAT(ended(RunEnd::NeverReady).reasons[0], HasSubstr("never became ready: said so"));
  EXPECT_EQ(ended(RunEnd::Broken).exit_code, 107);
}

TEST(Verdict, TheFleetsOwnCountsMustEqualTheLedgers) {
  auto r = good();
  r.ledger.updates_taken = 1000;
  r.ledger.bot_messages = 900;
  r.target_counts.updates_stored = 999;
  r.target_counts.messages_sent = 900;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_THAT(r.reasons[0], HasSubstr("stored 999 updates, the platform handed out 1000"));
}

TEST(Verdict, ADeafBotIsNamedAsSuch) {
  auto r = good();
  r.thresholds = {
      threshold("reply_latency", "p(95)<5000", std::numeric_limits<double>::infinity(), 900)};
  r.ledger.outcomes = {};
  r.ledger.outcomes[static_cast<std::size_t>(Outcome::Unanswered)] = 900;
  r.ledger.outcomes[static_cast<std::size_t>(Outcome::IgnoredOk)] = 100;
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_THAT(r.sentence, HasSubstr("900 of 900 required replies did not come in time"));
  EXPECT_THAT(result_json(r), HasSubstr("\"never\": true"));
}

TEST(Summary, ShowsVerdictThresholdsLedgerAndWhatIsNotProven) {
  auto r = good();
  r.founding = {{"p95", "1647 ms"}};
  r.ledger.outcomes[static_cast<std::size_t>(Outcome::Answered)] = 900;
  judge(r);
  const auto text = summary_text(r, {.report_path = "runs/x/report.html"});
  EXPECT_TRUE(text.starts_with("PASS  test"));
  EXPECT_THAT(text, HasSubstr("✓ reply_latency"));
  EXPECT_THAT(text, HasSubstr("1.20 s  p(95)<5000        n=900"));
  EXPECT_THAT(text, HasSubstr("1,000 sent = 900 answered + 100 ignored ok"));
  EXPECT_THAT(text, HasSubstr("Not proven by this run"));
  EXPECT_THAT(text, HasSubstr("p95 1647 ms"));
  EXPECT_THAT(text, HasSubstr("report: runs/x/report.html"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\033")));
  EXPECT_THAT(summary_text(r, {.color = true}), HasSubstr("\033[1;32mPASS"));
}

TEST(Outputs, JsonHasTheFieldsOfTheContract) {
  auto r = good();
  judge(r);
  const auto parsed = parse_json(result_json(r));
  ASSERT_TRUE(parsed);
  const auto& o = parsed->as_object();
  for (const char* key : {"schema_version", "name",         "verdict",
                          "reasons",        "seed",         "started_at",
                          "duration_s",     "target",       "load",
                          "thresholds",     "metrics",      "counters",
                          "rates",          "ledger",       "conversations",
                          "series",         "process",      "faults",
                          "findings",       "records_hash", "env"}) {
    EXPECT_TRUE(o.contains(key)) << key;
  }
  for (const char* key : {"sent", "answered", "ignored_ok", "unanswered", "lost", "failed",
                          "in_flight", "duplicated", "out_of_order", "spurious", "misrouted"}) {
    EXPECT_TRUE(o.at("ledger").as_object().contains(key)) << key;
  }
  const auto& metric = o.at("metrics").as_object().at("reply_latency").as_object();
  for (const char* key :
       {"count", "min", "mean", "p50", "p90", "p95", "p99", "p999", "max", "unit", "hdr"}) {
    EXPECT_TRUE(metric.contains(key)) << key;
  }
}

TEST(Verdict, AFaultThatMetNoCallProvesNothing) {
  auto r = good();
  const auto window = [](const char* name, const char* kind, std::uint64_t calls) {
    FaultWindow w;
    w.name = name;
    w.kind = kind;
    w.calls = calls;
    return w;
  };
  r.fault_windows = {window("storm", "rate_limit", 0), window("cut", "reset", 0),
                     window("cut", "reset", 2), window("killed", "kill", 0)};
  judge(r);
  EXPECT_THAT(r.not_proven, Contains("what the fault 'storm' does: it met no call"));
  EXPECT_THAT(r.not_proven, Not(Contains(HasSubstr("'cut'"))));
  EXPECT_THAT(r.not_proven, Not(Contains(HasSubstr("'killed'"))));
}

TEST(Outputs, JunitHasOneCasePerThreshold) {
  auto r = good();
  r.thresholds.push_back(threshold("errors", "rate<0.01", 0.5, 100));
  r.thresholds.push_back(threshold("reply_latency", "p(99)<1", 1, 10));
  judge(r);
  const auto text = result_junit(r);
  EXPECT_THAT(text, HasSubstr("tests=\"6\" failures=\"2\" skipped=\"1\""));
  EXPECT_THAT(text, HasSubstr("name=\"errors rate&lt;0.01\"><failure message=\"50 % (n = 100)\""));
}

MetricSummary checks(const char* key, double held, std::uint64_t count) {
  MetricSummary m;
  m.key = key;
  m.type = MetricType::Rate;
  m.unit = MetricUnit::Share;
  m.count = count;
  m.value = held;
  return m;
}

TEST(Outputs, ATrendOfTheScenariosOwnIsShownInItsUnit) {
  auto r = good();
  r.bots = 1;
  r.metrics.push_back(trend("order_total", 12, 30));
  r.metrics.back().unit = MetricUnit::Number;
  judge(r);
  const auto text = summary_text(r, {});
  EXPECT_THAT(text, testing::ContainsRegex("order_total +30 +6 +12 +- +24\n"));
  EXPECT_THAT(text, HasSubstr(", 1 bot, "));
  const auto page = result_markdown(r);
  EXPECT_THAT(page, HasSubstr("| `order_total` | 30 | 6 | 12 | - | 24 |"))
      << "a p99 of 30 values is the largest of them";
  EXPECT_THAT(page, HasSubstr(", 1 bot, "));
}

TEST(Outputs, JunitHasOneCasePerCheck) {
  auto r = good();
  r.metrics.push_back(checks("checks", 0.9, 300));
  r.metrics.push_back(checks("checks{check:greets}", 1, 100));
  r.metrics.push_back(checks("checks{check:price}", 0.98, 100));
  r.metrics.push_back(checks("checks{check:thanks}", 0.75, 100));
  r.metrics.push_back(checks("checks{check:thanks,phase:end}", 0.75, 100));
  r.thresholds.push_back(threshold("checks{check:price}", "rate>0.95", 0.98, 100));
  judge(r);
  const auto text = result_junit(r);
  EXPECT_THAT(text, HasSubstr("tests=\"8\" failures=\"0\" skipped=\"1\"")) << text;
  EXPECT_THAT(text, HasSubstr("name=\"check greets\"><system-out>100 of 100 held<"));
  EXPECT_THAT(text, HasSubstr("name=\"check price\"><system-out>98 of 100 held<"))
      << "its threshold has decided";
  EXPECT_THAT(text, HasSubstr("name=\"check thanks\"><skipped message=\"75 of 100 held; no "
                              "threshold says how many have to\""));
}

TEST(Verdict, WhatEndedTheRunIsTheFirstReason) {
  auto r = good();
  r.end = RunEnd::Broken;
  r.end_reason = "the target ended: bot exited with 1";
  r.thresholds = {threshold("reply_latency", "p(95)<5000", 20, 5)};
  judge(r);
  EXPECT_EQ(r.verdict, Verdict::Invalid);
  EXPECT_EQ(r.reasons.front(), r.end_reason);
  EXPECT_THAT(r.sentence, HasSubstr(r.end_reason));
}

TEST(Outputs, JunitIsNotGreenWhenTheTargetEnded) {
  auto r = good();
  r.end = RunEnd::Broken;
  r.end_reason = "the target ended: bot exited with 1";
  judge(r);
  ASSERT_EQ(r.verdict, Verdict::Fail);
  const auto text = result_junit(r);
  EXPECT_THAT(text, HasSubstr("failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("name=\"nothing else fails the run\"><failure message=\"the target "
                              "ended: bot exited with 1\""));
}

TEST(Outputs, EveryKindRendersAndUnknownOnesAreRefused) {
  auto r = good();
  judge(r);
  for (const auto& kind : output_kinds()) {
    if (kind != "ndjson" && kind != "prometheus-rw") {
      EXPECT_TRUE(render(kind, r)) << kind;
    }
  }
  EXPECT_FALSE(render("pdf", r));
  EXPECT_EQ(parse_output("json=out.json")->path, "out.json");
  EXPECT_THAT(parse_output("pdf").error().message, HasSubstr("there are json, ndjson, csv"));
  EXPECT_FALSE(parse_output("json="));
  EXPECT_EQ(parse_output("prometheus-rw=http://a/b")->path, "http://a/b");
  EXPECT_THAT(parse_output("prometheus-rw").error().message, HasSubstr("address of a receiver"));
  EXPECT_FALSE(parse_output("prometheus-rw=file"));
}

TEST(Outputs, ThePageHoldsTheResultAndNoNetwork) {
  auto r = good();
  r.target = "command: </script><b>";
  judge(r);
  const auto page = result_html(r);
  EXPECT_LT(page.size(), 1'000'000U);
  EXPECT_THAT(page, HasSubstr("PASS test"));
  EXPECT_THAT(page, testing::Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, testing::Not(HasSubstr("__CHORUS_")));
  for (const char* outside : {"src=\"http", "href=\"http", "@import", "fetch("}) {
    EXPECT_THAT(page, testing::Not(HasSubstr(outside)));
  }
}

TEST(Outputs, TheFolderOfARunSortsByTime) {
  auto r = good();
  r.started_at = *from_iso8601("2026-01-05T12:34:56Z");
  EXPECT_EQ(run_folder(r.name, r.started_at), "20260105T123456-test");
}

}  // namespace
}  // namespace chorus::lab
