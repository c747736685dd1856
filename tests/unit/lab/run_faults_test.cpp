#include "chorus/lab/outputs.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/stored_result.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Ten messages a second to bots in private chats for 80 s, 5 s of warm-up.
std::string scenario_with(std::string_view faults, std::string_view thresholds = "{}") {
  return fmt::format(R"(version: 1
name: faulty
target: {{ kind: attach, bots: {{ count: 3 }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people: {{ person: {{ count: 30, rate: 20/min, text: "hello {{{{number}}}}", expect: {{ reply: {{ within: 8s }} }} }} }}
scenarios: {{ main: {{ executor: constant-vus, warmup: 5s, duration: 80s }} }}
faults: [{}]
thresholds: {}
)",
                     faults, thresholds);
}

TEST(RunFaults, AnOutageIsAWindowWithItsCallsAndItsRecovery) {
  const auto ran =
      run(scenario_with("{ name: outage, at: 40s, for: 4s, match: { method: sendMessage }, "
                        "fault: { latency: 5s } }"),
          {});
  const auto& r = *ran.result;
  ASSERT_EQ(r.fault_windows.size(), 1U);
  const auto& w = r.fault_windows[0];
  EXPECT_EQ(w.name, "outage");
  EXPECT_EQ(w.kind, "latency");
  EXPECT_EQ(w.begin, Duration(45s)) << "after the warm-up";
  EXPECT_EQ(w.end, Duration(49s));
  EXPECT_NEAR(static_cast<double>(w.calls), 40, 15);
  EXPECT_NEAR(static_cast<double>(w.messages), 40, 15);
  EXPECT_NEAR(*w.p95_before_ms, 205, 15);
  EXPECT_NEAR(*w.p95_during_ms, 5205, 200);
  ASSERT_TRUE(w.recovery) << w.note;
  EXPECT_LE(*w.recovery, Duration(2s));
  ASSERT_TRUE(w.drain);
  EXPECT_GE(*w.drain, Duration(4s));
  EXPECT_LE(*w.drain, Duration(5500ms));
  EXPECT_THAT(summary_text(r, {}), HasSubstr("outage"));
}

TEST(RunFaults, ATargetThatIsKilledComesBackAndAnswersWhatWaited) {
  Harness harness(load(scenario_with("{ at: 30s, for: 3s, fault: { target: kill } }",
                                     R"({ messages_lost: ["count==0"], recovery_time: ["max<10s"],
  "recovery_time{fault:kill}": ["max<10s"], drain_time: ["max<10s"] })")),
                  {});
  const auto ran = harness.go();
  const auto& r = *ran.result;
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_EQ(harness.target.kills, 1);
  EXPECT_EQ(harness.target.restarts, 1);
  ASSERT_EQ(r.fault_windows.size(), 1U);
  EXPECT_EQ(r.fault_windows[0].kind, "kill");
  EXPECT_EQ(r.fault_windows[0].end, Duration(38s));
  ASSERT_TRUE(r.fault_windows[0].drain);
  EXPECT_LE(*r.fault_windows[0].drain, Duration(1s));
  EXPECT_TRUE(r.identity);
}

TEST(RunFaults, ATargetThatIsPausedGoesOn) {
  const auto ran = run(scenario_with("{ at: 30s, for: 4s, fault: { target: pause } }"), {});
  const auto& r = *ran.result;
  ASSERT_EQ(r.fault_windows.size(), 1U);
  const auto& w = r.fault_windows[0];
  EXPECT_EQ(w.kind, "pause");
  EXPECT_GT(*w.p95_during_ms, 3000);
  ASSERT_TRUE(w.recovery) << w.note;
  EXPECT_EQ(r.ledger.of(Outcome::Answered), r.ledger.required);
}

TEST(RunFaults, ATargetThatIsDownWhenTheLoadEndsComesBackForTheDrain) {
  Harness harness(load(scenario_with("{ at: 75s, for: 60s, fault: { target: kill } }")), {});
  const auto ran = harness.go();
  EXPECT_EQ(harness.target.restarts, 1);
  EXPECT_EQ(ran.result->end, RunEnd::Complete);
  ASSERT_EQ(ran.result->fault_windows.size(), 1U);
  EXPECT_EQ(ran.result->fault_windows[0].note, "it lasted until the load ended");
  // What it had confirmed and not yet answered is gone with it.
  EXPECT_GE(ran.result->ledger.of(Outcome::Answered) + 3, ran.result->ledger.required);
}

TEST(RunFaults, ATargetThatCannotBeStruckIsRefusedInOneLine) {
  Harness harness(load(scenario_with("{ at: 30s, for: 3s, fault: { target: pause } }")), {});
  harness.target.strikable = false;
  const auto ran = harness.go();
  ASSERT_FALSE(ran.result);
  EXPECT_EQ(ran.result.error().code, ErrorCode::Misconfigured);
  EXPECT_THAT(ran.result.error().message, HasSubstr("the fault 'pause' at 30s needs a target"));
}

TEST(RunFaults, FaultsAtRandomComeFromTheSeed) {
  const auto text = scenario_with(
      R"x({ name: blink, every: "exponential(10s)", for: 500ms, match: { method: getUpdates },
  fault: { drop: before } })x");
  const auto a = run(text, {}, 5);
  const auto b = run(text, {}, 5);
  const auto c = run(text, {}, 6);
  EXPECT_GE(a.result->fault_windows.size(), 3U);
  EXPECT_EQ(a.records, b.records);
  EXPECT_EQ(result_json(*a.result), result_json(*b.result));
  EXPECT_NE(a.result->fault_windows[1].begin, c.result->fault_windows[1].begin);
}

TEST(RunFaults, AFaultOfSoManyCallsEndsWithTheLastOfThem) {
  const auto ran = run(scenario_with("{ at: 20s, times: 5, match: { method: sendMessage }, "
                                     "fault: { status: 503 } }"),
                       {});
  const auto& r = *ran.result;
  ASSERT_EQ(r.fault_windows.size(), 1U);
  EXPECT_EQ(r.fault_windows[0].calls, 5U);
  ASSERT_TRUE(r.fault_windows[0].end);
  EXPECT_LT(*r.fault_windows[0].end, Duration(27s));
  EXPECT_EQ(r.errors.at("sendmessage 503"), 5U);
}

TEST(RunFaults, AFaultThatPeopleNeverGotOverFailsItsThreshold) {
  const auto ran = run(scenario_with("{ at: 40s, for: 2s, match: { method: sendMessage }, "
                                     "fault: { status: 503 } }",
                                     R"({ recovery_time: ["max<60s"] })"),
                       {.freezes_at = 45s, .freezes_for = 200s});
  const auto& r = *ran.result;
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(r.reasons, testing::Contains(HasSubstr("recovery_time max<60s: never")));
}

TEST(RunFaults, WindowsSurviveTheirFile) {
  const auto ran = run(scenario_with("{ at: 40s, for: 4s, match: { method: sendMessage }, "
                                     "fault: { latency: 2s } }"),
                       {});
  const auto read = parse_result(result_json(*ran.result));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->fault_windows.size(), 1U);
  const auto& w = read->fault_windows[0];
  EXPECT_EQ(w.name, "latency");
  EXPECT_EQ(w.end, ran.result->fault_windows[0].end);
  EXPECT_EQ(w.recovery, ran.result->fault_windows[0].recovery);
  EXPECT_EQ(w.calls, ran.result->fault_windows[0].calls);
  EXPECT_EQ(read->faults, ran.result->faults);
}

