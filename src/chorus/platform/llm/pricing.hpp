#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/policy/budget.hpp"

#include <cstdint>
#include <optional>

namespace chorus::platform {

/// Money per million tokens; below 0 means unknown.
struct LlmPrices {
  double in = -1;
  double out = -1;
  [[nodiscard]] bool known() const { return in >= 0 && out >= 0; }
};

/// In micros, rounded up; nullopt when a price is unknown.
std::optional<std::int64_t> cost_micros(const LlmPrices& prices, std::int64_t prompt_tokens,
                                        std::int64_t completion_tokens);

/// Tokens of a prompt, roughly: no provider's tokenizer is known here.
std::int64_t estimate_prompt(const fleet::GenerationRequest& request);

/// What a call may need. The money is an upper bound (a token is at least one byte, and no answer
/// is longer than `max_tokens`), because a ceiling of money must hold; the tokens are the rough
/// count, because a provider's token limit answers 429 and costs nothing when it is met.
policy::BudgetEstimate estimate_call(const LlmPrices& prices,
                                     const fleet::GenerationRequest& request);

}  // namespace chorus::platform
