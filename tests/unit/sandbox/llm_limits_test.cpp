#include "llm_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LlmServerLimits : public LlmTest {
 protected:
  void wait(Duration d) { loop.run_until(loop.now() + d); }
  /// A script whose every call asks for the same number of tokens: `asked_` of them.
  LlmScript steady() {
    LlmScript script;
    script.reply_tokens_low = script.reply_tokens_high = 30;
    asked_ = 4 + openai::estimate_tokens("what about coffee?") + 30;
    return script;
  }
  std::int64_t asked_ = 0;
};

TEST_F(LlmServerLimits, TokensPerMinute) {
  auto script = steady();
  script.tokens_per_minute = 2 * asked_ + 1;
  use(script);
  EXPECT_EQ(ask(chat()).status, 200);
  wait(seconds(10));
  EXPECT_EQ(ask(chat()).status, 200);
  wait(milliseconds(5'500));
  const auto response = ask(chat());
  const auto error = refused(response, 429);
  EXPECT_EQ(error.type, "tokens");
  EXPECT_EQ(error.code, "rate_limit_exceeded");
  EXPECT_EQ(error.message,
            fmt::format("Rate limit reached for model `sandbox-small` in organization "
                        "`org_sandbox` service tier `on_demand` on tokens per minute (TPM): Limit "
                        "{}, Used {}, Requested {}. Please try again in 44.5s.",
                        2 * asked_ + 1, 2 * asked_, asked_));
  EXPECT_EQ(response.headers.get("retry-after"), "45") << "whole seconds, never too early";
  EXPECT_EQ(response.headers.get("x-ratelimit-limit-tokens"), std::to_string(2 * asked_ + 1));
  EXPECT_EQ(response.headers.get("x-ratelimit-remaining-tokens"), "1");
  EXPECT_EQ(response.headers.get("x-ratelimit-reset-tokens"), "54.5s");
  EXPECT_FALSE(response.headers.has("x-ratelimit-limit-requests"));
  wait(milliseconds(44'500));
  EXPECT_EQ(ask(chat()).status, 200) << "what it said was true";
}

TEST_F(LlmServerLimits, TokensPerDay) {
  auto script = steady();
  script.tokens_per_day = asked_;
  use(script);
  EXPECT_EQ(ask(chat()).status, 200);
  wait(std::chrono::hours(23) + std::chrono::minutes(50) + milliseconds(21'984));
  const auto response = ask(chat());
  const auto error = refused(response, 429);
  EXPECT_EQ(error.type, "tokens");
  EXPECT_NE(error.message.find("on tokens per day (TPD): Limit "), std::string::npos);
  EXPECT_TRUE(error.message.ends_with("Please try again in 9m38.016s.")) << error.message;
  EXPECT_EQ(response.headers.get("retry-after"), "579");
  EXPECT_FALSE(response.headers.has("x-ratelimit-limit-tokens"))
      << "the daily wall is visible in the body only";
}

TEST_F(LlmServerLimits, RequestsPerMinute) {
  LlmScript script;
  script.requests_per_minute = 2;
  use(script);
  const auto first = ask(chat());
  EXPECT_EQ(first.headers.get("x-ratelimit-limit-requests"), "2");
  EXPECT_EQ(first.headers.get("x-ratelimit-remaining-requests"), "1");
  EXPECT_EQ(first.headers.get("x-ratelimit-reset-requests"), "1m0s");
  EXPECT_EQ(ask(chat()).status, 200);
  const auto error = refused(ask(chat()), 429);
  EXPECT_EQ(error.type, "requests");
  EXPECT_EQ(error.message,
            "Rate limit reached for model `sandbox-small` in organization `org_sandbox` service "
            "tier `on_demand` on requests per minute (RPM): Limit 2, Used 2, Requested 1. Please "
            "try again in 1m0s.");
}

TEST_F(LlmServerLimits, WhatOneRefusesIsTakenFromNone) {
  auto script = steady();
  script.tokens_per_minute = asked_;
  script.tokens_per_day = 2 * asked_;
  script.requests_per_minute = 3;
  use(script);
  EXPECT_EQ(ask(chat()).status, 200);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(refused(ask(chat()), 429).type, "tokens") << "the requests would be used up";
  }
  wait(seconds(60));
  EXPECT_EQ(ask(chat()).status, 200) << "the day would be used up";
}

TEST_F(LlmServerLimits, ARequestAboveTheMinutesLimitIsTooLarge) {
  auto script = steady();
  script.tokens_per_minute = asked_ - 1;
  use(script);
  const auto error = refused(ask(chat()), 413);
  EXPECT_EQ(error.type, "tokens");
  EXPECT_TRUE(error.message.starts_with("Request too large for model `sandbox-small`"));
}

TEST_F(LlmServerLimits, StreamsCarryTheHeadersAndAreRefusedWhole) {
  auto script = steady();
  script.tokens_per_minute = asked_;
  use(script);
  const auto response = ask(chat("what about coffee?", R"(,"stream":true)"));
  EXPECT_EQ(response.headers.get("x-ratelimit-remaining-tokens"), "0");
  const auto error = refused(ask(chat("what about coffee?", R"(,"stream":true)")), 429);
  EXPECT_EQ(error.code, "rate_limit_exceeded");
}

TEST_F(LlmServerLimits, AnAccountWithoutQuota) {
  LlmScript script;
  script.insufficient_quota = true;
  use(script);
  const auto response = ask(chat());
  const auto error = refused(response, 429);
  EXPECT_EQ(error.type, "insufficient_quota");
  EXPECT_EQ(error.code, "insufficient_quota");
  EXPECT_FALSE(response.headers.has("retry-after")) << "no wait helps";
}

TEST_F(LlmServerLimits, ANewScriptStartsAfresh) {
  LlmScript script;
  script.requests_per_minute = 1;
  use(script);
  EXPECT_EQ(ask(chat()).status, 200);
  EXPECT_EQ(ask(chat()).status, 429);
  server->set_script(script);
  EXPECT_EQ(ask(chat()).status, 200);
  EXPECT_EQ(server->script().requests_per_minute, 1);
}

}  // namespace
}  // namespace chorus::sandbox::testing
