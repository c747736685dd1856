#include "chorus/platform/llm/openai_client.hpp"

#include "chorus/base/text.hpp"
#include "chorus/net/sse.hpp"
#include "chorus/proto/openai/codec.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::platform {

namespace openai = proto::openai;

namespace {

std::string_view role_name(fleet::Role role) {
  switch (role) {
    case fleet::Role::System:
      return "system";
    case fleet::Role::Assistant:
      return "assistant";
    case fleet::Role::Tool:
      return "tool";
    case fleet::Role::User:
      break;
  }
  return "user";
}

LlmAttempt failed(LlmFailure failure, ErrorCode code, std::string message,
                  std::optional<std::chrono::milliseconds> after = std::nullopt) {
  return {fail(code, std::move(message), after), failure, {.billing = LlmBilling::Nothing}};
}

LlmAttempt broken(const Error& error) {
  return {std::unexpected(error),
          error.code == ErrorCode::Cancelled ? LlmFailure::None : LlmFailure::Transient,
          {.billing = LlmBilling::Unknown}};
}

LlmAttempt broken(const net::TransportError& error) {
  LlmAttempt attempt = broken(error.error);
  if (error.sent == net::Sent::No) attempt.usage.billing = LlmBilling::NotMade;
  return attempt;
}

/// The provider was at work on an answer of which we have no good end.
LlmAttempt broke_off(ErrorCode code, std::string message) {
  return broken(Error(code, std::move(message)));
}

/// No provider means more; a foreign number above it is not believed.
constexpr double kLongestWaitSeconds = 7 * 86'400;
/// An answer is a chat message; a stream that goes on and on is a fault.
constexpr std::size_t kMostText = 256 * 1024;
constexpr std::size_t kMostErrorBody = 64 * 1024;
constexpr std::size_t kMostCalls = 16;
constexpr std::size_t kMostArguments = 64 * 1024;

/// A provider's error code as far as it looks like one (`invalid_api_key`, `1210`): error bodies
/// may repeat the prompt, and messages of ours never do.
std::string code_label(const std::string& code) {
  constexpr std::size_t kLongestCode = 48;
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (code.empty() || code.size() > kLongestCode || !std::ranges::all_of(code, ok)) return {};
  return " " + code;
}

std::chrono::milliseconds bounded_ms(double seconds) {
  return std::chrono::ceil<std::chrono::milliseconds>(
      from_seconds(std::min(seconds, kLongestWaitSeconds)));
}

/// `retry-after` in seconds, or the wait that the message names ("Please try again in 9m38.016s").
std::optional<std::chrono::milliseconds> wait_of(std::string_view header,
                                                 std::string_view message) {
  double seconds = 0;
  header = trim(header);
  auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error == std::errc{} && end == header.data() + header.size() && seconds >= 0) {
    return bounded_ms(seconds);
  }
  constexpr std::string_view kPhrase = "try again in ";
  const auto at = message.find(kPhrase);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = message.substr(at + kPhrase.size());
  rest = rest.substr(0, rest.find(' '));
  while (rest.ends_with('.') || rest.ends_with(',')) rest.remove_suffix(1);
  const auto wait = openai::parse_go_duration(rest);
  if (!wait) return std::nullopt;
  return bounded_ms(to_seconds(*wait));
}

/// The pieces of calls, put together. What is more than a turn would ever take up is dropped.
void take_calls(const std::vector<openai::ToolCall>& pieces, std::vector<fleet::ToolCall>& calls) {
  for (const auto& piece : pieces) {
    if (piece.index < 0 || piece.index >= static_cast<std::int64_t>(kMostCalls)) continue;
    const auto index = static_cast<std::size_t>(piece.index);
    if (calls.size() <= index) calls.resize(index + 1);
    fleet::ToolCall& call = calls[index];
    if (call.id.empty()) call.id = piece.id;
    if (call.name.empty()) call.name = piece.name;
    // Longer arguments are no arguments: a cut text must not look like a whole one.
    if (call.arguments.size() <= kMostArguments) call.arguments += piece.arguments;
  }
}

/// One piece of a streamed answer.
void take(const openai::Chunk& chunk, fleet::Generated& generated) {
  if (chunk.index == 0) {
    generated.text += chunk.content;
    take_calls(chunk.tool_calls, generated.calls);
  }
  if (!chunk.model.empty()) generated.model = chunk.model;
  if (chunk.finish_reason == "length") generated.truncated = true;
  if (chunk.usage) {
    generated.prompt_tokens = chunk.usage->prompt_tokens;
    generated.completion_tokens = chunk.usage->completion_tokens;
  }
}

}  // namespace

