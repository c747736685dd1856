#pragma once

#include "chorus/fleet/memory/memory_gate.hpp"

#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What a character brings along: its card's `facts`, `anecdotes` and `signature_phrases` (texts or
/// lists, at the top or under `emotion`), at most 20. Not its description and interests: every
/// prompt holds those already. Empty for a card without them, and for what is no JSON object.
std::vector<MemoryCandidate> seeds_of(std::string_view persona_document);

}  // namespace chorus::fleet
