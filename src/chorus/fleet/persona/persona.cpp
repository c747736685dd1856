#include "chorus/fleet/persona/persona.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/pack.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet {
namespace {

json::array array_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

json::object hours_document(const ActiveHours& hours) {
  json::array active;
  for (const auto& range : hours.active) {
    active.emplace_back(fmt::format("{:02}:{:02}-{:02}:{:02}", range.from_minute / 60,
                                    range.from_minute % 60, range.to_minute / 60,
                                    range.to_minute % 60));
  }
  return {{"zone", hours.zone}, {"active", std::move(active)}};
}

json::object emotion_document(const Emotion& emotion) {
  return {{"mood", array_of(emotion.mood)},
          {"empathy", emotion.empathy},
          {"energy", emotion.energy},
          {"signature_emoji", array_of(emotion.signature_emoji)},
          {"signature_phrases", array_of(emotion.signature_phrases)}};
}

}  // namespace

std::string PersonaProblem::to_string() const {
  return fmt::format("persona{}{}: {}", path.empty() ? "" : ".", path, what);
}

Result<Persona> parse_persona(std::string_view json_text) {
  if (trim(json_text).empty()) json_text = find_shipped_persona("helper")->json;
  CH_TRY(const json::value document, parse_json(json_text, {}, 8));
  if (!document.is_object()) return fail(ErrorCode::ParseError, "persona: must be a JSON object");
  PersonaReading reading = read_persona(document);
  std::string all;
  const auto add = [&](const std::string& line) { all += (all.empty() ? "" : "\n") + line; };
  for (const auto& problem : reading.problems) add(problem.to_string());
  if (reading.persona) {
    for (const auto& finding : lint_persona(*reading.persona)) {
      add(fmt::format("persona.{}: {}", finding.field, describe(finding.rule)));
    }
  }
  if (!all.empty()) return fail(ErrorCode::InvalidArgument, all);
  return *std::move(reading.persona);
}

json::object persona_document(const Persona& p) {
  json::object out;
  out["version"] = kPersonaVersion;
  out["name"] = p.name;
  out["description"] = p.description;
  out["tone"] = p.tone;
  out["style"] = json::object{{"notes", p.style}, {"emojis", p.emojis}};
  out["interests"] = array_of(p.interests);
  out["expertise"] = array_of(p.expertise);
  out["rules"] = array_of(p.rules);
  out["language"] = p.language;
  out["talkativeness"] = p.talkativeness;
  out["length"] =
      json::object{{"short", p.length.brief}, {"medium", p.length.medium}, {"long", p.length.full}};
  out["pacing"] = json::object{{"typing_wpm", p.pacing.typing_wpm},
                               {"thinking_seconds", p.pacing.thinking_seconds}};
  out["hours"] = hours_document(p.hours);
  out["hourly_cap"] = p.hourly_cap;
  out["emotion"] = emotion_document(p.emotion);
  json::array stances;
  for (const auto& s : p.stances) {
    stances.push_back(
        json::object{{"topic", s.topic}, {"text", s.text}, {"confidence", s.confidence}});
  }
  out["stances"] = std::move(stances);
  json::array facts;
  for (const auto& text : p.facts) {
    facts.push_back(json::object{{"text", text}, {"fictional", true}});
  }
  out["facts"] = std::move(facts);
  json::object habits;
  const auto add_habit = [&](std::string_view key, const std::optional<double>& share) {
    if (share) habits[key] = *share;
  };
  add_habit("reply", p.habits.reply);
  add_habit("mention", p.habits.mention);
  add_habit("reaction", p.habits.reaction);
  add_habit("short_reaction", p.habits.short_reaction);
  out["habits"] = std::move(habits);
  json::object generation;
  if (p.temperature) generation["temperature"] = *p.temperature;
  if (p.max_tokens) generation["max_tokens"] = *p.max_tokens;
  out["generation"] = std::move(generation);
  return out;
}

std::string write_persona(const Persona& persona) {
  return pretty_json(persona_document(persona));
}

bool is_active_at(const ActiveHours& hours, const TimeZone& zone, WallTime now) {
  if (hours.active.empty()) return true;
  constexpr std::int64_t kDay = 86400;
  const std::int64_t local = to_unix_seconds(now) + zone.offset_at(now).count();
  const auto minute = static_cast<std::int32_t>((local % kDay + kDay) % kDay / 60);
  return std::any_of(hours.active.begin(), hours.active.end(), [&](const auto& range) {
    return range.from_minute <= range.to_minute
               ? minute >= range.from_minute && minute <= range.to_minute
               : minute >= range.from_minute || minute <= range.to_minute;
  });
}

Result<std::shared_ptr<const TimeZone>> zone_of(const ActiveHours& hours, ZoneSource* zones) {
  if (const auto fixed = fixed_zone(hours.zone)) return std::make_shared<const TimeZone>(*fixed);
  auto found = zones != nullptr ? zones->find(hours.zone) : nullptr;
  if (found != nullptr) return found;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("persona.hours.zone: the time zone '{}' is not known here; take an IANA "
                          "name such as Europe/Istanbul (from the package tzdata), or UTC+03:00",
                          hours.zone));
}

Length draw_length(const LengthProfile& profile, Rng& rng) {
  const double point = rng.uniform();
  if (point < profile.brief) return Length::Short;
  return point < profile.brief + profile.medium ? Length::Medium : Length::Long;
}

}  // namespace chorus::fleet
