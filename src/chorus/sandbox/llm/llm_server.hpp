#pragma once

#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/llm_script.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace chorus::sandbox {

/// What one call to the LLM server came to.
struct LlmCall {
  /// 499: the client went away before the answer was complete. 0: a fault cut the connection.
  int status = 200;
  Duration time_to_first_token{};
  Duration total{};
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
};

/// An OpenAI-compatible server: `/v1` and `/openai/v1` (Groq) with chat completions (plain and
/// streamed), models, scripted latency, token rate, quotas and errors. Answers are made from the
/// prompt and the seed, and repeat a canary (base/canary.hpp) found in the last user message, so
/// that a lab can tell to whom an answer belongs. A request's `seed` decides its text; faults and
/// delays come from the server's own seed. One loop; holds nothing per call after it ended.
class LlmServer final : public net::Handler {
 public:
  /// `faults` are those of the whole sandbox: here the ones that match method `llm` count.
  LlmServer(rt::Loop& loop, LlmScript script, Rng rng, Faults& faults, metrics::Registry& metrics);
  ~LlmServer() override;
  rt::Task<net::Response> handle(net::Request request) override;

  void set_script(LlmScript script);
  [[nodiscard]] const LlmScript& script() const;
  /// Called when a call ends (streams: when the last byte was handed over).
  void set_observer_sink(std::function<void(const LlmCall&)> sink);
  /// Accepted calls whose answer is not complete yet, streams included.
  [[nodiscard]] std::size_t in_flight() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::sandbox
