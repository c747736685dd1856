#include "chorus/proto/openai/codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace chorus::proto::openai {
namespace {

TEST(OpenaiCompletion, IsWrittenAsTheApiWritesIt) {
  Completion completion;
  completion.id = "chatcmpl-1";
  completion.created = 1767614400;
  completion.model = "m";
  completion.contents = {"Hello"};
  completion.usage = {12, 3};
  EXPECT_EQ(
      encode_completion(completion),
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1767614400,"model":"m",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},)"
      R"("logprobs":null,"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15},)"
      R"("system_fingerprint":"fp_chorus_sandbox","service_tier":"default"})");
}

TEST(OpenaiCompletion, OfOtherServersIsRead) {
  const auto completion = decode_completion(
      R"({"choices":[{"message":{"role":"assistant","content":null},"finish_reason":"length"},)"
      R"({"message":{"content":"b"},"finish_reason":"stop"}],"x_groq":{"id":"r"}})");
  ASSERT_TRUE(completion.has_value());
  EXPECT_EQ(completion->contents, (std::vector<std::string>{"", "b"}));
  EXPECT_EQ(completion->finish_reason, "length");
  EXPECT_EQ(completion->usage, Usage{});
}

TEST(OpenaiCompletion, ForeignCountsAreBroughtIntoRange) {
  const auto completion =
      decode_completion(R"({"choices":[{"message":{"content":"x"}}],)"
                        R"("usage":{"prompt_tokens":-5,"completion_tokens":9223372036854775807}})");
  ASSERT_TRUE(completion.has_value());
  EXPECT_EQ(completion->usage.prompt_tokens, 0);
  EXPECT_EQ(completion->usage.completion_tokens, std::int64_t(1) << 40);
}

TEST(OpenaiCompletion, WithoutAnAnswerIsAFault) {
  const auto message = [](std::string_view body) {
    const auto completion = decode_completion(body);
    return completion ? "accepted" : completion.error().message;
  };
  EXPECT_EQ(message(R"({})"), "the answer has no choices");
  EXPECT_EQ(message(R"({"choices":[]})"), "the answer has no choices");
  EXPECT_EQ(message(R"({"choices":[{}]})"), "a choice has no message");
  EXPECT_EQ(message(R"({"choices":[1]})"), "a choice has no message");
  EXPECT_EQ(message(R"("x")"), "the body is not a JSON object");
  EXPECT_NE(message("<html>"), "accepted");
}

Chunk chunk_with(std::string role, std::string content, std::string finish = "") {
  Chunk chunk;
  chunk.id = "c";
  chunk.created = 5;
  chunk.model = "m";
  chunk.has_choice = true;
  chunk.role = std::move(role);
  chunk.content = std::move(content);
  chunk.finish_reason = std::move(finish);
  return chunk;
}

TEST(OpenaiChunk, IsWrittenAsTheApiWritesIt) {
  const std::string head = R"({"id":"c","object":"chat.completion.chunk","created":5,"model":"m",)";
  EXPECT_EQ(encode_chunk(chunk_with("assistant", ""), false),
            head + R"("choices":[{"index":0,"delta":{"role":"assistant","content":""},)"
                   R"("logprobs":null,"finish_reason":null}]})");
  EXPECT_EQ(encode_chunk(chunk_with("", "Hel"), true),
            head + R"("choices":[{"index":0,"delta":{"content":"Hel"},)"
                   R"("logprobs":null,"finish_reason":null}],"usage":null})");
  EXPECT_EQ(encode_chunk(chunk_with("", "", "stop"), false),
            head + R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]})");
  Chunk usage = chunk_with("", "");
  usage.has_choice = false;
  usage.usage = Usage{4, 2};
  EXPECT_EQ(encode_chunk(usage, true),
            head + R"("choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2,)"
                   R"("total_tokens":6}})");
}

TEST(OpenaiStream, RecordsOfEveryKindAreRead) {
  EXPECT_TRUE(std::holds_alternative<Done>(*decode_stream_record("[DONE]")));
  EXPECT_TRUE(std::holds_alternative<Done>(*decode_stream_record(" [DONE] ")));
  const auto record = decode_stream_record(
      R"({"id":"c","choices":[{"index":1,"delta":{"content":"x"},"finish_reason":null}],)"
      R"("usage":null})");
  ASSERT_TRUE(record.has_value());
  const auto& chunk = std::get<Chunk>(*record);
  EXPECT_EQ(chunk.content, "x");
  EXPECT_EQ(chunk.index, 1);
  EXPECT_EQ(chunk.finish_reason, "");
  EXPECT_EQ(chunk.usage, std::nullopt);
}

TEST(OpenaiStream, AnErrorInTheMiddleIsOne) {
  const auto object = decode_stream_record(
      R"({"error":{"message":"overloaded","type":"server_error","param":null,"code":503}})");
  ASSERT_TRUE(object.has_value());
  const ApiError expected = {"overloaded", "server_error", "", "503"};
  EXPECT_EQ(std::get<ApiError>(*object), expected);
  const auto text = decode_stream_record(R"({"error":"model crashed"})");
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(std::get<ApiError>(*text).message, "model crashed");
  const auto none = decode_stream_record(R"({"error":null,"choices":[]})");
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(std::holds_alternative<Chunk>(*none)) << "some servers always send the field";
}

TEST(OpenaiStream, MalformedRecordsAreFaults) {
  EXPECT_FALSE(decode_stream_record("").has_value());
  EXPECT_FALSE(decode_stream_record("{").has_value());
  EXPECT_FALSE(decode_stream_record("[]").has_value());
  EXPECT_FALSE(decode_stream_record(R"({"choices":[7]})").has_value());
}

TEST(OpenaiError, IsReadInItsForms) {
  const ApiError full = {"m", "t", "p", "c"};
  EXPECT_EQ(decode_error(encode_error(full)), full);
  EXPECT_EQ(encode_error({"m", "t", "", ""}),
            R"({"error":{"message":"m","type":"t","param":null,"code":null}})");
  EXPECT_EQ(decode_error(R"({"error":{"code":429}})").code, "429");
  EXPECT_EQ(decode_error(R"({"error":"model 'x' not found"})").message, "model 'x' not found");
  EXPECT_EQ(decode_error("<html>502</html>"), ApiError{});
  EXPECT_EQ(decode_error("[]"), ApiError{});
  EXPECT_EQ(decode_error(R"({"error":[1]})"), ApiError{});
}

TEST(OpenaiModels, AreListed) {
  EXPECT_EQ(encode_models({"a"}, 9),
            R"({"object":"list","data":[{"id":"a","object":"model","created":9,)"
            R"("owned_by":"chorus-sandbox"}]})");
}

}  // namespace
}  // namespace chorus::proto::openai
