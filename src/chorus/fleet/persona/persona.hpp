#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/persona/zone.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

inline constexpr int kPersonaVersion = 2;

/// How long one answer is.
enum class Length : std::uint8_t { Short, Medium, Long };

/// How often answers are of which length. The shares sum to 1.
struct LengthProfile {
  double brief = 0.55;  ///< key `short`
  double medium = 0.35;
  double full = 0.10;  ///< key `long`
  friend bool operator==(const LengthProfile&, const LengthProfile&) = default;
};

/// When a character speaks by itself; a question to it is answered at any hour.
struct ActiveHours {
  struct Range {
    std::int32_t from_minute = 0;  ///< of the day, inclusive
    std::int32_t to_minute = 0;    ///< inclusive; smaller than `from`: across midnight
    friend bool operator==(const Range&, const Range&) = default;
  };
  std::string zone = "UTC";   ///< IANA name, `UTC`, or `UTC+03:00`
  std::vector<Range> active;  ///< empty: always
  friend bool operator==(const ActiveHours&, const ActiveHours&) = default;
};

/// How fast it writes where the fleet's pacing is `human`.
struct PersonaPacing {
  double typing_wpm = 45;
  double thinking_seconds = 1.2;  ///< median
  friend bool operator==(const PersonaPacing&, const PersonaPacing&) = default;
};

struct Emotion {
  std::vector<std::string> mood;  ///< words such as `calm`
  double empathy = 0.5;           ///< in [0,1]
  double energy = 0.5;            ///< in [0,1]
  std::vector<std::string> signature_emoji;
  std::vector<std::string> signature_phrases;
  friend bool operator==(const Emotion&, const Emotion&) = default;
};

/// How often it does what the fleet's settings of these names say; nothing: as the fleet does.
struct Habits {
  std::optional<double> reply;  ///< in [0,1], as all of these
  std::optional<double> mention;
  std::optional<double> reaction;
  std::optional<double> short_reaction;
  friend bool operator==(const Habits&, const Habits&) = default;
};

struct Stance {
  std::string topic;
  std::string text;
  double confidence = 0.5;  ///< in [0,1]
  friend bool operator==(const Stance&, const Stance&) = default;
};

/// A character, never a disguise: the runtime says what it is whatever stands here. Kept as JSON in
/// BotRow::persona; docs/personas.md lists every field with its range.
struct Persona {
  std::string name;
  std::string description;
  std::string tone;
  std::string style;  ///< free words about how it writes
  bool emojis = false;
  std::vector<std::string> interests;
  std::vector<std::string> expertise;  ///< what it can answer questions about
  std::vector<std::string> rules;
  std::string language;        ///< IETF tag; empty: the language of the room
  double talkativeness = 0.5;  ///< in [0,1]
  LengthProfile length;
  PersonaPacing pacing;
  ActiveHours hours;
  std::int32_t hourly_cap = 0;  ///< messages an hour that nobody asked for; 0: the fleet's setting
  Emotion emotion;
  Habits habits;
  std::vector<Stance> stances;
  std::vector<std::string> facts;  ///< of the character's story: fiction, and told as such
  std::optional<double> temperature;
  std::optional<std::int32_t> max_tokens;

  friend bool operator==(const Persona&, const Persona&) = default;
};

/// What is wrong in a document, and where: `hours.zone`, `rules[2]`; empty: the document.
struct PersonaProblem {
  std::string path;
  std::string what;
  /// `persona.hours.zone: ...`
  [[nodiscard]] std::string to_string() const;
};

struct PersonaReading {
  std::optional<Persona> persona;  ///< none when there are problems
  std::vector<PersonaProblem> problems;
  /// What an older shape said that this one has no place for, one line for people each.
  std::vector<std::string> notes;
};

/// Reads a document: version 2 strictly (unknown keys, types and ranges are problems), older shapes
/// by way of persona/legacy.hpp. Says nothing about what the character claims: that is the lint's.
PersonaReading read_persona(const json::value& document);

/// For what is put to use: reads and refuses what `lint_persona` finds. Empty text gives the
/// generic helper. Errors: ParseError (not a JSON object), InvalidArgument (all problems, one per
/// line, each naming its field).
Result<Persona> parse_persona(std::string_view json_text);

/// The document in version 2, every field in its place; `read_persona` of it gives the same back.
json::object persona_document(const Persona& persona);
std::string write_persona(const Persona& persona);

/// True when the character may speak by itself now. `zone` is that of `hours`.
bool is_active_at(const ActiveHours& hours, const TimeZone& zone, WallTime now);

/// The zone a character lives by. InvalidArgument: `zones` does not know it. Without a source only
/// UTC and fixed offsets are known.
Result<std::shared_ptr<const TimeZone>> zone_of(const ActiveHours& hours, ZoneSource* zones);

/// One length, drawn by the profile's shares.
Length draw_length(const LengthProfile& profile, Rng& rng);

}  // namespace chorus::fleet
