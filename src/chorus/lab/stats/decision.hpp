#pragma once

#include "chorus/lab/stats/distributions.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace chorus::lab::stats {

enum class Decision : std::uint8_t { Same, Better, Worse, Undecided };
std::string_view to_string(Decision decision) noexcept;  ///< same, better, worse, undecided

/// What is known of a change. `effect` and `interval` grow towards worse, in the unit of the
/// minimum effect.
struct Evidence {
  double effect = 0;
  Interval interval;
  double p = 1;  ///< adjusted, when several were asked
};

/// Worse (or better): the change is at least `min_effect`, its interval leaves 0 outside, and p is
/// below `alpha`. Same: the whole interval lies within +-`min_effect`, so that a change that
/// matters is excluded; "not significant" alone never is `same`. Undecided: everything else.
Decision decide(const Evidence& evidence, double min_effect, double alpha);

/// Of several: worse when one is worse; else undecided when one is undecided; else better when one
/// is better; else same. Undecided for none.
Decision overall(const std::vector<Decision>& decisions);

/// Holm's step-down adjustment, in the order given: below alpha holds for the family of all of
/// them. Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65; R's `p.adjust(method =
/// "holm")`.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace chorus::lab::stats
