#include "chorus/proto/openai/codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chorus::proto::openai {
namespace {

std::string error_of(std::string_view body) {
  const auto request = decode_request(body);
  if (request) return "accepted";
  EXPECT_EQ(request.error().code, ErrorCode::ParseError);
  return request.error().message;
}

TEST(OpenaiRequest, EveryFieldIsRead) {
  const auto request = decode_request(R"({
    "model":"gpt-4o-mini","max_tokens":64,"temperature":0.5,"seed":7,"user":"u1","n":2,
    "stream":true,"stream_options":{"include_usage":true},"unknown":{"a":[1]},
    "messages":[{"role":"system","content":"Be brief."},
                {"role":"user","name":"ada","content":"Hi"}]})");
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->model, "gpt-4o-mini");
  EXPECT_EQ(request->max_tokens, 64);
  EXPECT_EQ(request->temperature, 0.5);
  EXPECT_EQ(request->seed, 7);
  EXPECT_EQ(request->user, "u1");
  EXPECT_EQ(request->n, 2);
  EXPECT_TRUE(request->stream);
  EXPECT_TRUE(request->include_usage);
  const std::vector<Message> messages = {{"system", "", "Be brief."}, {"user", "ada", "Hi"}};
  EXPECT_EQ(request->messages, messages);
}

TEST(OpenaiRequest, AbsentFieldsHaveTheirDefaults) {
  const auto request = decode_request(R"({"model":"m","messages":[{"role":"user"}]})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->max_tokens, std::nullopt);
  EXPECT_EQ(request->temperature, std::nullopt);
  EXPECT_EQ(request->seed, std::nullopt);
  EXPECT_EQ(request->n, 1);
  EXPECT_FALSE(request->stream);
  EXPECT_FALSE(request->include_usage);
  EXPECT_EQ(request->messages.front().content, "") << "tool calls come without content";
}

TEST(OpenaiRequest, PartsOfTypeTextAreJoined) {
  const auto request = decode_request(R"({"model":"m","messages":[{"role":"user","content":[
    {"type":"text","text":"one "},{"type":"image_url","image_url":{"url":"x"}},"rubbish",
    {"type":"text","text":"two"},{"type":"text"}]}]})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->messages.front().content, "one two");
}

TEST(OpenaiRequest, TheNewNameOfTheLengthWins) {
  const auto both = decode_request(
      R"({"model":"m","max_tokens":5,"max_completion_tokens":9,"messages":[{"role":"user"}]})");
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->max_tokens, 9);
}

TEST(OpenaiRequest, ChoicesAreBounded) {
  for (const auto& [n, expected] : {std::pair{"-3", 1}, {"0", 1}, {"16", 16}, {"100000", 16}}) {
    const auto request = decode_request(std::string(R"({"model":"m","n":)") + n +
                                        R"(,"messages":[{"role":"user","content":"x"}]})");
    ASSERT_TRUE(request.has_value()) << n;
    EXPECT_EQ(request->n, expected) << n;
  }
}

TEST(OpenaiRequest, AFaultNamesItsField) {
  EXPECT_EQ(error_of(R"({"messages":[{"role":"user"}]})"), "you must provide a model parameter");
  EXPECT_EQ(error_of(R"({"model":"","messages":[]})"), "you must provide a model parameter");
  EXPECT_EQ(error_of(R"({"model":5,"messages":[]})"), "you must provide a model parameter");
  constexpr auto kMessages = "'messages' must be an array with at least one message";
  EXPECT_EQ(error_of(R"({"model":"m"})"), kMessages);
  EXPECT_EQ(error_of(R"({"model":"m","messages":[]})"), kMessages);
  EXPECT_EQ(error_of(R"({"model":"m","messages":"hi"})"), kMessages);
  EXPECT_EQ(error_of(R"({"model":"m","messages":["hi"]})"), "every message needs a 'role'");
  EXPECT_EQ(error_of(R"({"model":"m","messages":[{"content":"hi"}]})"),
            "every message needs a 'role'");
  EXPECT_EQ(error_of(R"({"model":"m","max_tokens":0,"messages":[{"role":"user"}]})"),
            "'max_tokens' must be at least 1");
  EXPECT_EQ(error_of(R"([1])"), "the body is not a JSON object");
}

