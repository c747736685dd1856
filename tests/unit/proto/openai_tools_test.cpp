#include "chorus/proto/openai/codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace chorus::proto::openai {
namespace {

std::string error_of(std::string_view rest) {
  const auto request = decode_request(
      R"({"model":"m","messages":[{"role":"user","content":"x"}],)" + std::string(rest) + "}");
  return request ? "accepted" : request.error().message;
}

TEST(OpenaiTools, RequestsDeclareThemAndCarryCallsAndResults) {
  const auto request = decode_request(R"({"model":"m","messages":[
    {"role":"user","content":"roll"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"call_1","type":"function","function":{"name":"roll","arguments":"{\"sides\":6}"}}]},
    {"role":"tool","tool_call_id":"call_1","content":"4"}],
    "tools":[{"type":"function","function":{"name":"roll","description":"dice",
      "parameters":{"type":"object"}}}],"tool_choice":"auto"})");
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->messages.size(), 3U);
  EXPECT_EQ(request->messages[1].content, "");
  EXPECT_EQ(request->messages[1].tool_calls,
            (std::vector<ToolCall>{{"call_1", "roll", R"({"sides":6})", 0}}));
  EXPECT_EQ(request->messages[2].tool_call_id, "call_1");
  EXPECT_EQ(request->tools, (std::vector<Tool>{{"roll", "dice", R"({"type":"object"})"}}));
  EXPECT_EQ(request->tool_choice, "auto");
  const std::string wire = encode_request(*request);
  EXPECT_NE(wire.find(R"("content":null,"tool_calls":[{"id":"call_1","type":"function",)"
                      R"("function":{"name":"roll","arguments":"{\"sides\":6}"}}])"),
            std::string::npos)
      << wire;
  EXPECT_EQ(decode_request(wire).value(), *request);
}

TEST(OpenaiTools, ARequestWithoutThemIsAsItEverWas) {
  ChatRequest request;
  request.model = "m";
  request.messages.push_back({"user", "", "hi"});
  EXPECT_EQ(encode_request(request),
            R"({"model":"m","messages":[{"role":"user","content":"hi"}]})");
}

TEST(OpenaiTools, WhatIsNoDeclarationIsRefusedByName) {
  EXPECT_NE(error_of(R"("tools":[7])").find("'name'"), std::string::npos);
  EXPECT_NE(error_of(R"("tools":[{"function":{"name":""}}])").find("'name'"), std::string::npos);
  EXPECT_NE(error_of(R"("tools":[{"function":{"name":"a","parameters":[]}}])").find("'parameters'"),
            std::string::npos);
  EXPECT_NE(error_of(R"("tool_choice":"maybe")").find("'tool_choice'"), std::string::npos);
  EXPECT_NE(error_of(R"("tool_choice":{"type":"function"})").find("'tool_choice'"),
            std::string::npos);
  EXPECT_EQ(error_of(R"("tool_choice":{"type":"function","function":{"name":"a"}})"), "accepted");
  EXPECT_EQ(error_of(R"("tools":null,"tool_choice":null)"), "accepted");
}

TEST(OpenaiTools, AnswersCarryCallsAndNoContent) {
  const auto answer = decode_completion(R"({"id":"x","model":"m","choices":[{"index":0,
    "finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[
      {"id":"a","type":"function","function":{"name":"roll","arguments":"{}"}},
      {"id":"b","type":"custom"},"c"]}}]})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->contents, std::vector<std::string>{""});
  EXPECT_EQ(answer->tool_calls, (std::vector<ToolCall>{{"a", "roll", "{}", 0}}));
  EXPECT_EQ(answer->finish_reason, "tool_calls");
}

TEST(OpenaiTools, AStreamBringsThemInPieces) {
  const auto first = decode_stream_record(R"({"choices":[{"index":0,"delta":{"tool_calls":[
    {"index":1,"id":"a","type":"function","function":{"name":"roll","arguments":""}}]}}]})");
  ASSERT_TRUE(first);
  EXPECT_EQ(std::get<Chunk>(*first).tool_calls, (std::vector<ToolCall>{{"a", "roll", "", 1}}));
  const auto next = decode_stream_record(R"({"choices":[{"index":0,"delta":{"tool_calls":[
    {"index":1,"function":{"arguments":"{\"si"}}]}}]})");
  ASSERT_TRUE(next);
  EXPECT_EQ(std::get<Chunk>(*next).tool_calls, (std::vector<ToolCall>{{"", "", "{\"si", 1}}));
}

}  // namespace
}  // namespace chorus::proto::openai
