#include "llm_testing.hpp"

namespace chorus::platform::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A chain of provider `a`, provider `b` and, when asked for, builtin.
class Chain : public LlmTest {
 protected:
  void build(bool with_b = true, bool with_builtin = false) {
    chain.add(client("a"));
    if (with_b) chain.add(client("b"));
    if (with_builtin) chain.add_builtin();
  }
  Result<fleet::Generated> ask(Duration timeout = seconds(30)) {
    return chorus::test::drive(loop, chain.generate(asking("coffee", timeout)));
  }
  std::string provider() {
    const auto generated = ask();
    return generated ? generated->provider : generated.error().message;
  }
  void wait(Duration d) { loop.run_until(loop.now() + d); }
  double calls(const std::string& name, const std::string& result) {
    return metrics.value("chorus_llm_calls_total", {{"provider", name}, {"result", result}});
  }

  ProviderChain chain{loop, metrics};
};

TEST_F(Chain, TheFirstProviderAnswers) {
  build();
  a.says("from a");
  b.says("from b");
  const auto generated = ask();
  ASSERT_TRUE(generated.has_value());
  EXPECT_EQ(generated->text, "from a");
  EXPECT_TRUE(b.seen.empty());
  EXPECT_EQ(calls("a", "ok"), 1);
  EXPECT_EQ(metrics.value("chorus_llm_tokens_total", {{"provider", "a"}, {"direction", "prompt"}}),
            100);
  EXPECT_EQ(
      metrics.value("chorus_llm_tokens_total", {{"provider", "a"}, {"direction", "completion"}}),
      10);
  EXPECT_EQ(metrics.value("chorus_llm_seconds", {{"provider", "a"}}), 1);
}

TEST_F(Chain, EveryFailureGoesToTheNext) {
  build();
  b.says("from b");
  for (const int status : {500, 400, 429, 401}) {
    a.answers.clear();
    a.fails(status);
    EXPECT_EQ(provider(), "b") << status;
    chain.reset();
  }
  EXPECT_EQ(calls("a", "error"), 4);
  EXPECT_EQ(calls("b", "ok"), 4);
}

TEST_F(Chain, BuiltinIsTheFloor) {
  build(true, true);
  a.fails(500);
  b.fails(503);
  EXPECT_EQ(provider(), "builtin");
  EXPECT_EQ(calls("builtin", "ok"), 1);
}

