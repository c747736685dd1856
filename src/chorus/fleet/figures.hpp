#pragma once

#include "chorus/fleet/instruments.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// A number in a text, in digits or words, Turkish or English. `12.350` may be twelve thousand or
/// twelve and a third: both readings are kept.
struct Figure {
  std::size_t word = 0;  ///< where it begins
  std::size_t words = 1;
  double value = 0;
  double other = 0;     ///< the second reading; equal to `value` when there is one
  bool unit = false;    ///< percent, money, points, a magnitude: it claims something by itself
  bool counts = false;  ///< it counts hours, people, carats
};
std::vector<Figure> figures_in(std::span<const std::string_view> words);

/// What the whole text tells about its figures.
struct FigureContext {
  bool market = false;    ///< it is about something that is traded
  bool question = false;  ///< it asks: only figures with a unit claim something
};

/// True when every figure that a text states about an instrument (or with a unit, when the text is
/// about a market) is in `sources` within half a percent, there too about the same instrument.
/// Years, counts and numbers in names are no claims. Cost: linear in text and sources.
bool figures_are_sourced(std::span<const std::string_view> words, FigureContext context,
                         std::span<const std::string_view> sources, const Instruments& instruments);

}  // namespace chorus::fleet
