#pragma once

#include "chorus/base/random.hpp"
#include "chorus/proto/openai/types.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::sandbox {

/// Text of at most `tokens` tokens (and near to it) that answers the last user message of
/// `request`: on its words, and with its canary if it carries one, which is never cut. The same
/// request and seed give the same text.
std::string scripted_answer(const proto::openai::ChatRequest& request, std::int64_t tokens,
                            Rng rng);

/// The first `[c:xxxxxx]` in `text` (1 to 20 letters, digits, '-' or '_'), brackets included; empty
/// when there is none.
std::string_view find_canary(std::string_view text);

}  // namespace chorus::sandbox
