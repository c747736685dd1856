#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/persona/diff.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/prompt.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

/// Words that claims and honest rules are made of, with others between them.
const std::vector<std::string> kWords = {
    "you",  "are",   "a",      "real",  "human", "not",    "never", "say",      "claim",  "to",
    "be",   "bot",   "admit",  "i",     "am",    "person", "the",   "official", "account", "tea",
    "and",  "likes", "sings",  "insan", "degil", "gerçek", "bir",   "olduğunu", "söyle",  "lisanslı",
    "uzman", "deny", "licensed", "adviser", "who", "but",  "insansın", "ich", "bin", "mensch"};
const std::vector<std::string> kMarks = {" ", " ", " ", " ", ". ", "! ", ", ", "; ", "? ", "\n"};

rc::Gen<std::string> sentences(std::size_t longest) {
  return rc::gen::map(
      rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
          rc::gen::pair(rc::gen::elementOf(kWords), rc::gen::elementOf(kMarks))),
      [longest](const std::vector<std::pair<std::string, std::string>>& parts) {
        std::string text;
        for (const auto& [word, mark] : parts) text += word + mark;
        // As the reader would give it back.
        return std::string(trim(truncate_code_points(trim(text), longest)));
      });
}

rc::Gen<std::vector<std::string>> list(std::size_t longest) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(5, sentences(longest)),
                      [](std::vector<std::string> texts) {
                        std::erase_if(texts, [](const auto& text) { return text.empty(); });
                        return texts;
                      });
}

double share() {
  return *rc::gen::inRange(0, 10001) / 10000.0;
}

Persona any_persona() {
  Persona p;
  p.name = *rc::gen::element<std::string>("", "Ada", "Nazlı", "Usta Çınar");
  p.description = *sentences(600);
  p.tone = *sentences(120);
  p.style = *sentences(600);
  p.emojis = *rc::gen::arbitrary<bool>();
  p.interests = *list(80);
  p.expertise = *list(80);
  p.rules = *list(300);
  p.language = *rc::gen::element<std::string>("", "tr", "en", "pt-BR");
  p.talkativeness = share();
  p.length.brief = share();
  p.length.medium = std::round((1 - p.length.brief) * share() * 1e4) / 1e4;
  p.length.full = std::round((1 - p.length.brief - p.length.medium) * 1e4) / 1e4;
  p.pacing.typing_wpm = *rc::gen::inRange(10, 401);
  p.pacing.thinking_seconds = share() * 10;
  p.pacing.thinking_seconds = std::round(p.pacing.thinking_seconds * 1e4) / 1e4;
  p.hours.zone = *rc::gen::element<std::string>("UTC", "Europe/Istanbul", "UTC+05:30");
  p.hours.active = {{*rc::gen::inRange(0, 1441), *rc::gen::inRange(0, 1441)}};
  p.hourly_cap = *rc::gen::inRange(0, 1001);
  p.emotion.mood = *list(40);
  p.emotion.empathy = share();
  p.emotion.energy = share();
  p.emotion.signature_phrases = *list(120);
  for (auto& text : *list(300)) p.stances.push_back({"topic", std::move(text), share()});
  p.facts = *list(300);
  if (*rc::gen::arbitrary<bool>()) p.temperature = share() * 2;
  if (p.temperature) p.temperature = std::round(*p.temperature * 1e4) / 1e4;
  if (*rc::gen::arbitrary<bool>()) p.max_tokens = *rc::gen::inRange(16, 2001);
  return p;
}

TEST(PersonaProperty, WhatIsWrittenIsReadBack) {
  EXPECT_TRUE(rc::check("read(write(p)) == p", [] {
    const Persona p = any_persona();
    const auto document = parse_json(write_persona(p));
    RC_ASSERT(document.has_value());
    const auto reading = read_persona(*document);
    if (!reading.persona) RC_FAIL(reading.problems.at(0).to_string());
    RC_ASSERT(diff_personas(p, *reading.persona).empty());
    RC_ASSERT(*reading.persona == p);
  }));
}

TEST(PersonaProperty, ARewriteIsCleanAndStaysAsItIs) {
  EXPECT_TRUE(rc::check("lint(rewrite(p)) is clean", [] {
    const Persona p = any_persona();
    const Persona rewritten = propose_rewrite(p);
    const auto findings = lint_persona(rewritten);
    if (!findings.empty()) RC_FAIL(findings[0].field + ": " + findings[0].excerpt);
    RC_ASSERT(propose_rewrite(rewritten) == rewritten);
    RC_ASSERT(lint_persona(p).empty() == (rewritten == p));
    RC_ASSERT(read_persona(parse_json(write_persona(rewritten)).value()).persona == rewritten);
  }));
}

TEST(PersonaProperty, FindingsStandWhereTheySay) {
  EXPECT_TRUE(rc::check("excerpt == text[begin, end)", [] {
    Persona p;
    p.description = *sentences(600);
    for (const auto& f : lint_persona(p)) {
      RC_ASSERT(f.begin < f.end);
      RC_ASSERT(f.end <= p.description.size());
      RC_ASSERT(p.description.substr(f.begin, f.end - f.begin) == f.excerpt);
    }
  }));
}

json::value any_json(int depth) {
  static const std::vector<std::string> kKeys = {
      "version", "name",    "tone",   "style",   "emotion", "hours",   "stances",
      "facts",   "length",  "zone",   "active",  "text",    "empathy", "signature_emoji",
      "holdings", "symbol", "mood",   "pacing",  "generation", "confidence", "persona_profile",
      "watchlist", "speed_profile", "active_hours", "utc_offset_minutes", "x"};
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::element<std::int64_t>(0, 1, 2, -5, 3000000000);
    case 3:
      return *rc::gen::element<double>(0.5, 1e300, -1e-300, 1e9);
    case 4:
      return json::string(to_valid_utf8(*rc::gen::arbitrary<std::string>()));
    case 5:
      return json::string(*sentences(900));
    case 6: {
      json::array array;
      for (int i = *rc::gen::inRange(0, 5); i > 0; --i) array.push_back(any_json(depth - 1));
      return array;
    }
    default: {
      json::object object;
      for (int i = *rc::gen::inRange(0, 9); i > 0; --i) {
        object[*rc::gen::elementOf(kKeys)] = any_json(depth - 1);
      }
      return object;
    }
  }
}

TEST(PersonaProperty, AnyDocumentIsReadOrRefusedAndNeverBreaksAPrompt) {
  EXPECT_TRUE(rc::check("a reading or problems", [] {
    json::object document;
    const json::value body = any_json(3);
    if (body.is_object()) document = body.get_object();
    if (*rc::gen::arbitrary<bool>()) document["version"] = 2;
    const auto reading = read_persona(document);
    RC_ASSERT(reading.persona.has_value() == reading.problems.empty());
    if (!reading.persona) return;
    const auto again = read_persona(parse_json(write_persona(*reading.persona)).value());
    RC_ASSERT(again.persona == reading.persona);
    PromptInput input;
    input.persona = &*reading.persona;
    input.bot_name = "Ada";
    Rng rng(1);
    RC_ASSERT(!build_prompt(input, rng).lines.empty());
  }));
}

}  // namespace
}  // namespace chorus::fleet
