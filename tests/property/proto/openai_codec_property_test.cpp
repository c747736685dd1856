#include "chorus/base/text.hpp"
#include "chorus/proto/openai/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace chorus::proto::openai {
namespace {

/// Valid UTF-8 with what JSON must escape.
std::string any_text() {
  const auto piece =
      rc::gen::element<std::string>("a", "B ", "\"", "\\", "\n", "\r", "\t", "/", "\x01", "{", "]",
                                    "é", "ж", "中", "😀", "[DONE]", "data: ", std::string(1, '\0'));
  std::string text;
  for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece)) text += part;
  return text;
}
std::string any_name() {
  return "n" + any_text();
}
Usage any_usage() {
  return {*rc::gen::inRange<std::int64_t>(0, 1 << 30), *rc::gen::inRange<std::int64_t>(0, 1 << 30)};
}

std::vector<ToolCall> any_calls(bool pieces) {
  std::vector<ToolCall> calls;
  const auto count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    calls.push_back({any_name(), pieces ? any_text() : any_name(), any_text(), pieces ? i : 0});
  }
  return calls;
}

ChatRequest any_request() {
  ChatRequest request;
  request.model = any_name();
  const auto count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    request.messages.push_back(
        {*rc::gen::element<std::string>("system", "developer", "user", "assistant", "tool"),
         any_text(), any_text(), any_calls(false), any_text()});
  }
  const auto tools = *rc::gen::inRange(0, 4);
  for (int i = 0; i < tools; ++i) {
    request.tools.push_back(
        {any_name(), any_text(),
         *rc::gen::element<std::string>("", "{}", R"({"type":"object","properties":{"a":{}}})")});
  }
  request.tool_choice = *rc::gen::element<std::string>("", "auto", "none", "required", "function");
  if (request.tool_choice == "function") request.tool_choice_name = any_name();
  if (*rc::gen::arbitrary<bool>()) request.max_tokens = *rc::gen::inRange<std::int64_t>(1, 100'000);
  // Boost.JSON 1.81 may be off by the last bit of a double; parts of 64 have no such bit.
  if (*rc::gen::arbitrary<bool>()) request.temperature = *rc::gen::inRange(0, 128) / 64.0;
  if (*rc::gen::arbitrary<bool>()) request.seed = *rc::gen::arbitrary<std::int64_t>();
  request.user = any_text();
  request.n = *rc::gen::inRange<std::int64_t>(1, 17);
  request.stream = *rc::gen::arbitrary<bool>();
  request.include_usage = request.stream && *rc::gen::arbitrary<bool>();
  return request;
}

RC_GTEST_PROP(OpenaiCodec, DecodingUndoesEncodingOfRequests, ()) {
  const ChatRequest request = any_request();
  const auto decoded = decode_request(encode_request(request));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == request);
}

RC_GTEST_PROP(OpenaiCodec, ACutRequestIsAFaultAndNeverACrash, ()) {
  const std::string wire = encode_request(any_request());
  const auto length = *rc::gen::inRange<std::size_t>(0, wire.size());
  RC_ASSERT(!decode_request(std::string_view(wire).substr(0, length)).has_value());
}

RC_GTEST_PROP(OpenaiCodec, DecodingUndoesEncodingOfCompletions, ()) {
  Completion completion;
  completion.id = any_text();
  completion.created = *rc::gen::inRange<std::int64_t>(0, INT32_MAX);
  completion.model = any_text();
  const auto count = *rc::gen::inRange(1, 5);
  for (int i = 0; i < count; ++i) completion.contents.push_back(any_text());
  completion.tool_calls = any_calls(false);
  completion.finish_reason =
      *rc::gen::element<std::string>("stop", "length", "content_filter", "tool_calls");
  completion.usage = any_usage();
  const auto decoded = decode_completion(encode_completion(completion));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == completion);
}

RC_GTEST_PROP(OpenaiCodec, DecodingUndoesEncodingOfChunks, ()) {
  Chunk chunk;
  chunk.id = any_text();
  chunk.created = *rc::gen::inRange<std::int64_t>(0, INT32_MAX);
  chunk.model = any_text();
  chunk.has_choice = *rc::gen::arbitrary<bool>();
  if (chunk.has_choice) {
    chunk.index = *rc::gen::inRange<std::int64_t>(0, 16);
    chunk.role = *rc::gen::element<std::string>("", "assistant");
    chunk.content = any_text();
    chunk.tool_calls = any_calls(true);
    chunk.finish_reason = *rc::gen::element<std::string>("", "stop", "length");
  }
  if (*rc::gen::arbitrary<bool>()) chunk.usage = any_usage();
  const std::string wire = encode_chunk(chunk, *rc::gen::arbitrary<bool>());
  RC_ASSERT(wire.find('\n') == std::string::npos);  // one line of an event stream
  const auto decoded = decode_stream_record(wire);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(std::get<Chunk>(*decoded) == chunk);
}

RC_GTEST_PROP(OpenaiCodec, DecodingUndoesEncodingOfErrors, ()) {
  const ApiError error = {any_text(), any_text(), any_text(), any_text()};
  RC_ASSERT(decode_error(encode_error(error)) == error);
  RC_ASSERT(std::get<ApiError>(*decode_stream_record(encode_error(error))) == error);
}

RC_GTEST_PROP(OpenaiCodec, DurationsComeBackToTheMillisecondAndNeverShorter, ()) {
  const Duration d(*rc::gen::inRange<std::int64_t>(0, 100'000'000'000'000));
  const auto back = parse_go_duration(format_go_duration(d));
  RC_ASSERT(back.has_value());
  const auto expected = std::chrono::ceil<std::chrono::milliseconds>(d);
  RC_ASSERT(std::chrono::round<std::chrono::milliseconds>(*back) == expected);
}

RC_GTEST_PROP(OpenaiCodec, TokensGrowWithTheText, ()) {
  const std::string a = any_text();
  const std::string b = any_text();
  RC_ASSERT(estimate_tokens(a + b) >= estimate_tokens(a));
  RC_ASSERT(estimate_tokens(a) <= static_cast<std::int64_t>(a.size()));
}

}  // namespace
}  // namespace chorus::proto::openai
