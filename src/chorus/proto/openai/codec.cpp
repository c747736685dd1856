#include "chorus/proto/openai/codec.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/openai/detail/tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::proto::openai {

namespace {

std::string text_of_content(const json::value& content) {
  if (const auto* text = content.if_string()) return {text->data(), text->size()};
  std::string joined;
  if (const auto* parts = content.if_array()) {
    for (const auto& part : *parts) {
      const auto* object = part.if_object();
      if (object == nullptr || find_string(*object, "type") != "text") continue;
      if (const auto text = find_string(*object, "text")) joined += *text;
    }
  }
  return joined;
}

std::string string_or_empty(const json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(""));
}

/// Foreign counts end in sums, counters and prices: what cannot be a count is brought into range.
constexpr std::int64_t kMostTokens = std::int64_t(1) << 40;

std::int64_t token_count(const json::object& object, std::string_view key) {
  return std::clamp<std::int64_t>(find_int(object, key).value_or(0), 0, kMostTokens);
}

Usage decode_usage(const json::object& object) {
  return {token_count(object, "prompt_tokens"), token_count(object, "completion_tokens")};
}

void write_usage(JsonWriter& out, const Usage& usage) {
  out.key("usage").begin_object();
  out.field("prompt_tokens", usage.prompt_tokens);
  out.field("completion_tokens", usage.completion_tokens);
  out.field("total_tokens", usage.prompt_tokens + usage.completion_tokens);
  out.end_object();
}

void write_nullable(JsonWriter& out, std::string_view key, const std::string& value) {
  out.key(key);
  if (value.empty()) {
    out.null();
  } else {
    out.value(value);
  }
}

/// An object as OpenAI sends it, or a bare text as several local servers do.
ApiError error_of(const json::value& value) {
  ApiError out;
  if (const auto* text = value.if_string()) {
    out.message.assign(text->data(), text->size());
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return out;
  const json::object& error = *object;
  out.message = string_or_empty(error, "message");
  out.type = string_or_empty(error, "type");
  out.param = string_or_empty(error, "param");
  if (const auto* code = find(error, "code")) {
    if (const auto number = as_int(*code)) {
      out.code = std::to_string(*number);
    } else if (const auto* text = code->if_string()) {
      out.code.assign(text->data(), text->size());
    }
  }
  return out;
}

Result<json::object> parse_object(std::string_view body) {
  CH_TRY(json::value document, parse_json(body));
  if (!document.is_object()) return fail(ErrorCode::ParseError, "the body is not a JSON object");
  return std::move(document.get_object());
}

}  // namespace

Result<ChatRequest> decode_request(std::string_view body) {
  CH_TRY(const json::object object, parse_object(body));
  ChatRequest request;
  const auto model = find_string(object, "model");
  if (!model || model->empty()) {
    return fail(ErrorCode::ParseError, "you must provide a model parameter");
  }
  request.model = *model;
  const auto* messages = find_array(object, "messages");
  if (messages == nullptr || messages->empty()) {
    return fail(ErrorCode::ParseError, "'messages' must be an array with at least one message");
  }
  for (const auto& entry : *messages) {
    const auto* message = entry.if_object();
    const auto role = message != nullptr ? find_string(*message, "role") : std::nullopt;
    if (!role) return fail(ErrorCode::ParseError, "every message needs a 'role'");
    const auto* content = find(*message, "content");
    request.messages.push_back({std::string(*role), string_or_empty(*message, "name"),
                                content != nullptr ? text_of_content(*content) : std::string(),
                                detail::decode_calls(*message),
                                string_or_empty(*message, "tool_call_id")});
  }
  request.max_tokens = find_int(object, "max_completion_tokens");
  if (!request.max_tokens) request.max_tokens = find_int(object, "max_tokens");
  if (request.max_tokens && *request.max_tokens < 1) {
    return fail(ErrorCode::ParseError, "'max_tokens' must be at least 1");
  }
  request.temperature = find_double(object, "temperature");
  request.seed = find_int(object, "seed");
  request.user = string_or_empty(object, "user");
  request.n = std::clamp<std::int64_t>(find_int(object, "n").value_or(1), 1, 16);
  request.stream = find_bool(object, "stream").value_or(false);
  if (const auto* options = find_object(object, "stream_options")) {
    request.include_usage = find_bool(*options, "include_usage").value_or(false);
  }
  CH_TRY_VOID(detail::decode_tools(object, request));
  return request;
}

