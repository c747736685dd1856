#include "chorus/platform/llm/pricing.hpp"

#include "chorus/proto/openai/codec.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::platform {
namespace {

/// Role, separators and the start of the answer: what a provider adds around each line.
constexpr std::int64_t kTokensPerLine = 8;
/// Far above any bill; keeps foreign token counts from overflowing a sum.
constexpr double kMostMicros = 1e15;

}  // namespace

std::optional<std::int64_t> cost_micros(const LlmPrices& prices, std::int64_t prompt_tokens,
                                        std::int64_t completion_tokens) {
  if (!prices.known()) return std::nullopt;
  const double micros = static_cast<double>(prompt_tokens) * prices.in +
                        static_cast<double>(completion_tokens) * prices.out;
  // Rounded up, but not for the noise of a product such as 3 * 0.1.
  return static_cast<std::int64_t>(std::ceil(std::min(micros, kMostMicros) - 1e-6));
}

std::int64_t estimate_prompt(const fleet::GenerationRequest& request) {
  using proto::openai::estimate_tokens;
  std::int64_t tokens = 0;
  for (const auto& line : request.lines) {
    tokens += estimate_tokens(line.text) + kTokensPerLine;
    for (const auto& call : line.calls) {
      tokens += estimate_tokens(call.arguments) + kTokensPerLine;
    }
  }
  for (const auto& tool : request.tools) {
    tokens += estimate_tokens(tool.description) + estimate_tokens(tool.parameters);
    tokens += kTokensPerLine;
  }
  return tokens;
}

policy::BudgetEstimate estimate_call(const LlmPrices& prices,
                                     const fleet::GenerationRequest& request) {
  std::int64_t bytes = 0;
  for (const auto& line : request.lines) {
    bytes += static_cast<std::int64_t>(line.text.size()) + kTokensPerLine;
    for (const auto& call : line.calls) {
      bytes += static_cast<std::int64_t>(call.arguments.size() + call.name.size()) + kTokensPerLine;
    }
  }
  for (const auto& tool : request.tools) {
    bytes += static_cast<std::int64_t>(tool.description.size() + tool.parameters.size());
    bytes += static_cast<std::int64_t>(tool.name.size()) + kTokensPerLine;
  }
  return {estimate_prompt(request) + request.max_tokens,
          cost_micros(prices, bytes, request.max_tokens)};
}

}  // namespace chorus::platform
