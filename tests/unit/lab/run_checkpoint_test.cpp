#include "chorus/lab/checkpoint.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

constexpr std::string_view kSoak = R"(version: 1
name: soak
target: { kind: attach, bots: { count: 2, name: "helper{index}_bot" } }
limits: "off"
rooms: [{ id: room, count: 2, bots: all, people: split }]
people:
  asking: { count: 10, rate: 10..14/min, action: mention, text: "@{bot} {{number}}?", canary: true, expect: { reply: { within: 10s } } }
scenarios: { main: { executor: soak, vus: 10, duration: 5m } }
thresholds:
  reply_latency: ["p(95)<5000"]
  messages_lost: ["count==0"]
  messages_misrouted: ["count==0"]
  latency_drift: ["value<1.5"]
)";

/// The checkpoints that a run makes, and the run.
struct Kept {
  Ran ran;
  std::vector<Checkpoint> checkpoints;
};

Kept run_with_checkpoints(Duration every, BotScript script = {}) {
  Kept kept;
  kept.ran = Harness(load(kSoak), script, 7, [&](RunOptions& options) {
               options.checkpoint_every = every;
               options.checkpoint = [&](const Checkpoint& c) { kept.checkpoints.push_back(c); };
             }).go();
  return kept;
}

/// Goes on from a checkpoint, `later` after the first run began.
struct Later : Harness {
  Later(const std::string& state, Duration later, BotScript script = {},
        std::string_view yaml = kSoak)
      : Harness(load(yaml), script, 7, [&](RunOptions& o) { o.resume = state; }), wait(later) {}
  static rt::Task<void> late(Later* self) {
    (void)co_await rt::sleep_for(self->loop, self->wait);
    co_await drive(self);
  }
  Ran go_on() {
    rt::TaskScope scope(loop);
    rt::spawn(scope, "run", &Later::late, this);
    loop.run();
    EXPECT_TRUE(done);
    return std::move(ran);
  }
  Duration wait;
};

TEST(RunCheckpoint, IsAWholeResultThatSaysWhereItStands) {
  const auto kept = run_with_checkpoints(60s);
  ASSERT_TRUE(kept.ran.result);
  ASSERT_EQ(kept.checkpoints.size(), 5U);  // the load lasts 5 min and 15 s
  const auto& c = kept.checkpoints[1].result;
  EXPECT_EQ(c.end, RunEnd::CutOff);
  EXPECT_EQ(c.verdict, Verdict::Invalid);
  EXPECT_THAT(c.reasons, Contains(HasSubstr("a checkpoint after 1m45s of 5m")));
  EXPECT_TRUE(c.identity);
  EXPECT_EQ(c.measured, 105s);
  EXPECT_EQ(c.load.planned, c.load.sent);
  const auto* reply = find_summary(c, "reply_latency");
  EXPECT_GT(reply->count, 150U);
  EXPECT_NEAR(reply->p50, 200, 5);
  EXPECT_EQ(c.ledger.of(Outcome::Lost) + c.ledger.of(Outcome::Unanswered), 0U);
  const auto place = checkpoint_place(kept.checkpoints[1].state);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->measured, 105s);
  EXPECT_EQ(place->seed, 7U);
}

TEST(RunCheckpoint, ChangesNothingOfTheRunThatMakesIt) {
  const auto kept = run_with_checkpoints(20s);
  const auto plain = run(kSoak, {});
  EXPECT_EQ(kept.ran.records, plain.records);
  EXPECT_EQ(kept.ran.result->records_hash, plain.result->records_hash);
  EXPECT_EQ(kept.ran.result->verdict, Verdict::Pass) << summary_text(*kept.ran.result, {});
}

TEST(RunCheckpoint, ARunThatWasKilledGoesOnAndItsReportCoversBothParts) {
  const auto kept = run_with_checkpoints(60s);
  const auto& before = kept.checkpoints[2];
  // Killed some seconds after its checkpoint and started again at once: a short gap.
  const auto ran = Later(before.state, 185s).go_on();
  ASSERT_TRUE(ran.result) << ran.result.error().message;
  const auto& r = *ran.result;
  EXPECT_EQ(r.end, RunEnd::Complete) << r.end_reason;
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_TRUE(r.identity);
  // The plan is gone on with exactly where it was: nothing of it is missing or sent twice.
  EXPECT_EQ(r.measured, 300s);
  EXPECT_EQ(r.load.planned, kept.ran.result->load.planned);
  EXPECT_EQ(r.load.sent, r.load.planned);
  ASSERT_EQ(r.away.size(), 1U);
  EXPECT_NEAR(to_seconds(r.away[0].from), 180, 0.1);
  EXPECT_NEAR(to_seconds(r.away[0].back), 185, 0.5);
  EXPECT_NEAR(to_seconds(r.away[0].until - r.away[0].back), 15, 0.1);
  EXPECT_EQ(r.ledger.of(Outcome::InFlight), r.away[0].in_flight);
  EXPECT_THAT(r.findings, Contains(HasSubstr("the lab was away from 3 m")));
  const auto* reply = find_summary(r, "reply_latency");
  EXPECT_EQ(reply->count + r.away[0].in_flight,
            find_summary(*kept.ran.result, "reply_latency")->count);
  EXPECT_NEAR(r.little_error, 0, 1e-6);
  ASSERT_TRUE(r.drift);
  EXPECT_NE(r.records_hash, before.result.records_hash);
}

