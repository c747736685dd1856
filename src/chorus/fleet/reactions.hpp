#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// An emoji that fits the mood of a text and that the room allows (`allowed` empty optional: the
/// platform's whole set); nullopt when none fits. Only emoji of the platform's reaction set are
/// proposed. Pure; the same `draw` in [0,1) gives the same emoji.
std::optional<std::string> choose_reaction(std::string_view text,
                                           const std::optional<std::vector<std::string>>& allowed,
                                           double draw);

/// Something sad is said, by the words that choose_reaction goes by.
bool is_sad(std::string_view text);

}  // namespace chorus::fleet
