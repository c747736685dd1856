#pragma once

#include "chorus/fleet/phrases.hpp"

#include <span>
#include <string_view>

namespace chorus::fleet {

/// Ways of asking somebody whether they are a bot, a machine or a human, folded. The label is the
/// Language of the question. Data only.
std::span<const Phrase> bot_questions();

/// Words of these questions that are looked for behind a slip of the keyboard too.
std::span<const std::string_view> question_words();

}  // namespace chorus::fleet
