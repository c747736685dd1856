#pragma once

#include "chorus/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// A bot of ours as others call it.
struct Callable {
  BotId bot;
  PlatformUserId user_id;        ///< 0 while unknown
  std::string_view username;     ///< without '@', any case
  std::string_view folded_name;  ///< display name, folded (folding.hpp)
  /// What else it is called: the operator's name of it, its card's; folded, none twice.
  std::span<const std::string> other_names{};
};

/// How a message was addressed, the strongest first; then the ways to be meant without a name:
/// Conversation (the person is in one with that bot, and the line belongs to it), OpenPair (a bot
/// of ours asked, and who was asked speaks next) and OpenQuestion (to everybody).
enum class AddressedBy : std::uint8_t {
  Nothing,
  PrivateChat,
  Command,
  Mention,
  Reply,
  Vocative,
  Conversation,
  OpenPair,
  OpenQuestion,
};
std::string_view to_string(AddressedBy by) noexcept;

/// Everything about a message that tells whom it is for.
struct Addressed {
  AddressedBy by = AddressedBy::Nothing;
  std::vector<BotId> bots;  ///< our bots it names, in order, each once
  /// It names or replies to somebody who is not ours, and none of ours.
  bool to_others = false;
};

struct AddressingInput {
  std::string_view text{};
  std::span<const std::string> mentions{};  ///< usernames without '@'
  std::span<const PlatformUserId> mentioned_users{};
  std::optional<PlatformUserId> reply_to_user{};
  std::optional<BotId> reply_to_bot{};  ///< the replied line is known to be ours
  std::string_view command_target{};    ///< of `/command@target`; empty when none
  std::optional<BotId> private_bot{};   ///< a private chat: its bot
};

/// Whom of `bots` a message speaks to. A name counts only where it calls (`Ada, what do you
/// think?`, `what do you say, Ada?`), not where it is talked about (`Ada said so yesterday`), and
/// not when more than three bots share it.
Addressed addressed_to(const AddressingInput& input, std::span<const Callable> bots);

/// A question that asks whoever knows (`does anybody know ...?`, `bilen var mi?`), in English or
/// Turkish.
bool is_question_to_all(std::string_view text);

/// The name is called at the beginning or the end of the text.
bool is_vocative(std::string_view text, std::string_view name);

}  // namespace chorus::fleet
