#include "llm_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What `POST /control/v1/faults` does with `match: {method: "llm"}`.
class LlmFaults : public LlmTest {
 protected:
  void add(std::string_view fault, std::string_view match = R"({"method":"llm"})") {
    const auto text = fmt::format(R"({{"match":{},"fault":{}}})", match, fault);
    auto spec = parse_fault(json::parse(text).as_object());
    ASSERT_TRUE(spec) << spec.error().message;
    const auto added = faults.add(*std::move(spec), loop.now());
    ASSERT_TRUE(added) << added.error().message;
  }
  std::expected<net::Response, net::TransportError> call(std::string body) {
    return test::drive(
        loop, transport.call(*net::Url::parse("http://llm.test"), post(std::move(body)), {}));
  }
  void TearDown() override { test::drive(loop, transport.close()); }
};

TEST_F(LlmFaults, AnErrorIsInTheFormOfTheApi) {
  add(R"({"status":503})");
  const auto error = refused(ask(chat()), 503);
  EXPECT_EQ(error.type, "server_error");
  EXPECT_FALSE(error.message.empty());
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, 503);
  faults.clear();
  add(R"({"status":500,"description":"The cat sat on the switch."})");
  EXPECT_EQ(refused(ask(chat()), 500).message, "The cat sat on the switch.");
  faults.clear();
  EXPECT_EQ(ask(chat()).status, 200);
}

TEST_F(LlmFaults, ALimitNamesItsWait) {
  add(R"({"retry_after":7})");
  const auto response = ask(chat());
  const auto error = refused(response, 429);
  EXPECT_EQ(error.code, "rate_limit_exceeded");
  EXPECT_NE(error.message.find("Please try again in 7s."), std::string::npos) << error.message;
  EXPECT_EQ(response.headers.get("retry-after"), "7");
}

TEST_F(LlmFaults, NoMoneyNamesNoWait) {
  add(R"({"code":"insufficient_quota"})");
  const auto response = ask(chat());
  const auto error = refused(response, 429);
  EXPECT_EQ(error.code, "insufficient_quota");
  EXPECT_EQ(error.type, "insufficient_quota");
  EXPECT_FALSE(response.headers.has("retry-after"));
}

TEST_F(LlmFaults, LatencyComesBeforeTheAnswer) {
  add(R"({"latency":"3s"})");
  const auto start = loop.now();
  EXPECT_EQ(ask(chat()).status, 200);
  EXPECT_EQ(loop.now() - start, Duration(seconds(3)));
  const auto s = stream(chat("coffee", R"(,"stream":true)"));
  EXPECT_TRUE(s.done);
  EXPECT_EQ(s.times.front() - start, Duration(seconds(6)));
}

TEST_F(LlmFaults, AResetGivesNoAnswer) {
  add(R"({"drop":"before"})");
  EXPECT_FALSE(call(chat()));
  EXPECT_FALSE(call(chat("coffee", R"(,"stream":true)")));
  faults.clear();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].completion_tokens, 0) << "nothing was made";
  add(R"({"drop":"after"})");
  EXPECT_FALSE(call(chat()));
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_GT(calls[2].completion_tokens, 0) << "it was made, and paid for";
}

TEST_F(LlmFaults, AnAnswerStopsInItsMiddle) {
  const auto whole = complete(chat("coffee", R"(,"seed":4)")).contents.front();
  add(R"({"drop":"middle"})");
  EXPECT_FALSE(call(chat())) << "a body without its end is no answer";
  const auto s = stream(chat("coffee", R"(,"stream":true,"seed":4)"));
  EXPECT_EQ(s.status, 200);
  EXPECT_TRUE(s.cut);
  EXPECT_FALSE(s.done);
  EXPECT_FALSE(s.text.empty());
  EXPECT_LT(s.text.size(), whole.size());
  EXPECT_TRUE(whole.starts_with(s.text));
}

