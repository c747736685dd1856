#pragma once

#include "chorus/fleet/phrases.hpp"

#include <span>

namespace chorus::fleet {

/// Words of one meaning, Turkish and English in folded form, as labels from 0 on: what the second
/// voice of the guard hears beside the words themselves. Data only.
std::span<const Phrase> guard_classes();

/// Labels that say what a text is about (Evidence in guard_voice.hpp).
inline constexpr int kClassTraded = 61;   ///< shares, coins, funds, currencies
inline constexpr int kClassTrading = 62;  ///< orders, charts, positions
inline constexpr int kClassMoney = 63;    ///< savings, salary, profit

}  // namespace chorus::fleet
