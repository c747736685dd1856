#include "chorus/fleet/persona/persona.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/phrases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::fleet {
namespace {

constexpr std::size_t kMaxText = 2000;
constexpr std::size_t kMaxItems = 50;

std::unexpected<Error> wrong(std::string_view field, std::string_view what) {
  return fail(ErrorCode::InvalidArgument, fmt::format("persona.{}: {}", field, what));
}

Result<std::string> text_field(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) return wrong(key, "must be text");
  return sanitise_text(std::string_view(value->get_string()), kMaxText);
}

/// A list of texts; a single text is a list of one.
Result<std::vector<std::string>> list_field(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::value* value = find(object, key);
  if (value == nullptr || value->is_null()) return out;
  if (value->is_string()) {
    out.push_back(sanitise_text(std::string_view(value->get_string()), kMaxText));
    return out;
  }
  if (!value->is_array()) return wrong(key, "must be a list of texts");
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) return wrong(key, "must be a list of texts");
    if (out.size() < kMaxItems) {
      out.push_back(sanitise_text(std::string_view(item.get_string()), kMaxText));
    }
  }
  return out;
}

Length length_of(std::string_view word) {
  const std::string folded = fold(word);
  if (folded.find("short") != std::string::npos || folded.find("kisa") != std::string::npos) {
    return Length::Short;
  }
  if (folded.find("long") != std::string::npos || folded.find("uzun") != std::string::npos) {
    return Length::Long;
  }
  return Length::Medium;
}

std::string_view name_of(Length length) {
  switch (length) {
    case Length::Short:
      return "short";
    case Length::Medium:
      return "medium";
    case Length::Long:
      return "long";
  }
  return "medium";
}

Result<double> level_field(const json::object& object, std::string_view key, double otherwise) {
  const json::value* value = find(object, key);
  if (value == nullptr || value->is_null()) return otherwise;
  if (value->is_string()) {
    const std::string word = fold(std::string_view(value->get_string()));
    if (word == "low" || word == "dusuk") return 0.2;
    if (word == "medium" || word == "orta") return 0.5;
    if (word == "high" || word == "yuksek") return 0.8;
    return wrong(key, "must be a number from 0 to 1, or low, medium or high");
  }
  if (!value->is_number()) return wrong(key, "must be a number from 0 to 1");
  return std::clamp(value->to_number<double>(), 0.0, 1.0);
}

Result<void> read_style(const json::object& object, Persona& persona) {
  const json::value* style = find(object, "style");
  if (style == nullptr || style->is_null()) return {};
  if (style->is_string()) {
    persona.style = sanitise_text(std::string_view(style->get_string()), kMaxText);
    persona.length = length_of(persona.style);
    return {};
  }
  if (!style->is_object()) return wrong("style", "must be text or an object");
  const json::object& fields = style->get_object();
  CH_TRY(persona.style, text_field(fields, "notes"));
  CH_TRY(const std::string length, text_field(fields, "length"));
  persona.length = length_of(length);
  if (const json::value* emojis = find(fields, "emojis")) {
    if (emojis->is_bool()) {
      persona.emojis = emojis->get_bool();
    } else if (emojis->is_array()) {
      persona.emojis = !emojis->get_array().empty();
    } else if (emojis->is_string()) {
      const std::string word = fold(std::string_view(emojis->get_string()));
      persona.emojis = !word.empty() && word != "none" && word != "never" && word != "no";
    }
  }
  return {};
}

std::optional<std::int32_t> minute_of(std::string_view clock) {
  const auto colon = clock.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int hour = 0, minute = 0;
  const auto read = [](std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
  };
  if (!read(trim(clock.substr(0, colon)), hour) || !read(trim(clock.substr(colon + 1)), minute) ||
      hour < 0 || hour > 24 || minute < 0 || minute > 59 || hour * 60 + minute > 24 * 60) {
    return std::nullopt;
  }
  return hour * 60 + minute;
}

Result<void> read_hours(const json::object& object, Persona& persona) {
  CH_TRY(const auto ranges, list_field(object, "active_hours"));
  for (const std::string& range : ranges) {
    const auto dash = range.find('-');
    const auto from = dash == std::string::npos ? std::nullopt : minute_of(range.substr(0, dash));
    const auto to = dash == std::string::npos ? std::nullopt : minute_of(range.substr(dash + 1));
    if (!from || !to) return wrong("active_hours", "must be ranges like 09:30-18:00");
    persona.active_hours.push_back({*from, *to});
  }
  if (const auto offset = find_int(object, "utc_offset_minutes")) {
    if (*offset < -14 * 60 || *offset > 14 * 60) return wrong("utc_offset_minutes", "out of range");
    persona.utc_offset_minutes = static_cast<std::int32_t>(*offset);
  }
  return {};
}