std::string encode_request(const ChatRequest& request) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.field("model", request.model);
  out.key("messages").begin_array();
  for (const auto& message : request.messages) {
    out.begin_object();
    out.field("role", message.role);
    if (!message.name.empty()) out.field("name", message.name);
    if (message.tool_calls.empty() || !message.content.empty()) {
      out.field("content", message.content);
    } else {
      out.key("content").null();
    }
    detail::write_calls(out, message.tool_calls);
    if (!message.tool_call_id.empty()) out.field("tool_call_id", message.tool_call_id);
    out.end_object();
  }
  out.end_array();
  if (request.max_tokens) out.field("max_tokens", *request.max_tokens);
  if (request.temperature) out.field("temperature", *request.temperature);
  if (request.seed) out.field("seed", *request.seed);
  if (!request.user.empty()) out.field("user", request.user);
  if (request.n != 1) out.field("n", request.n);
  if (request.stream) {
    out.field("stream", true);
    if (request.include_usage) {
      out.key("stream_options").begin_object().field("include_usage", true).end_object();
    }
  }
  detail::write_tools(out, request);
  out.end_object();
  return text;
}

Result<Completion> decode_completion(std::string_view body) {
  CH_TRY(const json::object object, parse_object(body));
  const auto* choices = find_array(object, "choices");
  if (choices == nullptr || choices->empty()) {
    return fail(ErrorCode::ParseError, "the answer has no choices");
  }
  Completion completion;
  completion.id = string_or_empty(object, "id");
  completion.created = find_int(object, "created").value_or(0);
  completion.model = string_or_empty(object, "model");
  completion.finish_reason.clear();
  for (const auto& entry : *choices) {
    const auto* choice = entry.if_object();
    const auto* message = choice != nullptr ? find_object(*choice, "message") : nullptr;
    if (message == nullptr) return fail(ErrorCode::ParseError, "a choice has no message");
    const auto* content = find(*message, "content");
    completion.contents.push_back(content != nullptr ? text_of_content(*content) : std::string());
    if (completion.contents.size() == 1) completion.tool_calls = detail::decode_calls(*message);
    if (completion.finish_reason.empty()) {
      completion.finish_reason = string_or_empty(*choice, "finish_reason");
    }
  }
  if (const auto* usage = find_object(object, "usage")) completion.usage = decode_usage(*usage);
  return completion;
}

std::string encode_completion(const Completion& completion) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.field("id", completion.id);
  out.field("object", "chat.completion");
  out.field("created", completion.created);
  out.field("model", completion.model);
  out.key("choices").begin_array();
  std::int64_t index = 0;
  for (const auto& content : completion.contents) {
    const bool calls = index == 0 && !completion.tool_calls.empty();
    out.begin_object().field("index", index++);
    out.key("message").begin_object();
    out.field("role", "assistant");
    if (calls && content.empty()) {
      out.key("content").null();
    } else {
      out.field("content", content);
    }
    if (calls) detail::write_calls(out, completion.tool_calls);
    out.key("refusal").null();
    out.end_object();
    out.key("logprobs").null();
    out.field("finish_reason", completion.finish_reason);
    out.end_object();
  }
  out.end_array();
  write_usage(out, completion.usage);
  out.field("system_fingerprint", "fp_chorus_sandbox").field("service_tier", "default");
  out.end_object();
  return text;
}

