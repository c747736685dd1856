#pragma once

#include <span>
#include <string>
#include <vector>

namespace chorus::lab {

/// Without smoothing: 0 when an order has no match. `line` has at least 4 words.
/// Source: Papineni and others, BLEU (2002), with the closest length of a reference.
double bleu4(const std::vector<std::string>& line,
             std::span<const std::vector<std::string>> references);

/// For each line its `bleu4` against all the others, to the last bit; every line has at least 4
/// words. Costs what the words of all lines cost once, not once for each line. Empty for fewer than
/// two lines.
std::vector<double> bleu4_of_each(std::span<const std::vector<std::string>> lines);

}  // namespace chorus::lab
