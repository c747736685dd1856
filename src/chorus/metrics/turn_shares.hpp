#pragma once

#include <cstdint>
#include <optional>
#include <span>

/// How evenly, and in what order, a group speaks. Pure; nothing depends on who has which number.
namespace chorus::metrics {

/// Gini coefficient of non-negative values: 0 when all are equal, towards 1 when one has
/// everything. nullopt: no value, or all are 0. O(n log n).
std::optional<double> gini(std::span<const double> values);

/// The same against what each should have: twice the area between the diagonal and the curve of
/// shares had over shares expected, so that who expects little weighs little. 0 when all have in
/// proportion to what they expect. Both lists have the same length, without negative values.
/// nullopt: either sums up to 0.
std::optional<double> gini_against(std::span<const double> values,
                                   std::span<const double> expected);

/// Entropy of the next speaker given the last one, as a share of what `N` speakers at random would
/// have: 0 when the next is always known (ping-pong), near 1 when nothing can be said (shuffle).
/// Speakers by any number, in order of time. nullopt: fewer than two turns or two speakers.
std::optional<double> turn_entropy(std::span<const std::int64_t> speakers);

/// (s - m) / (s + m) of the gaps between events, in [-1, 1]: -1 is a metronome, 0 is chance,
/// towards 1 are bursts. nullopt: fewer than two gaps, or all are 0.
std::optional<double> burstiness(std::span<const double> gaps);

}  // namespace chorus::metrics
