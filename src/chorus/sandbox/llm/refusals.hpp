#pragma once

#include "chorus/net/http.hpp"
#include "chorus/proto/openai/types.hpp"
#include "chorus/sandbox/faults.hpp"

#include <optional>

namespace chorus::sandbox {

/// An error in the form of the OpenAI API.
net::Response refuse(int status, proto::openai::ApiError error);

/// 429 of an account without money: no wait helps.
net::Response out_of_quota();

/// What a fault with a status (or a code) answers instead: the provider's own words for it unless
/// the fault brings a `description`; `retry-after` when it names one, and always on a 429 that a
/// wait would help. nullopt when the fault lets the call through.
std::optional<net::Response> answer_of(const FaultAction& fault);

}  // namespace chorus::sandbox
