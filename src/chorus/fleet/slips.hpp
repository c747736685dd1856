#pragma once

#include <string>
#include <string_view>

namespace chorus::fleet {

std::u32string code_points(std::string_view text);

/// One slip of the keyboard lies between two words: two neighbours swapped, one letter missing or
/// too many, one wrong. Words of three letters only forgive the swap.
bool is_slip(std::u32string_view typed, std::u32string_view meant);

}  // namespace chorus::fleet
