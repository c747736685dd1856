#include "chorus/platform/llm/openai_client.hpp"
#include "chorus/proto/openai/codec.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>

namespace chorus::platform {

void PrintTo(LlmFailure failure, std::ostream* out) {
  *out << "LlmFailure " << int(failure);
}

namespace {

using std::chrono::milliseconds;

struct Case {
  const char* what;
  int status;
  const char* retry_after;
  std::string body;
  LlmFailure failure;
  ErrorCode code;
  std::optional<milliseconds> wait = std::nullopt;
};

std::string body(std::string message, std::string type = "", std::string code = "") {
  return proto::openai::encode_error({std::move(message), std::move(type), "", std::move(code)});
}

std::string groq(const std::string& what, const std::string& wait) {
  return body(
      "Rate limit reached for model `m` in organization `org_1` service tier `on_demand` "
      "on " +
          what + ": Limit 100000, Used 99336, Requested 1340. Please try again in " + wait +
          ". Need more tokens? See the billing page.",
      "tokens", "rate_limit_exceeded");
}

TEST(LlmFailureTable, EveryAnswerMeansOneThing) {
  using enum LlmFailure;
  const Case cases[] = {
      {"a short 429 by header", 429, "7", body("slow down"), Throttled, ErrorCode::RateLimited,
       milliseconds(7000)},
      {"a header with a part of a second", 429, " 1.5 ", "", Throttled, ErrorCode::RateLimited,
       milliseconds(1500)},
      {"a short 429 by text", 429, "", groq("tokens per minute (TPM)", "5.289s"), Throttled,
       ErrorCode::RateLimited, milliseconds(5289)},
      {"the header wins", 429, "6", groq("tokens per minute (TPM)", "5.289s"), Throttled,
       ErrorCode::RateLimited, milliseconds(6000)},
      {"a 429 that says nothing", 429, "", "", Throttled, ErrorCode::RateLimited,
       milliseconds(2000)},
      {"a date says nothing to us", 429, "Wed, 21 Oct 2026 07:28:00 GMT", "", Throttled,
       ErrorCode::RateLimited, milliseconds(2000)},
      {"the day's tokens", 429, "579", groq("tokens per day (TPD)", "9m38.016s"), DailyQuota,
       ErrorCode::RateLimited, milliseconds(579'000)},
      {"the day's tokens by text", 429, "", groq("tokens per day (TPD)", "9m38.016s"), DailyQuota,
       ErrorCode::RateLimited, milliseconds(578'016)},
      {"the day's requests, soon free", 429, "3", groq("requests per day (RPD)", "3s"), DailyQuota,
       ErrorCode::RateLimited, milliseconds(3000)},
      {"the day's tokens, no time named", 429, "", body("Limit of tokens per day reached"),
       DailyQuota, ErrorCode::RateLimited, milliseconds(3'600'000)},
      {"a long wait is a daily wall", 429, "3600", "", DailyQuota, ErrorCode::RateLimited,
       milliseconds(3'600'000)},
      {"a wait nobody means", 429, "1e300", "", DailyQuota, ErrorCode::RateLimited,
       milliseconds(7 * 86'400'000LL)},
      {"an endless wait", 429, "inf", "", DailyQuota, ErrorCode::RateLimited,
       milliseconds(7 * 86'400'000LL)},
      {"no number", 429, "nan", "", Throttled, ErrorCode::RateLimited, milliseconds(2000)},
      {"a wait in the past", 429, "-5", "", Throttled, ErrorCode::RateLimited, milliseconds(2000)},
      {"no quota left", 429, "1", body("x", "insufficient_quota", "insufficient_quota"),
       Configuration, ErrorCode::Misconfigured},
      {"billing", 402, "", body("Insufficient Balance"), Configuration, ErrorCode::Misconfigured},
      {"a wrong key", 401, "", body("x", "invalid_request_error", "invalid_api_key"), Configuration,
       ErrorCode::Misconfigured},
      {"a region", 403, "", "", Configuration, ErrorCode::Misconfigured},
      {"a wrong model", 404, "", body("x", "", "model_not_found"), Configuration,
       ErrorCode::Misconfigured},
      {"a redirect", 301, "", "<html>", Configuration, ErrorCode::Misconfigured},
      {"a request timeout", 408, "", "", Transient, ErrorCode::Unavailable},
      {"a conflict", 409, "", "", Transient, ErrorCode::Unavailable},
      {"no capacity", 498, "", "", Transient, ErrorCode::Unavailable},
      {"an error of theirs", 500, "", body("x", "server_error"), Transient, ErrorCode::Unavailable},
      {"overloaded", 503, "5", "", Transient, ErrorCode::Unavailable},
      {"a proxy's page", 502, "", "<html>", Transient, ErrorCode::Unavailable},
      {"no content", 204, "", "", Transient, ErrorCode::Unavailable},
      {"a bad request", 400, "", body("x", "", "context_length_exceeded"), Rejected,
       ErrorCode::InvalidArgument},
      {"too large", 413, "", body("x", "tokens", "rate_limit_exceeded"), Rejected,
       ErrorCode::InvalidArgument},
      {"not to be processed", 422, "", "", Rejected, ErrorCode::InvalidArgument},
  };
  for (const auto& c : cases) {
    const auto attempt = classify_llm_error(c.status, c.retry_after, c.body);
    ASSERT_FALSE(attempt.result.has_value()) << c.what;
    EXPECT_EQ(attempt.failure, c.failure) << c.what;
    EXPECT_EQ(attempt.result.error().code, c.code) << c.what;
    EXPECT_EQ(attempt.result.error().retry_after, c.wait) << c.what;
  }
}

TEST(LlmFailureMessages, NameTheStatusAndTheCode) {
  EXPECT_EQ(classify_llm_error(401, "", body("x", "", "invalid_api_key")).result.error().message,
            "the provider answered 401 invalid_api_key: check the provider's API key");
  EXPECT_EQ(classify_llm_error(404, "", "").result.error().message,
            "the provider answered 404: check base_url and model");
  EXPECT_EQ(classify_llm_error(503, "", "").result.error().message, "the provider answered 503");
}

TEST(LlmFailureMessages, RepeatNothingThatAProviderCouldEcho) {
  const std::string prompt = "my secret question";
  for (const int status : {400, 401, 404, 429, 500}) {
    const auto attempt = classify_llm_error(status, "", body(prompt, prompt, prompt));
    EXPECT_EQ(attempt.result.error().message.find("secret"), std::string::npos) << status;
    const auto long_code = classify_llm_error(status, "", body("", "", std::string(500, 'x')));
    EXPECT_LT(long_code.result.error().message.size(), 120u) << status;
  }
}

}  // namespace
}  // namespace chorus::platform
