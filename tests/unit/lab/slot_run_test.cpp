#include "chorus/lab/slot_run.hpp"

#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"
#include "chorus/lab/summary.hpp"
#include "chorus/lab/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Two slots and nobody waits; it does and counts wrong what a test asks for.
class TwoSlots final : public ConversationSlots {
 public:
  std::uint64_t uncounted = 0;      ///< ends that its counter misses
  bool keeps_what_ended = false;    ///< says that a conversation is still there
  bool is_due_for_nothing = false;  ///< never comes to rest

  [[nodiscard]] std::string describe() const override { return "two slots"; }
  [[nodiscard]] std::string limits() const override { return "2 at once"; }
  Asked ask(ConversationId id, PersonId, MonoTime) override {
    ++counts_["requests"];
    if (held_.size() >= 2) {
      ++counts_["refused: full"];
      return {Answer::Refused, "full"};
    }
    held_.insert(id.value);
    ++counts_["admitted at once"];
    ++counts_["begun"];
    return {Answer::Admitted, {}};
  }
  bool touch(ConversationId id, MonoTime) override { return held_.contains(id.value); }
  std::string_view end(ConversationId id, MonoTime) override {
    held_.erase(id.value);
    if (uncounted > 0) {
      --uncounted;
    } else {
      ++counts_["ended: completed"];
    }
    return "completed";
  }
  [[nodiscard]] std::optional<MonoTime> next_due() const override {
    return is_due_for_nothing ? std::optional(MonoTime{}) : std::nullopt;
  }
  void advance(MonoTime, std::vector<Event>&) override {}
  [[nodiscard]] std::map<std::string, std::uint64_t> counts() const override {
    auto out = counts_;
    out["live"] = held_.size() + (keeps_what_ended ? 1 : 0);
    return out;
  }

 private:
  std::set<std::int64_t> held_;
  std::map<std::string, std::uint64_t> counts_;
};

Scenario scenario(const std::string& load, const std::string& people = "count: 3, work: 100ms") {
  const auto parsed =
      load_scenario("version: 1\nname: slots\ntarget: { kind: conversations }\npeople: { p: { " +
                        people + " } }\nscenarios: { main: { " + load +
                        " } }\nthresholds: { conversations_live: [\"max<=2\"] }\n",
                    "slots.yaml", {});
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : Scenario{};
}

/// A clock that runs by one millisecond whenever it is read.
SlotRunOptions options() {
  SlotRunOptions out;
  out.real_time = [now = Duration{}]() mutable { return now += 1ms; };
  return out;
}

double value(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m ? m->value : -1;
}

TEST(SlotRun, WhoIsOneTooManyIsRefusedAndEverythingAddsUp) {
  TwoSlots slots;
  const auto r =
      run_slots(scenario("executor: burst, size: 3, gap: 1s, repeat: 2"), slots, options());
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_EQ(r.slots->requests, 6U);
  EXPECT_EQ(r.slots->refused.at("full"), 2U);
  EXPECT_EQ(r.slots->peak, 2U);
  EXPECT_EQ(r.conversations.completed, 4U);
  EXPECT_EQ(value(r, "conversations_refused{reason:full}"), 2);
  EXPECT_DOUBLE_EQ(find_summary(r, "conversation_duration")->max, 100);
  EXPECT_EQ(r.measured, 1100ms);
  EXPECT_NEAR(value(r, "conversations_rate"), 4 / 1.1, 1e-9);
  EXPECT_THAT(r.slots->differences, IsEmpty());
}

TEST(SlotRun, AConversationThatACounterMissesFailsTheRun) {
  TwoSlots slots;
  slots.uncounted = 1;
  const auto r =
      run_slots(scenario("executor: shared-iterations, vus: 2, iterations: 1000, think: 0s"), slots,
                options());
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_EQ(r.exit_code, kExitThreshold);
  EXPECT_THAT(r.reasons, Contains("the counters are not exact: ended: completed: the slots count "
                                  "999, and 1000 were seen"));
}

TEST(SlotRun, AConversationThatIsLeftFailsTheRun) {
  TwoSlots slots;
  slots.keeps_what_ended = true;
  const auto r = run_slots(scenario("executor: burst, size: 1"), slots, options());
  EXPECT_EQ(r.verdict, Verdict::Fail);
  EXPECT_THAT(r.reasons, Contains(HasSubstr("live: the slots count 1, and 0 were seen")));
}