TEST_F(Chain, WithoutAnyProviderItSaysSo) {
  EXPECT_TRUE(chain.empty());
  const auto generated = ask();
  ASSERT_FALSE(generated.has_value());
  EXPECT_EQ(generated.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(generated.error().message, "no LLM provider is usable");
}

TEST_F(Chain, TheErrorIsThatOfTheLastProviderCalled) {
  build();
  a.fails(401);
  b.fails(503);
  EXPECT_EQ(ask().error().message, "the provider answered 503");
  EXPECT_EQ(ask().error().message, "the provider answered 503") << "a is skipped now";
  b.answers.clear();
  b.fails(404);
  EXPECT_EQ(ask().error().code, ErrorCode::Misconfigured);
  const auto skipped = ask();
  EXPECT_EQ(skipped.error().code, ErrorCode::Misconfigured);
  EXPECT_EQ(skipped.error().message, "b: the provider answered 404: check base_url and model");
}

TEST_F(Chain, AShortWaitIsHonouredToTheMillisecond) {
  build();
  a.fails(429, {}, "7.5");
  a.says("from a");
  b.says("from b");
  EXPECT_EQ(provider(), "b");
  EXPECT_EQ(chain.status()[0].usable_in, Duration(milliseconds(7500)));
  wait(milliseconds(7499));
  EXPECT_EQ(provider(), "b");
  EXPECT_EQ(a.seen.size(), 1u);
  wait(milliseconds(1));
  EXPECT_EQ(provider(), "a");
  EXPECT_EQ(calls("a", "skipped"), 1);
}

TEST_F(Chain, ADailyWallHoldsUntilTheTimeThatItNames) {
  build();
  a.fails(429, {"tokens per day (TPD): Please try again in 9h38m0.5s.", "tokens", "", ""});
  a.says("from a");
  b.says("from b");
  EXPECT_EQ(provider(), "b");
  EXPECT_EQ(chain.status()[0].usable_in, hours(9) + minutes(38) + milliseconds(500));
  wait(hours(9) + minutes(38) + milliseconds(499));
  EXPECT_EQ(provider(), "b");
  EXPECT_EQ(a.seen.size(), 1u);
  wait(milliseconds(1));
  EXPECT_EQ(provider(), "a");
}

TEST_F(Chain, ADailyWallWithoutATimeIsAskedAgainInAnHour) {
  build();
  a.fails(429, {"Rate limit reached: requests per day (RPD): Limit 1000", "requests", "", ""});
  b.says("from b");
  EXPECT_EQ(provider(), "b");
  EXPECT_EQ(chain.status()[0].usable_in, Duration(hours(1)));
}

TEST_F(Chain, OnlyThrottledTheCallerLearnsWhen) {
  build(false);
  a.fails(429, {}, "20");
  EXPECT_EQ(ask().error().retry_after, milliseconds(20'000));
  wait(seconds(5));
  const auto skipped = ask();
  EXPECT_EQ(skipped.error().code, ErrorCode::RateLimited);
  EXPECT_EQ(skipped.error().retry_after, milliseconds(15'000));
}

TEST_F(Chain, WhatAnOperatorMustMendIsOffUntilReset) {
  build();
  a.fails(429, {"x", "insufficient_quota", "", "insufficient_quota"});
  a.says("from a");
  b.says("from b");
  EXPECT_EQ(provider(), "b");
  wait(hours(48));
  EXPECT_EQ(provider(), "b");
  EXPECT_EQ(a.seen.size(), 1u);
  const auto status = chain.status();
  EXPECT_NE(status[0].unusable.find("insufficient_quota"), std::string::npos);
  EXPECT_EQ(status[0].usable_in, Duration::zero());
  EXPECT_EQ(status[1].unusable, "");
  chain.reset();
  EXPECT_EQ(provider(), "a");
}

TEST_F(Chain, FiveFailuresOpenTheBreakerForTwoMinutes) {
  build();
  a.fails(500);
  b.says("from b");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(provider(), "b");
  EXPECT_EQ(a.seen.size(), 5u);
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::Open);
  EXPECT_EQ(metrics.value("chorus_breaker_state", {{"of", "llm:a"}}), 2);
  EXPECT_EQ(chain.status()[0].usable_in, Duration(seconds(120)));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(provider(), "b");
  EXPECT_EQ(a.seen.size(), 5u) << "an open breaker calls nobody";
  EXPECT_EQ(calls("a", "skipped"), 3);
  EXPECT_EQ(calls("a", "error"), 5);
  wait(seconds(120));
  a.answers.clear();
  a.says("from a");
  EXPECT_EQ(provider(), "a");
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::HalfOpen);
  EXPECT_EQ(provider(), "a");
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::Closed);
  EXPECT_EQ(metrics.value("chorus_breaker_state", {{"of", "llm:a"}}), 0);
}

TEST_F(Chain, AResetClosesTheBreaker) {
  build();
  a.fails(500);
  b.says("from b");
  for (int i = 0; i < 5; ++i) (void)ask();
  chain.reset();
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::Closed);
  (void)ask();
  EXPECT_EQ(a.seen.size(), 6u);
}

TEST_F(Chain, RefusalsOfSingleRequestsOpenNothing) {
  build();
  a.fails(400);
  b.says("from b");
  for (int i = 0; i < 20; ++i) (void)ask();
  EXPECT_EQ(a.seen.size(), 20u);
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::Closed);
}

TEST_F(Chain, AHangLeavesTimeForTheNext) {
  build();
  a.says("late", minutes(10));
  b.says("from b", seconds(5));
  const MonoTime start = loop.now();
  const auto generated = ask(seconds(30));
  ASSERT_TRUE(generated.has_value()) << generated.error().message;
  EXPECT_EQ(generated->provider, "b");
  EXPECT_EQ(loop.now() - start, Duration(seconds(25)));
}

TEST_F(Chain, TheLastUsableProviderHasAllTheTime) {
  build(true, true);
  b.fails(401);
  a.says("slow", seconds(29));
  a.says("slow", seconds(29));
  (void)chorus::test::drive(loop, chain.generate(asking("x", seconds(1))));  // b is switched off
  const auto generated = ask(seconds(30));
  ASSERT_TRUE(generated.has_value());
  EXPECT_EQ(generated->provider, "a");
}

TEST_F(Chain, TheWholeChainKeepsToTheCallersTime) {
  build();
  a.says("late", minutes(10));
  b.says("late", minutes(10));
  const MonoTime start = loop.now();
  const auto generated = ask(seconds(30));
  ASSERT_FALSE(generated.has_value());
  EXPECT_EQ(generated.error().code, ErrorCode::Timeout);
  EXPECT_EQ(loop.now() - start, Duration(seconds(30)));
}

}  // namespace
}  // namespace chorus::platform::test