TEST(RunCheckpoint, WhatIsUnderWayAtTheEndOfALabIsNoLossOfTheBot) {
  BotScript slow;
  slow.delay = 4s;
  const auto kept = run_with_checkpoints(60s, slow);
  const auto& c = kept.checkpoints[1].result;
  EXPECT_GT(c.ledger.of(Outcome::InFlight), 4U);
  EXPECT_EQ(c.ledger.of(Outcome::Lost) + c.ledger.of(Outcome::Unanswered), 0U);
  const auto ran = Later(kept.checkpoints[1].state, 125s, slow).go_on();
  ASSERT_TRUE(ran.result);
  const auto& r = *ran.result;
  EXPECT_EQ(r.ledger.of(Outcome::InFlight), c.ledger.of(Outcome::InFlight));
  EXPECT_EQ(r.ledger.of(Outcome::Lost) + r.ledger.of(Outcome::Unanswered), 0U);
  EXPECT_TRUE(r.identity);
  EXPECT_NEAR(r.little_error, 0, 1e-6);
}

TEST(RunCheckpoint, ALongAbsenceIsMissingData) {
  const auto kept = run_with_checkpoints(60s);
  const auto ran = Later(kept.checkpoints[1].state, 600s).go_on();
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->verdict, Verdict::Invalid);
  EXPECT_THAT(ran.result->reasons, Contains(HasSubstr("missing data: the lab was away for")));
  EXPECT_EQ(ran.result->measured, 300s);
  EXPECT_EQ(ran.result->load.planned, kept.ran.result->load.planned);
}

TEST(RunCheckpoint, ARunMayBeCutOffMoreThanOnce) {
  const auto first = run_with_checkpoints(60s);
  std::vector<Checkpoint> second;
  Harness between(load(kSoak), {}, 7, [&](RunOptions& o) {
    o.resume = first.checkpoints[1].state;
    o.checkpoint_every = 60s;
    o.checkpoint = [&](const Checkpoint& c) { second.push_back(c); };
  });
  ASSERT_TRUE(between.go().result);
  ASSERT_GE(second.size(), 2U);
  const auto ran = Later(second[0].state, 260s).go_on();
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->away.size(), 2U);
  EXPECT_TRUE(ran.result->identity);
  EXPECT_EQ(ran.result->measured, 300s);
  EXPECT_EQ(ran.result->load.planned, first.ran.result->load.planned);
}

TEST(RunCheckpoint, WhatIsNoCheckpointOfThisRunIsRefused) {
  EXPECT_FALSE(checkpoint_place("{}"));
  EXPECT_FALSE(checkpoint_place("[1"));
  const auto kept = run_with_checkpoints(60s);
  std::string other(kSoak);
  other.replace(other.find("  latency_drift"), std::string::npos, "");
  const auto ran = Later(kept.checkpoints[0].state, 70s, {}, other).go_on();
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->end, RunEnd::NeverReady);
  EXPECT_THAT(ran.result->end_reason, HasSubstr("other thresholds"));
}

TEST(RunCheckpoint, ExecutorsThatCountIterationsHaveNone) {
  std::string yaml(kSoak);
  yaml.replace(yaml.find("executor: soak, vus: 10, duration: 5m"), 37,
               "executor: shared-iterations, vus: 10, iterations: 20");
  const auto ran = Harness(load(yaml), {}, 7, [](RunOptions& o) {
                     o.checkpoint_every = 60s;
                     o.checkpoint = [](const Checkpoint&) {};
                   }).go();
  ASSERT_FALSE(ran.result);
  EXPECT_THAT(ran.result.error().message, HasSubstr("leave out --checkpoint"));
}

}  // namespace
}  // namespace chorus::lab
