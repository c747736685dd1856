#pragma once

#include "chorus/base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// How long a character's answers are.
enum class Length : std::uint8_t { Short, Medium, Long };

/// A character, never a disguise: the runtime says what it is whatever stands here. Kept as JSON in
/// BotRow::persona:
///
///     {"version":1, "name":"Deniz", "description":"...", "tone":"calm",
///      "style":{"emojis":false,"length":"short","notes":"..."}, "interests":["football"],
///      "language":"tr", "talkativeness":0.5, "rules":["..."],
///      "active_hours":["09:30-23:00"], "utc_offset_minutes":180}
///
/// Older shapes are accepted: `style` as a string, `emojis` as a list or word, `talkativeness` as
/// a number or a word (`low`, `medium`, `high`), `watchlist` beside `interests`, `never_do` beside
/// `rules`, `risk_profile` (ignored: it served certainty).
struct Persona {
  std::string name;
  std::string description;
  std::string tone;
  std::string style;  ///< free words about how it writes
  bool emojis = false;
  Length length = Length::Medium;
  std::vector<std::string> interests;
  std::vector<std::string> rules;
  std::string language;        ///< IETF tag; empty: the language of the room
  double talkativeness = 0.5;  ///< in [0,1]
  struct Hours {
    std::int32_t from_minute = 0;  ///< of the day, inclusive
    std::int32_t to_minute = 0;    ///< inclusive; smaller than `from`: across midnight
  };
  std::vector<Hours> active_hours;  ///< empty: always
  std::int32_t utc_offset_minutes = 0;

  friend bool operator==(const Persona&, const Persona&) = default;
};
bool operator==(const Persona::Hours& a, const Persona::Hours& b);

/// Empty text gives the generic helper. Errors: ParseError (not a JSON object), InvalidArgument
/// (a field of the wrong type or a card that `lint_persona` refuses); the message names the field.
Result<Persona> parse_persona(std::string_view json_text);
/// The same document in its current shape.
std::string write_persona(const Persona& persona);

/// Refuses a card that claims to be human, to hide that it is a bot, or to be a licensed adviser.
/// InvalidArgument names the rule, never the text.
Result<void> lint_persona(const Persona& persona);

/// True when the bot may speak by itself at this minute of the day (UTC).
bool is_active_at(const Persona& persona, std::int32_t utc_minute_of_day);

/// Shipped characters: `helper`, `trader`, `analyst`, `enthusiast`.
struct BuiltinPersona {
  std::string_view id;
  std::string_view json;
};
std::span<const BuiltinPersona> builtin_personas();
/// nullptr when there is none of that id.
const BuiltinPersona* find_builtin_persona(std::string_view id);

}  // namespace chorus::fleet