TEST_F(LlmFaults, ASlowBodyTakesItsTime) {
  const auto size = ask(chat("coffee", R"(,"seed":4)")).body.size();
  add(R"({"slow_body":100})");
  const auto start = loop.now();
  const auto answer = call(chat("coffee", R"(,"seed":4)"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), size);
  EXPECT_GE(loop.now() - start, from_seconds(double(size) / 100) - milliseconds(1));
  EXPECT_LE(loop.now() - start, from_seconds(double(size) / 100) + milliseconds(100));
}

TEST_F(LlmFaults, AStreamStallsAfterItsFirstWords) {
  add(R"({"stall":"20s"})");
  const auto start = loop.now();
  const auto s = stream(chat("coffee", R"(,"stream":true)"));
  EXPECT_TRUE(s.done) << "it goes on in the end";
  EXPECT_EQ(s.times.front(), start);
  EXPECT_EQ(s.times.back() - start, Duration(seconds(20)));
  const auto whole = loop.now();
  ASSERT_TRUE(call(chat()));
  EXPECT_EQ(loop.now() - whole, Duration(seconds(20)));
}

TEST_F(LlmFaults, ALostAnswerIsPaidForAndALostRequestIsNot) {
  add(R"({"loss":"request"})");
  const auto start = loop.now();
  EXPECT_FALSE(call(chat()));
  EXPECT_EQ(loop.now() - start, Duration(seconds(30))) << "the client's patience";
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].completion_tokens, 0);
  faults.clear();
  add(R"({"loss":"answer"})");
  EXPECT_FALSE(call(chat()));
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_GT(calls[1].completion_tokens, 0);
}

TEST_F(LlmFaults, TheWallOfADayNamesItself) {
  add(R"({"quota":"daily"})");
  const auto response = ask(chat());
  const auto error = refused(response, 429);
  EXPECT_EQ(error.code, "rate_limit_exceeded");
  EXPECT_EQ(error.type, "tokens");
  EXPECT_NE(error.message.find("tokens per day (TPD)"), std::string::npos);
  EXPECT_EQ(response.headers.get("retry-after"), "3600");
  faults.clear();
  add(R"({"quota":"exhausted"})");
  EXPECT_EQ(refused(ask(chat()), 429).code, "insufficient_quota");
}

TEST_F(LlmFaults, OnlyItsOwnAreMet) {
  add(R"({"status":500})", R"({"method":"sendMessage"})");
  add(R"({"status":500})", R"({"platform":"telegram"})");
  add(R"({"status":500})", R"({"bot":7})");
  EXPECT_EQ(ask(chat()).status, 200);
  net::Request models;
  models.target = "/v1/models";
  add(R"({"status":502})", R"({"platform":"llm"})");
  EXPECT_EQ(ask(models).status, 200) << "only completions fail";
  EXPECT_EQ(ask(chat()).status, 502);
}

TEST(LlmFaultJson, WhatACompletionCannotShowIsRefused) {
  const auto refused = [](std::string_view text) {
    Faults faults(Rng(1));
    const auto spec = parse_fault(json::parse(text).as_object());
    if (!spec) return spec.error().message;
    const auto added = faults.add(*spec, MonoTime{});
    return added ? std::string() : added.error().message;
  };
  EXPECT_EQ(refused(R"({"match":{"method":"LLM"},"fault":{"duplicate":true}})"),
            "fault: 'duplicate' is for updates, not for method llm");
  EXPECT_EQ(refused(R"({"match":{"method":"llm","bot":7},"fault":{"status":500}})"),
            "fault: 'match' of method llm takes no bot and no room: its calls belong to none");
  EXPECT_EQ(refused(R"({"match":{"method":"getMe"},"fault":{"status":500,"code":"x"}})"),
            "fault: 'code' is for method llm only");
  EXPECT_EQ(refused(R"({"match":{"method":"llm"},"fault":{"latency":"1s","code":"x"}})"),
            "fault: 'code' needs a 'status'");
}

}  // namespace
}  // namespace chorus::sandbox::testing
