#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/proto/openai/types.hpp"

#include <vector>

/// The parts of requests and answers that are about tools (functions that a model may call).
/// Source: OpenAI API reference, chat completions: tools, tool_choice, message.tool_calls,
/// delta.tool_calls, messages of role tool.
namespace chorus::proto::openai::detail {

/// `tool_calls` of a message or of a stream's delta. What is no call of a function is left out, and
/// so is what comes after the 64th. The deprecated `function_call` is not read.
std::vector<ToolCall> decode_calls(const json::object& message);
/// `tool_calls` of a message; nothing when there are none.
void write_calls(JsonWriter& out, const std::vector<ToolCall>& calls);
/// The same in a stream's delta, where a piece says which call it belongs to.
void write_call_pieces(JsonWriter& out, const std::vector<ToolCall>& calls);

/// `tools` and `tool_choice` into the request. Errors: ParseError naming the field.
Result<void> decode_tools(const json::object& object, ChatRequest& request);
void write_tools(JsonWriter& out, const ChatRequest& request);

}  // namespace chorus::proto::openai::detail
