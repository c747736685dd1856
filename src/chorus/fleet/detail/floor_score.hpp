#pragma once

#include "chorus/fleet/floor.hpp"

#include <cstddef>

namespace chorus::fleet::detail {

/// A row per candidate: its score, or why it may not select itself. Source: reference/practice.md
/// 3.2, step 3.
void score_candidates(const FloorInput& in, const FleetSettings& settings, FloorDecision& out);

/// How much is needed to speak unasked: more after bots have spoken, less after silence.
double threshold_of(const FloorInput& in, const FleetSettings& settings);

/// The candidate has something to say to the trigger, by what it likes, knows or remembers.
bool knows_of(const FloorInput& in, std::size_t candidate);

}  // namespace chorus::fleet::detail