TEST(SlotRun, SlotsThatAreAlwaysDueEndTheRunInsteadOfHoldingIt) {
  TwoSlots slots;
  slots.is_due_for_nothing = true;
  const auto r = run_slots(scenario("executor: burst, size: 1"), slots, options());
  EXPECT_EQ(r.end, RunEnd::Broken);
  EXPECT_THAT(r.end_reason, HasSubstr("do nothing about it"));
}

TEST(SlotRun, IterationsFollowEachOtherAfterTheThinkTime) {
  TwoSlots slots;
  const auto r =
      run_slots(scenario("executor: per-vu-iterations, vus: 2, iterations: 50, think: 50ms"), slots,
                options());
  EXPECT_EQ(r.conversations.completed, 100U);
  EXPECT_EQ(r.measured, 50 * 150ms + 50ms) << "the first begins after a think time too";
}

TEST(SlotRun, TheSameSeedGivesTheSameRecords) {
  const auto plan = scenario(
      "executor: constant-arrival-rate, rate: 40/s, arrival: poisson, "
      "duration: 30s, warmup: 0s",
      "count: 9, work: \"exponential(100ms)\", steps: 3");
  std::string first;
  const auto run = [&](std::uint64_t seed, std::string* lines) {
    TwoSlots slots;
    auto o = options();
    o.seed = seed;
    o.record = [lines](std::string_view line) {
      if (lines) lines->append(line) += '\n';
    };
    return run_slots(plan, slots, o);
  };
  std::string second;
  const auto a = run(1, &first);
  EXPECT_EQ(a.records_hash, run(1, &second).records_hash);
  EXPECT_EQ(first, second);
  EXPECT_NE(a.records_hash, run(2, nullptr).records_hash);
  EXPECT_GT(a.slots->refused.at("full"), 0U);
  EXPECT_EQ(a.slots->requests, a.slots->at_once + a.slots->refused.at("full"));
}

TEST(SlotRun, ARunThatIsStoppedSaysSo) {
  TwoSlots slots;
  auto o = options();
  o.stop = [] { return std::optional(RunEnd::Interrupted); };
  const auto r = run_slots(
      scenario("executor: shared-iterations, vus: 2, iterations: 100000, think: 0s"), slots, o);
  EXPECT_EQ(r.exit_code, kExitInterrupted);
  EXPECT_LT(r.conversations.completed, 100'000U);
}

TEST(SlotRun, ItsResultIsReadBack) {
  TwoSlots slots;
  const auto r = run_slots(scenario("executor: burst, size: 3"), slots, options());
  const auto back = parse_result(result_json(r));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->target_kind, TargetKind::Conversations);
  ASSERT_TRUE(back->slots);
  EXPECT_EQ(back->slots->refused, r.slots->refused);
  EXPECT_EQ(back->slots->ended, r.slots->ended);
  EXPECT_EQ(summary_text(*back, {}), summary_text(r, {}));
}

TEST(SlotScenario, NeedsNoRoomsAndRefusesWhatItCannotDo) {
  const auto problem = [](const std::string& more) {
    const auto parsed = load_scenario("version: 1\nname: x\n" + more, "x.yaml", {});
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_EQ(problem("target: { kind: conversations }\npeople: { p: { count: 1 } }\n"), "");
  EXPECT_THAT(problem("target: { kind: conversations }\npeople: { p: { count: 1 } }\n"
                      "scenarios: { main: { executor: partly-open, rate: 1/s } }\n"),
              HasSubstr("has no talks to hold"));
  EXPECT_THAT(problem("target: { kind: conversations }\npeople: { p: { count: 1 } }\n"
                      "faults: [{ at: 1s, fault: { status: 500 } }]\n"),
              HasSubstr("no platform that faults could meet"));
  EXPECT_THAT(problem("rooms: [{ id: dm, type: private, people: all }]\n"
                      "people: { p: { count: 1, work: 1s } }\n"),
              HasSubstr("belong to target.kind 'conversations'"));
}

}  // namespace
}  // namespace chorus::lab
