#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The chat-completions part of the OpenAI API, as OpenAI, Groq and local servers speak it.
/// Source: reference notes on OpenAI and Groq endpoints (fields honoured, error bodies, headers).
namespace chorus::proto::openai {

/// A call that a model asks for, or one piece of it in a stream.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;   ///< JSON as the model wrote it; in a stream, a part
  std::int64_t index = 0;  ///< in a stream: which of the answer's calls the piece belongs to
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

/// A function that a model may call.
struct Tool {
  std::string name;
  std::string description;  ///< may be empty
  std::string parameters;   ///< JSON schema, an object; empty: no arguments
  friend bool operator==(const Tool&, const Tool&) = default;
};

struct Message {
  std::string role;                    ///< system | developer | user | assistant | tool
  std::string name;                    ///< may be empty
  std::string content;                 ///< parts of type text are joined
  std::vector<ToolCall> tool_calls{};  ///< assistant: what it called
  std::string tool_call_id{};          ///< tool: of which call this is the result
  friend bool operator==(const Message&, const Message&) = default;
};

struct ChatRequest {
  std::string model;
  std::vector<Message> messages;
  std::optional<std::int64_t> max_tokens;  ///< also read from max_completion_tokens
  std::optional<double> temperature;
  std::optional<std::int64_t> seed;
  std::string user;
  std::int64_t n = 1;
  bool stream = false;
  bool include_usage = false;
  std::vector<Tool> tools;
  std::string tool_choice;       ///< auto | none | required | function; empty: not said
  std::string tool_choice_name;  ///< of the function that must be called
  friend bool operator==(const ChatRequest&, const ChatRequest&) = default;
};

struct Usage {
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  friend bool operator==(const Usage&, const Usage&) = default;
};

struct Completion {
  std::string id;
  std::int64_t created = 0;  ///< unix seconds
  std::string model;
  std::vector<std::string> contents;  ///< one per choice
  std::vector<ToolCall> tool_calls;   ///< of the first choice
  std::string finish_reason = "stop";
  Usage usage;
  friend bool operator==(const Completion&, const Completion&) = default;
};

/// One record of a stream.
struct Chunk {
  std::string id;
  std::int64_t created = 0;
  std::string model;
  std::int64_t index = 0;
  bool has_choice = false;
  std::string role;  ///< first delta only
  std::string content;
  std::vector<ToolCall> tool_calls;
  std::string finish_reason;  ///< last delta only
  std::optional<Usage> usage;
  friend bool operator==(const Chunk&, const Chunk&) = default;
};

struct ApiError {
  std::string message;
  std::string type;
  std::string param;  ///< empty: null
  std::string code;   ///< empty: null
  friend bool operator==(const ApiError&, const ApiError&) = default;
};

}  // namespace chorus::proto::openai