LlmAttempt classify_llm_error(int status, std::string_view retry_after, std::string_view body) {
  const openai::ApiError error = openai::decode_error(body);
  const std::string what =
      fmt::format("the provider answered {}{}", status, code_label(error.code));
  if (error.type == "insufficient_quota" || error.code == "insufficient_quota") {
    return failed(
        LlmFailure::Configuration, ErrorCode::Misconfigured,
        "the provider's account has no quota left (insufficient_quota): check its billing");
  }
  switch (status) {
    case 402:
      return failed(LlmFailure::Configuration, ErrorCode::Misconfigured,
                    fmt::format("{}: check the account's billing", what));
    case 401:
    case 403:
      return failed(LlmFailure::Configuration, ErrorCode::Misconfigured,
                    fmt::format("{}: check the provider's API key", what));
    case 404:
      return failed(LlmFailure::Configuration, ErrorCode::Misconfigured,
                    fmt::format("{}: check base_url and model", what));
    case 429: {
      const auto wait = wait_of(retry_after, error.message);
      const bool daily = error.message.find("per day") != std::string::npos ||
                         (wait && *wait > std::chrono::minutes(5));
      return failed(daily ? LlmFailure::DailyQuota : LlmFailure::Throttled, ErrorCode::RateLimited,
                    what, wait.value_or(std::chrono::milliseconds(daily ? 3'600'000 : 2'000)));
    }
    case 408:
    case 409:
    case 498:
      return failed(LlmFailure::Transient, ErrorCode::Unavailable, what);
    default:
      break;
  }
  if (status >= 300 && status < 400) {
    return failed(LlmFailure::Configuration, ErrorCode::Misconfigured,
                  fmt::format("{}: base_url points to a redirect", what));
  }
  // Below 200 and the other 2xx are no answers of this API: the host is not what it should be.
  if (status >= 500 || status < 300) {
    return failed(LlmFailure::Transient, ErrorCode::Unavailable, what);
  }
  return failed(LlmFailure::Rejected, ErrorCode::InvalidArgument, what);
}

OpenAiClient::OpenAiClient(rt::Loop& loop, net::Transport& transport, OpenAiOptions options)
    : loop_(loop), transport_(transport), options_(std::move(options)) {}

net::Request OpenAiClient::encode(const fleet::GenerationRequest& request) const {
  openai::ChatRequest body;
  body.model = options_.model;
  for (const auto& line : request.lines) {
    openai::Message message{std::string(role_name(line.role)), "", line.text, {}, line.call_id};
    for (const auto& call : line.calls) {
      message.tool_calls.push_back({call.id, call.name, call.arguments});
    }
    body.messages.push_back(std::move(message));
  }
  for (const auto& tool : request.tools) {
    body.tools.push_back({tool.name, tool.description, tool.parameters});
  }
  if (!request.tools.empty()) body.tool_choice = request.may_call ? "auto" : "none";
  body.max_tokens = request.max_tokens;
  body.temperature = request.temperature;
  body.seed = static_cast<std::int64_t>(request.seed >> 1);  // providers want a signed number
  body.user = request.user;
  body.stream = options_.stream;
  body.include_usage = options_.stream;
  net::Request out;
  out.method = net::Method::Post;
  out.target = options_.base.path + "/chat/completions";
  out.headers.add("Content-Type", "application/json");
  if (!options_.api_key.empty()) {
    out.headers.add("Authorization", fmt::format("Bearer {}", options_.api_key.reveal()));
  }
  out.body = openai::encode_request(body);
  return out;
}

/// Who answered, and what it is charged for.
void OpenAiClient::finish(const fleet::GenerationRequest& request, LlmAttempt& attempt) const {
  if (!attempt.result) return;
  fleet::Generated& generated = *attempt.result;
  generated.provider = options_.name;
  if (generated.model.empty()) generated.model = options_.model;
  if (generated.prompt_tokens == 0 && generated.completion_tokens == 0) {
    generated.prompt_tokens = estimate_prompt(request);
    generated.completion_tokens = openai::estimate_tokens(generated.text);
  }
  attempt.usage = {LlmBilling::Known, generated.prompt_tokens, generated.completion_tokens};
  if (!options_.prices.known()) return;
  generated.cost = (static_cast<double>(generated.prompt_tokens) * options_.prices.in +
                    static_cast<double>(generated.completion_tokens) * options_.prices.out) /
                   1e6;
}

rt::Task<LlmAttempt> OpenAiClient::generate(fleet::GenerationRequest request) {
  net::Request http = encode(request);
  LlmAttempt attempt = options_.stream
                           ? co_await streamed(std::move(http), request.timeout, request.on_text)
                           : co_await whole(std::move(http), request.timeout);
  finish(request, attempt);
  co_return attempt;
}

rt::Task<LlmAttempt> OpenAiClient::whole(net::Request request, Duration timeout) {
  const MonoTime start = loop_.now();
  net::CallOptions options;
  options.timeout = timeout;
  auto answer = co_await transport_.call(options_.base, std::move(request), options);
  if (!answer) co_return broken(answer.error());
  if (answer->status != 200) {
    co_return classify_llm_error(answer->status, answer->headers.get("retry-after"), answer->body);
  }
  auto completion = openai::decode_completion(answer->body);
  if (!completion) {
    co_return broke_off(ErrorCode::ProtocolError,
                        "the provider's answer could not be read: " + completion.error().message);
  }
  fleet::Generated generated;
  generated.text = std::move(completion->contents.front());
  for (auto& call : completion->tool_calls) {
    if (generated.calls.size() == kMostCalls) break;
    generated.calls.push_back(
        {std::move(call.id), std::move(call.name), std::move(call.arguments)});
  }
  generated.model = std::move(completion->model);
  generated.prompt_tokens = completion->usage.prompt_tokens;
  generated.completion_tokens = completion->usage.completion_tokens;
  generated.truncated = completion->finish_reason == "length";
  generated.time_to_first_token = loop_.now() - start;
  co_return LlmAttempt{std::move(generated)};
}

rt::Task<Result<std::string>> OpenAiClient::read_until(net::ResponseStream& stream, MonoTime end) {
  auto piece = co_await rt::with_timeout(loop_, end - loop_.now(), stream.read());
  if (!piece && piece.error().code == ErrorCode::Timeout) {
    co_return fail(ErrorCode::Timeout, "the provider was too slow");
  }
  co_return piece;
}

rt::Task<LlmAttempt> OpenAiClient::streamed(net::Request request, Duration timeout,
                                            OnText on_text) {
  const MonoTime start = loop_.now();
  const MonoTime end = start + timeout;
  net::CallOptions options;
  options.timeout = timeout;
  options.idle_timeout = timeout;
  auto opened = co_await transport_.open(options_.base, std::move(request), options);
  if (!opened) co_return broken(opened.error());
  net::ResponseStream& stream = **opened;
  if (stream.status() != 200) {
    std::string body;
    while (body.size() < kMostErrorBody) {
      auto piece = co_await read_until(stream, end);
      if (!piece || piece->empty()) break;
      body += *piece;
    }
    co_return classify_llm_error(stream.status(), stream.headers().get("retry-after"), body);
  }
  co_return co_await read_answer(stream, start, end, std::move(on_text));
}

rt::Task<LlmAttempt> OpenAiClient::read_answer(net::ResponseStream& stream, MonoTime start,
                                               MonoTime end, OnText on_text) {
  fleet::Generated generated;
  net::SseParser parser;
  bool done = false;
  while (!done) {
    auto piece = co_await read_until(stream, end);
    if (!piece) co_return broken(piece.error());
    if (piece->empty()) break;
    parser.feed(*piece);
    while (!done) {
      auto event = parser.next();
      if (!event) co_return broken(event.error());
      if (!*event) break;
      auto record = openai::decode_stream_record((*event)->data);
      if (!record) co_return broken(record.error());
      if (std::holds_alternative<openai::ApiError>(*record)) {
        co_return broke_off(ErrorCode::Unavailable,
                            "the provider broke off in the middle of its answer");
      }
      done = std::holds_alternative<openai::Done>(*record);
      if (done) break;
      const auto& chunk = std::get<openai::Chunk>(*record);
      if (generated.text.empty() && !chunk.content.empty()) {
        generated.time_to_first_token = loop_.now() - start;
      }
      take(chunk, generated);
      if (on_text && !chunk.content.empty()) on_text(generated.text);
      if (generated.text.size() > kMostText) {
        co_return broke_off(ErrorCode::ProtocolError, "the provider's answer does not end");
      }
    }
  }
  if (!done) {
    co_return broke_off(ErrorCode::ConnectionClosed, "the provider's stream ended too early");
  }
  co_return LlmAttempt{std::move(generated)};
}

}  // namespace chorus::platform