TEST(FaultSection, MistakesAreSaidBeforeTheRun) {
  const auto problem = [](std::string_view fault) {
    const auto parsed = parse_scenario(scenario_with(fault), {});
    return parsed.problems.empty() ? std::string() : parsed.problems.front().message;
  };
  EXPECT_EQ(problem("{ fault: { target: kill } }"), "");
  EXPECT_EQ(problem("{ match: { bot: Bot_001 }, fault: { status: 503 } }"), "");
  EXPECT_THAT(problem("{ fault: { target: pause } }"), HasSubstr("needs a 'for'"));
  EXPECT_THAT(problem("{ rate: 10%, fault: { target: kill } }"), HasSubstr("stands alone"));
  EXPECT_THAT(problem("{ fault: { target: burn } }"), HasSubstr("unknown value 'burn'"));
  EXPECT_THAT(problem("{ every: 30s, fault: { status: 503 } }"), HasSubstr("needs an end"));
  EXPECT_THAT(problem("{ every: 0s, for: 1s, fault: { status: 503 } }"),
              HasSubstr("longer than 0"));
  EXPECT_THAT(problem("{ fault: { status: 200 } }"), HasSubstr("'status' must be 400 to 599"));
  EXPECT_THAT(problem("{ match: { method: sendMesage }, fault: { status: 500 } }"),
              HasSubstr("'sendMesage' is unknown"));
}

}  // namespace
}  // namespace chorus::lab
