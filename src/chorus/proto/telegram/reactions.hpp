#pragma once

#include "chorus/base/error.hpp"
#include "chorus/proto/telegram/types.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::proto::telegram {

/// The 73 emoji that a bot may react with, byte for byte (hearts and hands without U+FE0F).
/// Source: Bot API, ReactionTypeEmoji.
std::span<const std::string_view> allowed_reactions();
bool is_allowed_reaction(std::string_view emoji);
/// The allowed emoji that `emoji` means when U+FE0F is left out; empty when there is none.
std::string_view normalise_reaction(std::string_view emoji);

/// The parameter `reaction` of setMessageReaction: JSON text of an array of ReactionType. Errors:
/// InvalidArgument with the server's words (after `Bad Request: `). Whether an emoji is in the set
/// is not checked here: the server answers that as REACTION_INVALID, after it found the message.
Result<std::vector<ReactionType>> parse_reactions(std::string_view json_text);

/// `[{"type":"emoji","emoji":"..."}]`, or `[]` for an empty emoji.
std::string reaction_parameter(std::string_view emoji);

}  // namespace chorus::proto::telegram
