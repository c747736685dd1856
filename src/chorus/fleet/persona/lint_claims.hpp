#pragma once

#include "chorus/fleet/persona/lint.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The parts of the lint that the finding and the rewriting share.
namespace chorus::fleet::detail {

/// The rules that one sentence breaks, each once.
std::vector<LintRule> claims_in(std::string_view sentence);

struct CardSentence {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< one past its end mark; blanks around it belong to nobody
};
std::vector<CardSentence> card_sentences(std::string_view text);

/// Calls `visit` with every text of the card, its path and how long it may be.
using VisitText =
    std::function<void(const std::string& path, std::string& text, std::size_t longest)>;
void for_each_text(Persona& persona, const VisitText& visit);

}  // namespace chorus::fleet::detail
