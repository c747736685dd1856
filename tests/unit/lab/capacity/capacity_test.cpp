#include "chorus/lab/capacity/capacity.hpp"

#include "chorus/base/json.hpp"
#include "chorus/lab/verdict.hpp"

#include "unit/lab/run_harness.hpp"
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

constexpr std::string_view kLoad = R"(version: 1
name: load
target: {{ kind: attach, bots: {{ count: 2 }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people: {{ person: {{ count: {}, rate: 30/min, text: "hello {{{{number}}}}", expect: {{ reply: {{ within: 20s }} }} }} }}
scenarios: {{ main: {{ executor: constant-vus, duration: 30s, warmup: 1s }} }}
thresholds: {{ reply_latency: ["p(95)<1000"] }}
)";

Goal one_second() {
  return *parse_goal("p(95)<1000");
}

/// One worker that needs 50 ms an answer: 20 a second, which is 40 people at 30 a minute.
Result<RunResult> probe_worker(const Probe& probe) {
  BotScript bot;
  bot.delay = std::chrono::milliseconds(20);
  bot.service = std::chrono::milliseconds(50);
  const auto yaml = fmt::format(kLoad, probe.people);
  return run(yaml, bot, 100 + probe.people * 10 + probe.repeat).result;
}

TEST(Capacity, ATargetOfKnownCapacityIsFoundWithinATenth) {
  std::vector<std::string> lines;
  const auto found = search_capacity(
      {.from = 10, .fail_after = 1}, one_second(), probe_worker,
      [&](const ProbeReport& report) { lines.push_back(probe_line(report, one_second())); });
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->end, SearchEnd::Found) << capacity_text(*found, false);
  EXPECT_GE(found->people, 36);
  EXPECT_LE(found->people, 44);
  EXPECT_GT(*found->missed, 40);
  EXPECT_LE(*found->missed, 46);
  EXPECT_NEAR(found->throughput, found->people * 0.5, 1.5);
  EXPECT_EQ(capacity_exit_code(*found), kExitPass);
  EXPECT_EQ(lines.size(), found->probes.size());
  ASSERT_FALSE(found->hints.empty());
  EXPECT_NE(found->hints.front().find("the bot itself took its time"), std::string::npos)
      << found->hints.front();
  EXPECT_NE(capacity_text(*found, false).find("people hold ("), std::string::npos);
  const auto json = parse_json(capacity_json(*found));
  ASSERT_TRUE(json);
  EXPECT_EQ(find_int(json->as_object(), "people"), found->people);
  EXPECT_TRUE(capacity_markdown(*found).starts_with("### Capacity of `load`: "));
}

RunResult result_of(std::uint64_t in_time, std::uint64_t required) {
  RunResult r;
  r.name = "made";
  r.measured = std::chrono::seconds(10);
  ThresholdResult t;
  t.threshold = one_second().threshold;
  t.n = required;
  r.thresholds = {t};
  metrics::Histogram h(3, 1000, 3'600'000'000'000);
  h.record(100'000'000, in_time);
  MetricSummary latency;
  latency.key = "reply_latency";
  latency.count = in_time;
  latency.hdr = h.encode_base64();
  r.metrics = {latency};
  return r;
}

TEST(Capacity, WhatNeverCameWasNotInTime) {
  EXPECT_EQ(attainment(result_of(90, 100), one_second())->hits, 90);
  EXPECT_EQ(attainment(result_of(90, 100), one_second())->n, 100);
  EXPECT_EQ(attainment(result_of(0, 100), one_second())->hits, 0);
  EXPECT_FALSE(attainment(result_of(0, 0), one_second()));
}

TEST(Capacity, ALateLabEndsTheSearchHonestly) {
  const auto probe = [](const Probe& p) -> Result<RunResult> {
    auto r = result_of(200, 200);
    if (p.people >= 32) r.load.late_p99_ms = 80;
    return r;
  };
  const auto found = search_capacity({.from = 8}, one_second(), probe);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->end, SearchEnd::Stopped);
  EXPECT_EQ(found->people, 16);
  EXPECT_EQ(capacity_exit_code(*found), kExitInvalid);
  EXPECT_EQ(capacity_sentence(*found),
            "stopped: the lab itself was late: p99 80 ms where 10 ms is allowed; 16 people "
            "hold (0.00 messages/s)");
}

TEST(Capacity, ABrokenProbeKeepsItsExitCode) {
  const auto interrupted = [](const Probe& p) -> Result<RunResult> {
    auto r = result_of(200, 200);
    if (p.people > 8) {
      r.end = RunEnd::Interrupted;
      r.exit_code = kExitInterrupted;
    }
    return r;
  };
  EXPECT_EQ(capacity_exit_code(*search_capacity({.from = 8}, one_second(), interrupted)),
            kExitInterrupted);
  const auto nothing = [](const Probe&) -> Result<RunResult> { return result_of(0, 0); };
  const auto found = search_capacity({.from = 8}, one_second(), nothing);
  EXPECT_TRUE(found->why.starts_with("a probe had no message that required a reply"));
  const auto failing = [](const Probe&) -> Result<RunResult> {
    return fail(ErrorCode::Unavailable, "no doors");
  };
  EXPECT_FALSE(search_capacity({.from = 8}, one_second(), failing));
}

TEST(Capacity, HintsNameWhatWasFull) {
  RunResult missed = result_of(100, 200);
  missed.limit_use = {{"30 messages/s of one bot", "platform", 30, 30, MetricUnit::Number, 1.0}};
  MetricSummary limited;
  limited.key = "rate_limited";
  limited.type = MetricType::Counter;
  limited.value = 12;
  MetricSummary pickup;
  pickup.key = "pickup_latency";
  pickup.count = 100;
  pickup.p95 = 900;
  missed.metrics.push_back(limited);
  missed.metrics.push_back(pickup);
  ProcessSummary target;
  target.name = "target";
  target.cpu_mean = 0.97;
  missed.processes = {target};
  const auto hints = bottleneck_hints(missed, nullptr);
  ASSERT_EQ(hints.size(), 4);
  EXPECT_EQ(hints[0], "the platform's limit was reached: 30 messages/s of one bot (100 %)");
  EXPECT_EQ(hints[1], "the platform answered 12 calls with 429");
  EXPECT_EQ(hints[2], "the target kept 0.97 cores busy: its CPU is used up");
  EXPECT_EQ(hints[3], "updates waited before the bot took them: p95 900 ms");
}

TEST(Goal, IsAPercentileOfReplies) {
  EXPECT_EQ(parse_goal("p(95)<5000")->threshold.bound, 5000);
  EXPECT_EQ(parse_goal("p(99)<2s")->share(), 0.99);
  EXPECT_EQ(to_string(parse_goal("reply_latency{kind:asking}:p(90)<=800ms")->threshold.metric),
            "reply_latency{kind:asking}");
  for (const char* text : {"p(95)>5000", "max<5000", "errors:rate<0.01", "p(100)<5", "p(0)<5",
                           "ack_latency:p(95)<100", "", "p(95)"}) {
    EXPECT_FALSE(parse_goal(text)) << text;
  }
  const auto scenario = load(fmt::format(kLoad, 3));
  EXPECT_EQ(goal_of(scenario.thresholds)->threshold.expr, "p(95)<1000");
  EXPECT_FALSE(goal_of({}));
}

}  // namespace
}  // namespace chorus::lab