constexpr Phrase kForbidden[] = {
    {0, "you are|be ~2 human"},
    {0, "you are ~2 real person|human|man|woman|trader"},
    {0, "a|an real|actual human|person"},
    {0, "i am ~1 human"},
    {0, "truly|completely|fully human"},
    {0, "claim|say|pretend|insist|convince ~4 human|person"},
    {0, "deny|hide|never admit|reveal|mention|say|tell ~6 bot|ai|robot|automated"},
    {0, "never|dont|do not ~3 admit|reveal|disclose|mention ~5 bot|ai|robot|automated|machine"},
    {0, "not a bot|robot|ai"},
    {0, "insan oldug*"},
    {0, "insansin"},
    {0, "gercek ~1 insan*|kisi*"},
    {0, "bot|robot|yapay ~2 degil*"},
    {0, "bot|robot|yapay ~3 soyleme|gizle|sakla|belli|inkar*"},
    {1, "licensed|certified|registered ~1 adviser|advisor|broker|planner"},
    {1, "lisansli ~2 danisman*|araci*|uzman*"},
    {1, "yatirim danismani*"},
};

}  // namespace

bool operator==(const Persona::Hours& a, const Persona::Hours& b) {
  return a.from_minute == b.from_minute && a.to_minute == b.to_minute;
}

Result<Persona> parse_persona(std::string_view json_text) {
  if (trim(json_text).empty()) json_text = find_builtin_persona("helper")->json;
  CH_TRY(const json::value document, parse_json(json_text, {}, 8));
  if (!document.is_object()) return fail(ErrorCode::ParseError, "persona: must be a JSON object");
  const json::object& object = document.get_object();
  Persona persona;
  CH_TRY(persona.name, text_field(object, "name"));
  if (!persona.name.empty()) persona.name = sanitise_name(persona.name);
  CH_TRY(persona.description, text_field(object, "description"));
  CH_TRY(persona.tone, text_field(object, "tone"));
  CH_TRY(persona.language, text_field(object, "language"));
  CH_TRY(persona.interests, list_field(object, "interests"));
  CH_TRY(const auto watchlist, list_field(object, "watchlist"));
  persona.interests.insert(persona.interests.end(), watchlist.begin(), watchlist.end());
  CH_TRY(persona.rules, list_field(object, "rules"));
  CH_TRY(const auto never, list_field(object, "never_do"));
  for (const auto& rule : never) persona.rules.push_back("Never: " + rule);
  CH_TRY(persona.talkativeness, level_field(object, "talkativeness", 0.5));
  CH_TRY_VOID(read_style(object, persona));
  CH_TRY_VOID(read_hours(object, persona));
  CH_TRY_VOID(lint_persona(persona));
  return persona;
}

std::string write_persona(const Persona& persona) {
  const auto clock = [](std::int32_t minute) {
    return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
  };
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("version", 1).field("name", persona.name);
  w.field("description", persona.description).field("tone", persona.tone);
  w.key("style").begin_object();
  w.field("emojis", persona.emojis).field("length", name_of(persona.length));
  w.field("notes", persona.style).end_object();
  w.key("interests").begin_array();
  for (const auto& interest : persona.interests) w.value(interest);
  w.end_array().key("rules").begin_array();
  for (const auto& rule : persona.rules) w.value(rule);
  w.end_array().field("language", persona.language);
  w.field("talkativeness", persona.talkativeness).key("active_hours").begin_array();
  for (const auto& h : persona.active_hours) {
    w.value(clock(h.from_minute) + "-" + clock(h.to_minute));
  }
  w.end_array().field("utc_offset_minutes", persona.utc_offset_minutes).end_object();
  return out;
}

Result<void> lint_persona(const Persona& persona) {
  const PhraseMatcher forbidden(kForbidden, {});
  const auto check = [&](std::string_view field, std::string_view text) -> Result<void> {
    const Words words(text);
    const auto found = forbidden.find(words.all());
    if (!found) return {};
    return wrong(field, *found == 0
                            ? "a character may not claim to be human or hide that it is automated"
                            : "a character may not claim to be a licensed adviser");
  };
  CH_TRY_VOID(check("name", persona.name));
  CH_TRY_VOID(check("description", persona.description));
  CH_TRY_VOID(check("tone", persona.tone));
  CH_TRY_VOID(check("style", persona.style));
  for (const auto& rule : persona.rules) {
    CH_TRY_VOID(check("rules", rule));
  }
  for (const auto& interest : persona.interests) {
    CH_TRY_VOID(check("interests", interest));
  }
  return {};
}

bool is_active_at(const Persona& persona, std::int32_t utc_minute_of_day) {
  if (persona.active_hours.empty()) return true;
  constexpr std::int32_t kDay = 24 * 60;
  const std::int32_t local =
      ((utc_minute_of_day + persona.utc_offset_minutes) % kDay + kDay) % kDay;
  return std::any_of(persona.active_hours.begin(), persona.active_hours.end(), [&](const auto& h) {
    return h.from_minute <= h.to_minute ? local >= h.from_minute && local <= h.to_minute
                                        : local >= h.from_minute || local <= h.to_minute;
  });
}

}  // namespace chorus::fleet
