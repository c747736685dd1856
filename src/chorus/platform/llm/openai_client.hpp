#pragma once

#include "chorus/base/secret.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/platform/llm/pricing.hpp"
#include "chorus/rt/loop.hpp"

#include <functional>
#include <string>

namespace chorus::platform {

struct OpenAiOptions {
  std::string name = "openai";  ///< shown in status and metrics
  net::Url base;                ///< with its path: `https://api.openai.com/v1`
  std::string model;
  Secret api_key;
  LlmPrices prices;
  bool stream = true;  ///< time to first token is then measured
};

/// What a failed call means for the chain; finer than ErrorCode.
enum class LlmFailure : std::uint8_t {
  None,
  Transient,      ///< timeouts, transport, 5xx: counts for the breaker
  Throttled,      ///< 429 with a short wait
  DailyQuota,     ///< 429 that names tokens or requests per day: long wait
  Configuration,  ///< 3xx, 401-404, insufficient_quota: an operator must act
  Rejected,       ///< 400 and the like: this request only
};

/// What a call is charged for, as far as we can know.
enum class LlmBilling : std::uint8_t {
  NotMade,  ///< nothing left this machine
  Nothing,  ///< the provider refused it
  Known,    ///< the tokens are in `usage`
  Unknown,  ///< it broke off or was cut short: the provider may charge all that was asked for
};

struct LlmUsage {
  LlmBilling billing = LlmBilling::NotMade;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
};

struct LlmAttempt {
  Result<fleet::Generated> result;
  LlmFailure failure = LlmFailure::None;
  LlmUsage usage{};
};

/// One OpenAI-compatible provider. One exchange per call; it never retries (the chain decides).
/// Streams when asked: pieces are gathered, a stream that ends without `[DONE]` is Transient. The
/// request's timeout bounds the whole exchange. Declared tools are passed on (tool_choice `auto`,
/// or `none` where no call is wanted); at most 16 calls of 64 KB come back. Error messages hold
/// nothing of the provider's text. A server that reports no usage (local ones often do not) is
/// taken at our own rough count.
class OpenAiClient {
 public:
  OpenAiClient(rt::Loop& loop, net::Transport& transport, OpenAiOptions options);
  rt::Task<LlmAttempt> generate(fleet::GenerationRequest request);
  [[nodiscard]] const OpenAiOptions& options() const { return options_; }

 private:
  rt::Task<LlmAttempt> whole(net::Request request, Duration timeout);
  using OnText = std::function<void(std::string_view)>;
  rt::Task<LlmAttempt> streamed(net::Request request, Duration timeout, OnText on_text);
  rt::Task<LlmAttempt> read_answer(net::ResponseStream& stream, MonoTime start, MonoTime end,
                                   OnText on_text);
  rt::Task<Result<std::string>> read_until(net::ResponseStream& stream, MonoTime end);
  [[nodiscard]] net::Request encode(const fleet::GenerationRequest& request) const;
  void finish(const fleet::GenerationRequest& request, LlmAttempt& attempt) const;

  rt::Loop& loop_;
  net::Transport& transport_;
  OpenAiOptions options_;
};

/// Classification of an error answer, pure: status, `retry-after` header and body. Throttled and
/// DailyQuota carry `retry_after` (at most 7 days).
LlmAttempt classify_llm_error(int status, std::string_view retry_after, std::string_view body);

}  // namespace chorus::platform
