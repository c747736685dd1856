#pragma once

#include "chorus/fleet/memory/memory.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace chorus::fleet {

struct DecayRules {
  Duration half_life = std::chrono::hours(24 * 30);
  double floor = 0.05;      ///< what is weaker is forgotten
  double same_above = 0.8;  ///< term overlap of two memories that say the same
};

/// What a look through a bot's memories changes.
struct TidyUp {
  std::vector<Memory> changed;
  std::vector<MemoryId> gone;
  std::size_t expired = 0, faded = 0, merged = 0;  ///< why they went
};

/// Forgets what has expired or faded, and merges what says the same about one person in one room:
/// the newest stays, with the strength, confidence and uses of both. Strength is a function of the
/// time since the last use, so a run that was missed or made twice changes nothing: a second run at
/// the same time answers nothing. The result is in order of id. O(n log n), and n^2 within one
/// person and room (at most 50).
TidyUp tidy_up(std::span<const Memory> memories, const DecayRules& rules, WallTime now);

/// `older` and `newer` say the same, or fill the same slot: what is kept of them, under the newer's
/// id.
Memory merged(const Memory& older, const Memory& newer, const DecayRules& rules, WallTime now);
/// They say the same, or `newer` is the correction of `older`.
bool says_the_same(const Memory& a, const Memory& b, const DecayRules& rules);

/// A memory that was of use: one use more, and a little stronger than what was left of it.
void reinforce(Memory& memory, Duration half_life, WallTime now);

}  // namespace chorus::fleet
