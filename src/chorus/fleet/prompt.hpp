#pragma once

#include "chorus/base/random.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/ports.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// One line of a room's history as the prompt needs it.
struct PromptLine {
  std::string_view name;
  std::string_view text;
  bool own = false;  ///< written by the bot that speaks now
};

/// One thing that the bot remembers.
struct PromptMemory {
  std::string_view text;
  bool about_person = false;  ///< about whom it answers; else about the character itself
};

/// Something that somebody said, and what the bot answered to it.
struct PromptExample {
  std::string_view said;
  std::string_view answered;
};

struct PromptInput {
  const Persona* persona = nullptr;
  std::string_view bot_name;
  std::string_view room_title;  ///< empty in private chats
  /// Oldest first; the last one is what is answered unless `self_started`.
  std::span<const PromptLine> history;
  std::span<const PromptMemory> memories{};
  std::string_view person_name{};         ///< whom it answers
  std::span<const std::string> topics{};  ///< what the room is for, by its users' words
  std::span<const PromptExample> examples{};
  std::string_view time{};     ///< ours: time_context.hpp
  std::string_view thought{};  ///< what it wished to say when it was asked (wish.hpp)
  /// Self-started talk: the message it replies to, and something new to bring up. May be empty.
  PromptLine reply_to{};
  std::string_view news{};
  /// What the bot asked the person: answered by the last line, or, self-started, not at all.
  std::string_view question{};
  bool self_started = false;
  /// What the request may ask for: named in the system line.
  std::span<const DeclaredTool> tools{};
  bool second_try = false;  ///< the first text was refused: ask for other words
  Length length = Length::Medium;
};

/// A request's lines and what must not come back from it.
struct Prompt {
  std::vector<ChatLine> lines;
  /// Delimiter and canary of this request, and sentences that belong into no answer.
  std::vector<std::string> secrets;
  // Places among the secrets. The delimiter stands there as `[` and the word.
  static constexpr std::size_t kDelimiter = 0;
  static constexpr std::size_t kCanary = 2;
};

inline constexpr std::size_t kPromptCharsPerMessage = 2000;
inline constexpr std::size_t kLongestMessage = 4096;  ///< code points of one message

/// Card and rules as the system line, then the history with roles kept apart. Whatever people wrote
/// is data: it stands between delimiters that are random per request, names are sanitised, hidden
/// characters and template tokens are gone, and each message is cut at 2,000 characters. Memories,
/// the room's title and topics, example answers, thoughts and news are data too: lines of their own
/// before or after the history, marked in the same way. The system line holds our own words and the
/// card alone.
/// Source: reference/practice.md 3.6 (spotlighting).
Prompt build_prompt(const PromptInput& input, Rng& rng);

struct OutputRules {
  std::string_view bot_name;
  std::string_view username;
  /// Usernames (lower case, without '@') that may be mentioned: members of the room.
  std::span<const std::string> mentionable;
  std::size_t max_code_points = kLongestMessage;
};
/// Makes generated text fit to be sent: the speaker's own name in front, commands to bots, mentions
/// of strangers, hidden characters and quotes around the whole are removed, and it is cut at the
/// end of a sentence or word when too long. May be empty.
std::string clean_output(std::string_view text, const OutputRules& rules);

}  // namespace chorus::fleet
