#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/persona/legacy.hpp"
#include "chorus/fleet/persona/limits.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

// Version 2 is read strictly: whoever writes a card by hand learns of every slip at once.
namespace chorus::fleet {
namespace {

namespace limits = persona_limits;

/// Four decimals are more than a character has; they survive any writing and reading of the card.
double rounded(double number) {
  return std::round(number * 1e4) / 1e4;
}

/// One object of the document; gathers problems with their full path.
class Fields {
 public:
  Fields(const json::object& object, std::string path, std::vector<PersonaProblem>& problems,
         const std::vector<std::string>& keys)
      : object_(object), path_(std::move(path)), problems_(problems) {
    for (const auto& entry : object) {
      const std::string key(entry.key());
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      const auto hint = nearest(key, keys);
      problem(key, hint ? fmt::format("unknown key, did you mean '{}'?", *hint)
                        : fmt::format("unknown key; known are {}", fmt::join(keys, ", ")));
    }
  }

  void problem(std::string_view key, std::string what) {
    problems_.push_back({path_of(key), std::move(what)});
  }
  [[nodiscard]] std::string path_of(std::string_view key) const {
    if (path_.empty()) return std::string(key);
    return key.empty() ? path_ : fmt::format("{}.{}", path_, key);
  }

  const json::value* value(std::string_view key) const {
    const json::value* found = find(object_, key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }

  void text(std::string_view key, std::string& out, std::size_t longest) {
    if (const json::value* found = value(key)) check_text(key, *found, out, longest);
  }

  void texts(std::string_view key, std::vector<std::string>& out, std::size_t most,
             std::size_t longest) {
    const json::value* found = value(key);
    if (found == nullptr) return;
    if (!found->is_array()) return problem(key, "must be a list of texts");
    if (found->get_array().size() > most) {
      return problem(
          key, fmt::format("has {} entries, {} are allowed", found->get_array().size(), most));
    }
    std::size_t index = 0;
    for (const json::value& item : found->get_array()) {
      std::string one;
      const std::string at = fmt::format("{}[{}]", key, index++);
      if (!check_text(at, item, one, longest)) continue;
      if (one.empty()) {
        problem(at, "must not be empty");
      } else {
        out.push_back(std::move(one));
      }
    }
  }

  bool number(std::string_view key, double& out, double low, double high) {
    const json::value* found = value(key);
    if (found == nullptr) return false;
    const double number = found->is_number() ? found->to_number<double>() : std::nan("");
    if (!(number >= low && number <= high)) {
      problem(key, fmt::format("must be a number from {} to {}", low, high));
      return false;
    }
    out = rounded(number);
    return true;
  }

  bool integer(std::string_view key, std::int32_t& out, std::int32_t low, std::int32_t high) {
    double number_read = 0;
    const json::value* found = value(key);
    if (found == nullptr) return false;
    const bool whole =
        found->is_number() && std::floor(found->to_number<double>()) == found->to_number<double>();
    if (!whole) {
      problem(key, fmt::format("must be a whole number from {} to {}", low, high));
      return false;
    }
    if (!number(key, number_read, low, high)) return false;
    out = static_cast<std::int32_t>(number_read);
    return true;
  }

  void boolean(std::string_view key, bool& out) {
    const json::value* found = value(key);
    if (found == nullptr) return;
    if (!found->is_bool()) return problem(key, "must be true or false");
    out = found->get_bool();
  }

  /// The nested object of that key, when it is one.
  const json::object* object(std::string_view key) {
    const json::value* found = value(key);
    if (found == nullptr) return nullptr;
    if (found->is_object()) return &found->get_object();
    problem(key, "must be a map of keys");
    return nullptr;
  }

 private:
  bool check_text(std::string_view key, const json::value& found, std::string& out,
                  std::size_t longest) {
    if (!found.is_string()) {
      problem(key, "must be text");
      return false;
    }
    const std::string_view given(found.get_string());
    std::string clean(trim(sanitise_text(given, longest + 1)));
    // What was taken out may have stood between the halves of more.
    for (std::string again = clean;; clean = again) {
      again = trim(sanitise_text(clean, longest + 1));
      if (again == clean) break;
    }
    if (code_point_count(clean) > longest) {
      problem(key, fmt::format("is longer than {} characters", longest));
      return false;
    }
    out = std::move(clean);
    return true;
  }

  const json::object& object_;
  std::string path_;
  std::vector<PersonaProblem>& problems_;
};

std::optional<std::int32_t> minute_of(std::string_view clock) {
  const auto colon = clock.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int hour = 0, minute = 0;
  const auto read = [](std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && out >= 0;
  };
  if (!read(trim(clock.substr(0, colon)), hour) || !read(trim(clock.substr(colon + 1)), minute) ||
      hour > 24 || minute > 59 || hour * 60 + minute > 24 * 60) {
    return std::nullopt;
  }
  return hour * 60 + minute;
}

bool is_language_tag(std::string_view tag) {
  const auto parts = split(tag, '-');
  return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
    const bool first = part.data() == tag.data();
    return part.size() >= (first ? 2U : 1U) && part.size() <= (first ? 3U : 8U) &&
           std::all_of(part.begin(), part.end(), [&](char c) {
             return (c >= 'a' && c <= 'z') ||
                    (!first && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')));
           });
  });
}

void read_name(Fields& fields, Persona& out) {
  std::string name;
  fields.text("name", name, 2 * limits::kName);
  if (name.empty()) return;
  out.name = sanitise_name(name);
  if (out.name != name) {
    fields.problem("name",
                   "must be one line of at most 32 characters, without < > [ ] { } : # / *");
  }
}

void read_length(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  const json::object* object = root.object("length");
  if (object == nullptr) return;
  Fields fields(*object, "length", problems, {"short", "medium", "long"});
  LengthProfile read{0, 0, 0};
  fields.number("short", read.brief, 0, 1000);
  fields.number("medium", read.medium, 0, 1000);
  fields.number("long", read.full, 0, 1000);
  const double total = read.brief + read.medium + read.full;
  if (total <= 0) return root.problem("length", "needs a share above 0");
  read.brief = rounded(read.brief / total);
  read.medium = rounded(read.medium / total);
  read.full = rounded(std::max(0.0, 1 - read.brief - read.medium));  // takes what rounding leaves
  out.length = read;
}

void read_hours(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  const json::object* object = root.object("hours");
  if (object == nullptr) return;
  Fields fields(*object, "hours", problems, {"zone", "active"});
  fields.text("zone", out.hours.zone, 64);
  if (!is_zone_name(out.hours.zone)) {
    fields.problem("zone", "must be an IANA time zone such as Europe/Istanbul, or UTC");
  }
  std::vector<std::string> ranges;
  fields.texts("active", ranges, 24, 20);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::string_view range = ranges[i];
    const auto dash = range.find('-');
    const auto from = dash == range.npos ? std::nullopt : minute_of(range.substr(0, dash));
    const auto to = dash == range.npos ? std::nullopt : minute_of(range.substr(dash + 1));
    if (from && to) {
      out.hours.active.push_back({*from, *to});
    } else {
      fields.problem(fmt::format("active[{}]", i), "must be a range like 09:30-18:00");
    }
  }
}

void read_emotion(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  const json::object* object = root.object("emotion");
  if (object == nullptr) return;
  Fields fields(*object, "emotion", problems,
                {"mood", "empathy", "energy", "signature_emoji", "signature_phrases"});
  fields.texts("mood", out.emotion.mood, 8, limits::kMood);
  fields.number("empathy", out.emotion.empathy, 0, 1);
  fields.number("energy", out.emotion.energy, 0, 1);
  fields.texts("signature_emoji", out.emotion.signature_emoji, 8, limits::kEmoji);
  fields.texts("signature_phrases", out.emotion.signature_phrases, 10, limits::kPhrase);
}

/// Calls `each` with the objects of a list.
template <class Each>
void read_objects(Fields& root, std::string_view key, std::size_t most, Each each) {
  const json::value* list = root.value(key);
  if (list == nullptr) return;
  if (!list->is_array()) return root.problem(key, "must be a list");
  if (list->get_array().size() > most) {
    return root.problem(
        key, fmt::format("has {} entries, {} are allowed", list->get_array().size(), most));
  }
  std::size_t index = 0;
  for (const json::value& item : list->get_array()) {
    const std::string at = fmt::format("{}[{}]", key, index++);
    if (!item.is_object()) {
      root.problem(at, "must be a map of keys");
      continue;
    }
    each(item.get_object(), at);
  }
}

void read_habits(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  const json::object* object = root.object("habits");
  if (object == nullptr) return;
  Fields fields(*object, "habits", problems, {"reply", "mention", "reaction", "short_reaction"});
  const auto read = [&](std::string_view key, std::optional<double>& habit) {
    double share = 0;
    if (fields.number(key, share, 0, 1)) habit = share;
  };
  read("reply", out.habits.reply);
  read("mention", out.habits.mention);
  read("reaction", out.habits.reaction);
  read("short_reaction", out.habits.short_reaction);
}

void read_stances(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  read_objects(root, "stances", 20, [&](const json::object& object, const std::string& at) {
    Fields fields(object, at, problems, {"topic", "text", "confidence"});
    Stance stance;
    fields.text("topic", stance.topic, limits::kTopic);
    fields.text("text", stance.text, limits::kStance);
    fields.number("confidence", stance.confidence, 0, 1);
    if (stance.topic.empty()) fields.problem("topic", "is required");
    if (stance.text.empty()) fields.problem("text", "is required");
    out.stances.push_back(std::move(stance));
  });
}

void read_facts(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  read_objects(root, "facts", 30, [&](const json::object& object, const std::string& at) {
    Fields fields(object, at, problems, {"text", "fictional"});
    std::string text;
    fields.text("text", text, limits::kFact);
    bool fictional = false;
    fields.boolean("fictional", fictional);
    if (text.empty()) fields.problem("text", "is required");
    if (!fictional) {
      fields.problem("fictional",
                     "must be true: a character's facts are fiction; what is true about the real "
                     "world belongs to the description");
    }
    out.facts.push_back(std::move(text));
  });
}

void read_generation(Fields& root, Persona& out, std::vector<PersonaProblem>& problems) {
  const json::object* object = root.object("generation");
  if (object == nullptr) return;
  Fields fields(*object, "generation", problems, {"temperature", "max_tokens"});
  double temperature = 0;
  if (fields.number("temperature", temperature, 0, 2)) out.temperature = temperature;
  std::int32_t tokens = 0;
  if (fields.integer("max_tokens", tokens, 16, 2000)) out.max_tokens = tokens;
}

void read_version_2(const json::object& object, PersonaReading& reading) {
  auto& problems = reading.problems;
  Persona out;
  Fields root(object, "", problems,
              {"version", "name", "description", "tone", "style", "interests", "expertise", "rules",
               "language", "talkativeness", "length", "pacing", "hours", "hourly_cap", "emotion",
               "habits", "stances", "facts", "generation"});
  read_name(root, out);
  root.text("description", out.description, limits::kDescription);
  root.text("tone", out.tone, limits::kTone);
  if (const json::object* style = root.object("style")) {
    Fields fields(*style, "style", problems, {"notes", "emojis"});
    fields.text("notes", out.style, limits::kStyle);
    fields.boolean("emojis", out.emojis);
  }
  root.texts("interests", out.interests, 50, limits::kTopic);
  root.texts("expertise", out.expertise, 30, limits::kTopic);
  root.texts("rules", out.rules, limits::kRules, limits::kRule);
  root.text("language", out.language, 35);
  if (!out.language.empty() && !is_language_tag(out.language)) {
    root.problem("language", "must be a language tag such as en, tr or pt-BR");
  }
  root.number("talkativeness", out.talkativeness, 0, 1);
  read_length(root, out, problems);
  if (const json::object* pacing = root.object("pacing")) {
    Fields fields(*pacing, "pacing", problems, {"typing_wpm", "thinking_seconds"});
    fields.number("typing_wpm", out.pacing.typing_wpm, 10, 400);
    fields.number("thinking_seconds", out.pacing.thinking_seconds, 0, 10);
  }
  read_hours(root, out, problems);
  root.integer("hourly_cap", out.hourly_cap, 0, 1000);
  read_emotion(root, out, problems);
  read_habits(root, out, problems);
  read_stances(root, out, problems);
  read_facts(root, out, problems);
  read_generation(root, out, problems);
  if (problems.empty()) reading.persona = std::move(out);
}

/// The version that the document says or its keys imply; nullopt with a problem.
std::optional<int> version_of(const json::object& object, PersonaReading& reading) {
  if (const json::value* version = find(object, "version")) {
    const auto number = version->is_string() ? std::nullopt : as_int(*version);
    if (number && (*number == 1 || *number == kPersonaVersion)) return static_cast<int>(*number);
    reading.problems.push_back(
        {"version",
         number && *number > kPersonaVersion
             ? fmt::format("{} is newer than this program knows ({})", *number, kPersonaVersion)
             : fmt::format("must be {}", kPersonaVersion)});
    return std::nullopt;
  }
  for (const std::string_view key : keys_of_version_2()) {
    if (!object.contains(key)) continue;
    reading.problems.push_back(
        {"", fmt::format("begin it with version: {} (it has '{}')", kPersonaVersion, key)});
    return std::nullopt;
  }
  return 1;
}

}  // namespace

PersonaReading read_persona(const json::value& document) {
  PersonaReading reading;
  if (!document.is_object()) {
    reading.problems.push_back({"", "must be a map of keys (a JSON object)"});
    return reading;
  }
  const json::object& object = document.get_object();
  const auto version = version_of(object, reading);
  if (!version) return reading;
  if (*version == kPersonaVersion) {
    read_version_2(object, reading);
    return reading;
  }
  Upgraded upgraded = upgrade_persona(object);
  reading.problems = std::move(upgraded.problems);
  reading.notes = std::move(upgraded.notes);
  if (reading.problems.empty()) read_version_2(upgraded.document, reading);
  return reading;
}

}  // namespace chorus::fleet
