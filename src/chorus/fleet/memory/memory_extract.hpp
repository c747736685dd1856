#pragma once

#include "chorus/fleet/memory/memory_gate.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace chorus::fleet {

inline constexpr std::size_t kCandidatesPerLine = 5;

/// What a person states about themselves in a line, found by rules, without a model: name, home,
/// work, birthday, likes and dislikes, pets, habits, what happened lately, friendship, and what
/// they ask to remember (`remember that ...`, `unutma: ...`); English and Turkish. Only whole
/// clauses in the first person count; questions do not. Nothing found here is safe to keep before the gate has
/// seen it. At most kCandidatesPerLine, in order of the text; linear in its length.
std::vector<MemoryCandidate> extract_memories(std::string_view line);

}  // namespace chorus::fleet
