#pragma once

#include "chorus/base/random.hpp"
#include "chorus/proto/openai/types.hpp"

#include <cstdint>
#include <string>

namespace chorus::sandbox {

/// Text of at most `tokens` tokens (and near to it) that answers the last user message of
/// `request`: on the words that were said (not on the frame `Name: [mark]..[/mark]` around them),
/// and with the canary among them if there is one, which is never cut. The same request and seed
/// give the same text.
std::string scripted_answer(const proto::openai::ChatRequest& request, std::int64_t tokens,
                            Rng rng);

}  // namespace chorus::sandbox
