#include "chorus/lab/run.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// 1,200 messages to three bots; for 0.3 s sends are answered 429, for 0.6 s one bot's token 401.
constexpr std::string_view kScenario = R"(version: 1
name: broken
target: { kind: attach, bots: { count: 3 } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people: { person: { count: 60, rate: 20/min, text: "hello {{number}}", expect: { reply: { within: 8s } } } }
scenarios: { main: { executor: constant-vus, warmup: 5s, duration: 60s } }
faults:
  - { at: 20s, for: 300ms, match: { method: sendMessage }, fault: { retry_after: 2 } }
  - { at: 40s, for: 600ms, match: { method: getUpdates, bot: Bot_001 }, fault: { status: 401 } }
thresholds:
  messages_unanswered: ["rate<0.008"]
  messages_lost: ["count==0"]
  messages_duplicated: ["count==0"]
  retry_after_disobeyed: ["count==0"]
  lost_on_429: ["count==0"]
  hot_loop_on_revoked_token: ["count==0"]
  reply_latency: ["p(99)<1000"]
)";

RunResult of(BotScript script) {
  return *run(kScenario, script).result;
}

std::vector<std::string> failed(const RunResult& r) {
  std::vector<std::string> out;
  for (const auto& t : r.thresholds) {
    if (!t.ok) out.push_back(t.threshold.metric.name);
  }
  return out;
}

constexpr auto kObey = BotScript::Limited::Obey;

TEST(BrokenTarget, AGoodOnePasses) {
  const auto r = of({.limited = kObey});
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_THAT(failed(r), IsEmpty());
  EXPECT_EQ(r.ledger.of(Outcome::Answered), r.ledger.required);
}

TEST(BrokenTarget, OneReplyInAHundredDroppedIsUnanswered) {
  const auto r = of({.drop_every = 100, .limited = kObey});
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  // What never came is slower than anything, so the p99 knows of it too.
  EXPECT_THAT(failed(r), ElementsAre("messages_unanswered", "reply_latency"));
  EXPECT_EQ(r.ledger.of(Outcome::Unanswered), r.ledger.required / 100);
  EXPECT_EQ(r.ledger.of(Outcome::Lost), 0U);
  EXPECT_TRUE(r.identity);
}

TEST(BrokenTarget, OneReplyInAHundredTwiceIsDuplicated) {
  const auto r = of({.duplicate_every = 100, .limited = kObey});
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(failed(r), ElementsAre("messages_duplicated"));
  EXPECT_EQ(r.ledger.duplicated, r.ledger.required / 100);
}

TEST(BrokenTarget, IgnoringRetryAfterIsDisobedience) {
  const auto r = of({.limited = BotScript::Limited::Insist});
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(failed(r), ElementsAre("retry_after_disobeyed"));
  EXPECT_THAT(r.findings, Contains(HasSubstr("before the 429's retry_after was over")));
}

TEST(BrokenTarget, AStallOfTwoSecondsShowsInTheTail) {
  const auto r = of({.limited = kObey, .freezes_at = 35s});
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(failed(r), ElementsAre("reply_latency"));
  EXPECT_GT(find_summary(r, "reply_latency")->p99, 1400);
  EXPECT_LT(find_summary(r, "reply_latency")->p50, 250) << "which says nothing of it";
  EXPECT_EQ(r.ledger.of(Outcome::Answered), r.ledger.required);
}

TEST(BrokenTarget, MessagesThatAreNotSentAgainAfterA429AreLostOn429) {
  const auto r = of({.limited = BotScript::Limited::Forget});
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(failed(r), ElementsAre("lost_on_429"));
  EXPECT_EQ(find_summary(r, "lost_on_429")->value,
            static_cast<double>(r.errors.at("sendmessage 429")));
  EXPECT_THAT(r.findings, Contains(HasSubstr("answered 429 and never sent again")));
}

TEST(BrokenTarget, HammeringWithARevokedTokenIsAHotLoop) {
  const auto r = of({.limited = kObey, .retry_pause = 10ms});
  EXPECT_EQ(r.verdict, Verdict::Fail) << summary_text(r, {});
  EXPECT_THAT(failed(r), ElementsAre("hot_loop_on_revoked_token"));
  EXPECT_THAT(r.findings, Contains(HasSubstr("token that is refused (401)")));
}

}  // namespace
}  // namespace chorus::lab