TEST(OpenaiRequest, TextThatIsNotJsonIsNeverRepeated) {
  const std::string message = error_of("{\"model\": secret words");
  EXPECT_NE(message, "accepted");
  EXPECT_EQ(message.find("secret"), std::string::npos) << message;
}

TEST(OpenaiRequest, OnlyWhatWasAskedForIsWritten) {
  ChatRequest request;
  request.model = "m";
  request.messages.push_back({"user", "", "say \"hi\""});
  EXPECT_EQ(encode_request(request),
            R"({"model":"m","messages":[{"role":"user","content":"say \"hi\""}]})");
  request.stream = true;
  EXPECT_TRUE(encode_request(request).ends_with(R"(,"stream":true})"));
  request.include_usage = true;
  EXPECT_TRUE(encode_request(request).ends_with(
      R"(,"stream":true,"stream_options":{"include_usage":true}})"));
}

TEST(OpenaiTokens, AreEstimatedFromTheText) {
  EXPECT_EQ(estimate_tokens(""), 0);
  EXPECT_EQ(estimate_tokens("a"), 1);
  EXPECT_EQ(estimate_tokens("abcd"), 1);
  EXPECT_EQ(estimate_tokens("abcde"), 2);
  EXPECT_EQ(estimate_tokens("жжжж"), 2) << "two letters of two bytes are one token";
  EXPECT_EQ(estimate_tokens("中文"), 2);
  EXPECT_EQ(estimate_tokens("\x80\x80"), 1) << "bytes that are no text count as little as possible";
}

TEST(OpenaiDuration, IsWrittenAsGoWritesIt) {
  using std::chrono::milliseconds;
  EXPECT_EQ(format_go_duration(milliseconds(0)), "0ms");
  EXPECT_EQ(format_go_duration(milliseconds(-5)), "0ms");
  EXPECT_EQ(format_go_duration(std::chrono::nanoseconds(1)), "1ms") << "never too early";
  EXPECT_EQ(format_go_duration(milliseconds(120)), "120ms");
  EXPECT_EQ(format_go_duration(milliseconds(1000)), "1s");
  EXPECT_EQ(format_go_duration(milliseconds(7660)), "7.66s");
  EXPECT_EQ(format_go_duration(milliseconds(179560)), "2m59.56s");
  EXPECT_EQ(format_go_duration(milliseconds(360000)), "6m0s");
  EXPECT_EQ(format_go_duration(milliseconds(578016)), "9m38.016s");
  EXPECT_EQ(format_go_duration(std::chrono::hours(24)), "24h0m0s");
}

TEST(OpenaiDuration, IsReadAsGoWritesIt) {
  const auto ms = [](std::string_view text) {
    const auto d = parse_go_duration(text);
    return d ? std::chrono::round<std::chrono::milliseconds>(*d).count() : -1;
  };
  EXPECT_EQ(ms("1s"), 1000);
  EXPECT_EQ(ms("6m0s"), 360'000);
  EXPECT_EQ(ms("7.66s"), 7660);
  EXPECT_EQ(ms("2m59.56s"), 179'560);
  EXPECT_EQ(ms("120ms"), 120);
  EXPECT_EQ(ms("1h2m3s"), 3'723'000);
  for (const std::string_view bad :
       {"", "5", "s", "-1s", "1x", "1s ", " 1s", "infs", "nans", "1e400s", "99999999999999h"}) {
    EXPECT_EQ(ms(bad), -1) << bad;
  }
}

}  // namespace
}  // namespace chorus::proto::openai
