#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chorus::sandbox {

/// A random duration: `250ms`, `uniform(100ms, 300ms)`, `lognormal(250ms, 0.4)`,
/// `exponential(1s)`.
struct DelaySpec {
  enum class Kind : std::uint8_t { Constant, Uniform, Lognormal, Exponential };
  Kind kind = Kind::Constant;
  Duration a{};      ///< constant, low, median or mean
  Duration b{};      ///< uniform: high
  double sigma = 0;  ///< lognormal
};

/// A tool that the model calls when a person says something (llm/tool_rules.hpp).
struct LlmToolRule {
  std::string when;              ///< part of what was said
  std::string call;              ///< name of the tool
  std::string arguments = "{}";  ///< JSON; `{said}` and `{result}` are filled in
  std::int32_t times = 1;        ///< rounds of calls before it answers
  std::string say;          ///< the answer then, with the same words filled in; empty: the usual
  bool undeclared = false;  ///< also when the request does not declare it: a confused model
};

/// How the LLM server behaves.
struct LlmScript {
  DelaySpec time_to_first_token;  ///< default: at once
  double tokens_per_second = 0;   ///< 0: no pacing
  std::int32_t reply_tokens_low = 20;
  std::int32_t reply_tokens_high = 60;
  double error_rate = 0;  ///< share of calls that answer `error_status`
  int error_status = 500;
  double truncated_rate = 0;                   ///< share of streams that end without [DONE]
  double empty_rate = 0;                       ///< share of 200s with empty content
  std::optional<std::int64_t> tokens_per_day;  ///< Groq TPD wall: 429 with the TPD text
  std::optional<std::int64_t> tokens_per_minute;
  std::optional<std::int64_t> requests_per_minute;
  bool insufficient_quota = false;  ///< every call: 429 insufficient_quota
  std::vector<LlmToolRule> tools;   ///< the first that fits counts
  std::string api_key;              ///< when set, others get 401 invalid_api_key
  std::vector<std::string> models = {"sandbox-small", "sandbox-large"};  ///< what is listed
  /// Every other name is played as well, so that a bot keeps the one of its real model; a name that
  /// begins with `no-such-` is always unknown, to try a bot with that.
  bool any_model = true;
};

}  // namespace chorus::sandbox