Result<StreamRecord> decode_stream_record(std::string_view data) {
  if (trim(data) == "[DONE]") return StreamRecord(Done{});
  CH_TRY(const json::object object, parse_object(data));
  if (const auto* error = find(object, "error"); error != nullptr && !error->is_null()) {
    return StreamRecord(error_of(*error));
  }
  Chunk chunk;
  chunk.id = string_or_empty(object, "id");
  chunk.created = find_int(object, "created").value_or(0);
  chunk.model = string_or_empty(object, "model");
  if (const auto* usage = find_object(object, "usage")) chunk.usage = decode_usage(*usage);
  const auto* choices = find_array(object, "choices");
  if (choices != nullptr && !choices->empty()) {
    const auto* choice = choices->front().if_object();
    if (choice == nullptr) return fail(ErrorCode::ParseError, "a choice is not an object");
    chunk.has_choice = true;
    chunk.index = find_int(*choice, "index").value_or(0);
    chunk.finish_reason = string_or_empty(*choice, "finish_reason");
    if (const auto* delta = find_object(*choice, "delta")) {
      chunk.role = string_or_empty(*delta, "role");
      chunk.content = string_or_empty(*delta, "content");
      chunk.tool_calls = detail::decode_calls(*delta);
    }
  }
  return StreamRecord(std::move(chunk));
}

std::string encode_chunk(const Chunk& chunk, bool usage_null) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.field("id", chunk.id);
  out.field("object", "chat.completion.chunk");
  out.field("created", chunk.created);
  out.field("model", chunk.model);
  out.key("choices").begin_array();
  if (chunk.has_choice) {
    out.begin_object().field("index", chunk.index);
    out.key("delta").begin_object();
    if (!chunk.role.empty()) out.field("role", chunk.role);
    if (!chunk.role.empty() || !chunk.content.empty()) out.field("content", chunk.content);
    detail::write_call_pieces(out, chunk.tool_calls);
    out.end_object();
    out.key("logprobs").null();
    write_nullable(out, "finish_reason", chunk.finish_reason);
    out.end_object();
  }
  out.end_array();
  if (chunk.usage) {
    write_usage(out, *chunk.usage);
  } else if (usage_null) {
    out.key("usage").null();
  }
  out.end_object();
  return text;
}

ApiError decode_error(std::string_view body) {
  const auto document = parse_json(body);
  const auto* object = document ? document->if_object() : nullptr;
  const auto* error = object != nullptr ? find(*object, "error") : nullptr;
  return error != nullptr ? error_of(*error) : ApiError{};
}

std::string encode_error(const ApiError& error) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("error").begin_object();
  out.field("message", error.message).field("type", error.type);
  write_nullable(out, "param", error.param);
  write_nullable(out, "code", error.code);
  out.end_object().end_object();
  return text;
}

std::string encode_models(const std::vector<std::string>& models, std::int64_t created) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const auto& model : models) {
    out.begin_object().field("id", model).field("object", "model").field("created", created);
    out.field("owned_by", "chorus-sandbox").end_object();
  }
  out.end_array().end_object();
  return text;
}

std::string format_go_duration(Duration d) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(d).count();
  if (ms < 1000) return fmt::format("{}ms", std::max<std::int64_t>(ms, 0));
  const auto hours = ms / 3'600'000;
  const auto minutes = ms / 60'000 % 60;
  std::string seconds = fmt::format("{:.3f}", double(ms % 60'000) / 1000.0);
  while (seconds.back() == '0') seconds.pop_back();
  if (seconds.back() == '.') seconds.pop_back();
  if (hours > 0) return fmt::format("{}h{}m{}s", hours, minutes, seconds);
  if (minutes > 0) return fmt::format("{}m{}s", minutes, seconds);
  return seconds + "s";
}

Result<Duration> parse_go_duration(std::string_view text) {
  double seconds = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    double value = 0;
    auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || value < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.starts_with("ms")) {
      seconds += value / 1000;
      rest.remove_prefix(2);
    } else if (rest.starts_with('h') || rest.starts_with('m') || rest.starts_with('s')) {
      seconds += value * (rest[0] == 'h' ? 3600 : rest[0] == 'm' ? 60 : 1);
      rest.remove_prefix(1);
    } else {
      break;
    }
    if (rest.empty() && seconds < 1e9) return from_seconds(seconds);
  }
  return fail(ErrorCode::ParseError, "not a duration like 1s, 6m0s or 120ms");
}

std::int64_t estimate_tokens(std::string_view text) {
  std::int64_t quarters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      quarters += 1;
    } else if ((byte & 0xC0U) != 0x80U) {
      quarters += byte >= 0xE3 ? 4 : 2;
    }
  }
  return text.empty() ? 0 : std::max<std::int64_t>(1, (quarters + 3) / 4);
}

}  // namespace chorus::proto::openai
