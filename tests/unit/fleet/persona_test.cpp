#include "chorus/fleet/persona/diff.hpp"
#include "chorus/fleet/persona/legacy.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/pack.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include "support/zones_on_file.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

PersonaReading read(std::string_view text) {
  const auto value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return value ? read_persona(*value) : PersonaReading{};
}

/// The problem at that path, or what there was instead.
std::string problem(std::string_view text, std::string_view path) {
  const auto reading = read(text);
  EXPECT_FALSE(reading.persona) << text;
  std::string all;
  for (const auto& p : reading.problems) {
    if (p.path == path) return p.what;
    all += p.to_string() + "; ";
  }
  return "elsewhere: " + all;
}

constexpr std::string_view kFull = R"({
  "version": 2, "name": "Deniz", "description": "A calm voice.", "tone": "calm",
  "style": {"notes": "short words", "emojis": true},
  "interests": ["tea", "sea"], "expertise": ["ropes"], "rules": ["Ask back."],
  "language": "tr", "talkativeness": 0.25,
  "length": {"short": 2, "medium": 1, "long": 1},
  "pacing": {"typing_wpm": 30, "thinking_seconds": 2.5},
  "hours": {"zone": "Europe/Istanbul", "active": ["09:30-18:00", "22:00-01:00"]},
  "hourly_cap": 12,
  "emotion": {"mood": ["calm", "curious"], "empathy": 0.9, "energy": 0.1,
              "signature_emoji": ["🌊"], "signature_phrases": ["Slowly."]},
  "stances": [{"topic": "tides", "text": "They come back.", "confidence": 0.8}],
  "facts": [{"text": "lives in a boat that never left port", "fictional": true}],
  "generation": {"temperature": 0.4, "max_tokens": 90}})";

TEST(PersonaSchema, EveryFieldIsReadAndWrittenTheSameWay) {
  const auto reading = read(kFull);
  ASSERT_TRUE(reading.persona) << reading.problems.at(0).to_string();
  EXPECT_TRUE(reading.notes.empty());
  const Persona& p = *reading.persona;
  EXPECT_EQ(p.name, "Deniz");
  EXPECT_EQ(p.style, "short words");
  EXPECT_TRUE(p.emojis);
  EXPECT_EQ(p.expertise, std::vector<std::string>{"ropes"});
  EXPECT_EQ(p.length, (LengthProfile{0.5, 0.25, 0.25}));
  EXPECT_EQ(p.pacing, (PersonaPacing{30, 2.5}));
  EXPECT_EQ(p.hours.active.at(1), (ActiveHours::Range{22 * 60, 60}));
  EXPECT_EQ(p.hourly_cap, 12);
  EXPECT_EQ(p.emotion.mood, (std::vector<std::string>{"calm", "curious"}));
  EXPECT_EQ(p.stances.at(0), (Stance{"tides", "They come back.", 0.8}));
  EXPECT_EQ(p.facts.at(0), "lives in a boat that never left port");
  EXPECT_EQ(p.temperature, 0.4);
  EXPECT_EQ(p.max_tokens, 90);
  const auto again = read(write_persona(p));
  ASSERT_TRUE(again.persona);
  EXPECT_EQ(*again.persona, p);
}

TEST(PersonaSchema, WhatIsLeftOutHasItsDefault) {
  const auto reading = read(R"({"version":2})");
  ASSERT_TRUE(reading.persona);
  EXPECT_EQ(*reading.persona, Persona{});
}

TEST(PersonaSchema, UnknownKeysAreRefusedWithTheNearest) {
  EXPECT_EQ(problem(R"({"version":2,"intrests":[]})", "intrests"),
            "unknown key, did you mean 'interests'?");
  EXPECT_EQ(problem(R"({"version":2,"hours":{"zne":"UTC"}})", "hours.zne"),
            "unknown key, did you mean 'zone'?");
  EXPECT_EQ(problem(R"({"version":2,"facts":[{"text":"x","fictional":true,"sure":1}]})",
                    "facts[0].sure"),
            "unknown key; known are text, fictional");
}

TEST(PersonaSchema, TypesAndRangesAreNamed) {
  EXPECT_EQ(problem(R"({"version":2,"tone":5})", "tone"), "must be text");
  EXPECT_EQ(problem(R"({"version":2,"style":"dry"})", "style"), "must be a map of keys");
  EXPECT_EQ(problem(R"({"version":2,"interests":"tea"})", "interests"), "must be a list of texts");
  EXPECT_EQ(problem(R"({"version":2,"rules":["a",7]})", "rules[1]"), "must be text");
  EXPECT_EQ(problem(R"({"version":2,"talkativeness":1.5})", "talkativeness"),
            "must be a number from 0 to 1");
  EXPECT_EQ(problem(R"({"version":2,"talkativeness":"high"})", "talkativeness"),
            "must be a number from 0 to 1");
  EXPECT_EQ(problem(R"({"version":2,"hourly_cap":2.5})", "hourly_cap"),
            "must be a whole number from 0 to 1000");
  EXPECT_EQ(problem(R"({"version":2,"generation":{"max_tokens":5}})", "generation.max_tokens"),
            "must be a number from 16 to 2000");
  EXPECT_EQ(problem(R"({"version":2,"length":{"short":0}})", "length"), "needs a share above 0");
  EXPECT_EQ(problem(R"({"version":2,"hours":{"active":["25:00-26:00"]}})", "hours.active[0]"),
            "must be a range like 09:30-18:00");
  EXPECT_EQ(problem(R"({"version":2,"hours":{"zone":"../x"}})", "hours.zone"),
            "must be an IANA time zone such as Europe/Istanbul, or UTC");
  EXPECT_EQ(problem(R"({"version":2,"language":"Turkish"})", "language"),
            "must be a language tag such as en, tr or pt-BR");
  EXPECT_EQ(problem(R"({"version":2,"name":"a\nb"})", "name").substr(0, 16), "must be one line");
  EXPECT_EQ(problem("[1]", ""), "must be a map of keys (a JSON object)");
  const std::string text = R"({"version":2,"tone":")" + std::string(121, 'x') + "\"}";
  EXPECT_EQ(problem(text, "tone"), "is longer than 120 characters");
}

TEST(PersonaSchema, TokensOfChatTemplatesGoHoweverTheyAreNested) {
  const auto reading = read(R"({"version":2,"tone":"<|<|a|>system|> dry"})");
  ASSERT_TRUE(reading.persona);
  EXPECT_EQ(reading.persona->tone.find("<|"), std::string::npos) << reading.persona->tone;
  EXPECT_EQ(read(write_persona(*reading.persona)).persona, reading.persona);
}

TEST(PersonaSchema, AllProblemsAreToldAtOnce) {
  const auto reading = read(R"({"version":2,"tone":5,"hourly_cap":-1,"hours":{"zone":""}})");
  EXPECT_EQ(reading.problems.size(), 3U);
}

TEST(PersonaSchema, AFactIsMarkedFictionalOrRefused) {
  EXPECT_NE(problem(R"({"version":2,"facts":[{"text":"won a race"}]})", "facts[0].fictional")
                .find("must be true"),
            std::string::npos);
  EXPECT_EQ(problem(R"({"version":2,"facts":["won a race"]})", "facts[0]"),
            "must be a map of keys");
}

TEST(PersonaSchema, VersionsAreKnownOrRefused) {
  EXPECT_EQ(problem(R"({"version":3})", "version"), "3 is newer than this program knows (2)");
  EXPECT_EQ(problem(R"({"version":"2"})", "version"), "must be 2");
  EXPECT_EQ(problem(R"({"name":"Ada","hours":{}})", ""), "begin it with version: 2 (it has 'hours')");
}

// ------------------------------------------------------------------------------- older shapes

TEST(PersonaLegacy, VersionOneKeepsItsMeaning) {
  const auto reading = read(
      R"({"version":1,"name":"Deniz","tone":"calm","style":{"emojis":false,"length":"short",
          "notes":"dry"},"interests":["football"],"talkativeness":0.5,
          "active_hours":["09:30-23:00"],"utc_offset_minutes":180})");
  ASSERT_TRUE(reading.persona) << reading.problems.at(0).to_string();
  EXPECT_TRUE(reading.notes.empty());
  EXPECT_EQ(reading.persona->length, (LengthProfile{1, 0, 0}));
  EXPECT_EQ(reading.persona->hours.zone, "UTC+03:00");
  EXPECT_EQ(reading.persona->hours.active.at(0), (ActiveHours::Range{570, 1380}));
}

TEST(PersonaLegacy, StyleAsTextEmojiAsListConfidenceAsWord) {  // PB2, the founding demo template
  const auto reading = read(R"({
    "name": "Kaan", "token": "123:secret", "is_enabled": true, "persona_hint": "likes quiet markets",
    "active_hours": ["09:00-18:00"],
    "persona_profile": {"tone": "conservative", "risk_profile": "low", "watchlist": ["THYAO"],
                        "never_do": ["shout"], "style": "short and dry"},
    "emotion_profile": {"tone": "calm", "empathy": "high", "energy": "low",
                        "signature_emoji": ["📊", "🙂"], "signature_phrases": ["Step by step."],
                        "anecdotes": ["In 2008 it kept its nerve."]},
    "stances": [{"topic": "gold", "stance_text": "Dull is fine.", "confidence": "medium"},
                {"topic": "rates", "stance_text": "They matter.", "confidence": 0.9}],
    "holdings": [{"symbol": "AKBNK", "avg_price": 63.4, "size": 100, "note": "the boring one"}]})");
  ASSERT_TRUE(reading.persona) << reading.problems.at(0).to_string();
  const Persona& p = *reading.persona;
  EXPECT_EQ(p.name, "Kaan");
  EXPECT_EQ(p.description, "likes quiet markets");
  EXPECT_EQ(p.style, "short and dry");
  EXPECT_EQ(p.length, (LengthProfile{1, 0, 0}));
  EXPECT_EQ(p.interests, (std::vector<std::string>{"THYAO", "AKBNK"}));
  EXPECT_EQ(p.rules, std::vector<std::string>{"Never: shout"});
  EXPECT_EQ(p.emotion.signature_emoji, (std::vector<std::string>{"📊", "🙂"}));
  EXPECT_EQ(p.emotion.mood, std::vector<std::string>{"calm"});
  EXPECT_EQ(p.emotion.empathy, 0.8);
  EXPECT_EQ(p.emotion.energy, 0.2);
  EXPECT_EQ(p.stances.at(0).confidence, 0.5);
  EXPECT_EQ(p.stances.at(1).confidence, 0.9);
  EXPECT_EQ(p.facts, (std::vector<std::string>{"In 2008 it kept its nerve.", "the boring one"}));
  const std::string document = write_persona(p);
  EXPECT_EQ(document.find("63.4"), std::string::npos) << "an invented position has no price";
  EXPECT_EQ(document.find("secret"), std::string::npos);
  std::string notes;
  for (const auto& note : reading.notes) notes += note + "\n";
  for (const auto* told : {"token:", "risk_profile:", "holdings:", "anecdotes:", "active_hours:"}) {
    EXPECT_NE(notes.find(told), std::string::npos) << told << " in\n" << notes;
  }
  EXPECT_EQ(notes.find("secret"), std::string::npos);
}

TEST(PersonaLegacy, ASingleEmojiAndTurkishWords) {
  const auto reading = read(R"({"tone":"sakin","style":"kısa","empathy":"yüksek","energy":"düşük",
                                "signature_emoji":"🙂","language":"Türkçe"})");
  ASSERT_TRUE(reading.persona) << reading.problems.at(0).to_string();
  EXPECT_EQ(reading.persona->emotion.signature_emoji, std::vector<std::string>{"🙂"});
  EXPECT_EQ(reading.persona->emotion.empathy, 0.8);
  EXPECT_EQ(reading.persona->language, "tr");
  EXPECT_EQ(reading.persona->length, (LengthProfile{1, 0, 0}));
}

TEST(PersonaLegacy, WhatIsNotKnownIsToldNotLostSilently) {
  const auto reading = read(R"({"name":"Ada","watchlst":["x"]})");
  ASSERT_TRUE(reading.persona);
  ASSERT_EQ(reading.notes.size(), 1U);
  EXPECT_EQ(reading.notes[0], "watchlst: left out, it is not known; did you mean 'watchlist'?");
}

TEST(PersonaLegacy, WrongTypesAreNamedInTheirOwnWords) {
  EXPECT_EQ(problem(R"({"tone":5})", "tone"), "must be text");
  EXPECT_EQ(problem(R"({"style":7})", "style"), "must be text or a map of keys");
  EXPECT_EQ(problem(R"({"persona_profile":[]})", "persona_profile"), "must be a map of keys");
  EXPECT_NE(problem(R"({"stances":[{"topic":"a","text":"b","confidence":"blue"}]})",
                    "stances.confidence")
                .find("low, medium or high"),
            std::string::npos);
}

// -------------------------------------------------------------------------------- differences

TEST(PersonaDiff, SpeaksFieldByField) {
  const Persona before = *read(kFull).persona;
  EXPECT_TRUE(diff_personas(before, before).empty());
  Persona after = before;
  after.tone = "lively";
  after.interests = {"sea", "wind"};
  after.hours.zone = "UTC";
  after.max_tokens.reset();
  after.stances[0].confidence = 0.1;
  std::vector<std::string> lines;
  for (const auto& change : diff_personas(before, after)) lines.push_back(change.to_string());
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                R"(tone: "calm" -> "lively")", R"(interests: - "tea")", R"(interests: + "wind")",
                R"(hours.zone: "Europe/Istanbul" -> "UTC")",
                R"(stances: - {"topic": "tides", "text": "They come back.", "confidence": 0.8})",
                R"(stances: + {"topic": "tides", "text": "They come back.", "confidence": 0.1})",
                "generation.max_tokens: - 90"}));
  Persona turned = before;
  std::swap(turned.interests[0], turned.interests[1]);
  ASSERT_EQ(diff_personas(before, turned).size(), 1U);
  EXPECT_EQ(diff_personas(before, turned)[0].to_string(),
            R"(interests: ["tea", "sea"] -> ["sea", "tea"])");
}

// ------------------------------------------------------------------------------- the shipped

class ShippedCard : public testing::TestWithParam<std::string> {};

TEST_P(ShippedCard, ParsesLintsCleanAndRoundTrips) {
  const auto shipped = find_shipped_persona(GetParam());
  ASSERT_TRUE(shipped);
  const auto reading = read(shipped->json);
  ASSERT_TRUE(reading.persona) << reading.problems.at(0).to_string();
  EXPECT_TRUE(reading.notes.empty());
  const Persona& p = *reading.persona;
  for (const auto& finding : lint_persona(p)) ADD_FAILURE() << finding.field << finding.excerpt;
  const auto again = read(write_persona(p));
  ASSERT_TRUE(again.persona);
  EXPECT_EQ(*again.persona, p);
  EXPECT_FALSE(p.name.empty());
  EXPECT_FALSE(p.description.empty());
  EXPECT_FALSE(p.interests.empty());
  EXPECT_TRUE(is_zone_name(p.hours.zone));
}

std::vector<std::string> shipped_ids() {
  std::vector<std::string> ids;
  for (const auto& shipped : shipped_personas()) ids.emplace_back(shipped.id);
  return ids;
}

INSTANTIATE_TEST_SUITE_P(Pack, ShippedCard, testing::ValuesIn(shipped_ids()),
                         [](const auto& info) { return info.param; });

TEST(ShippedPack, HasTwelveCharactersInTwoLanguagesThatDiffer) {
  std::map<std::string, int> languages;
  std::set<std::string> names, tones;
  for (const auto& shipped : shipped_personas()) {
    const auto persona = parse_persona(shipped.json);
    ASSERT_TRUE(persona) << shipped.id;
    ++languages[persona->language == "tr" ? "tr" : "en"];
    names.insert(persona->name);
    tones.insert(persona->tone);
  }
  EXPECT_EQ(languages, (std::map<std::string, int>{{"en", 6}, {"tr", 6}}));
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(tones.size(), 12U);
  for (const auto* founding : {"helper", "trader", "analyst", "enthusiast"}) {
    const auto shipped = find_shipped_persona(founding);
    ASSERT_TRUE(shipped) << founding;
    EXPECT_TRUE(parse_persona(shipped->json)->hours.active.empty())
        << "load scenarios use it at any hour";
  }
  EXPECT_EQ(parse_persona("")->name, "Helper");
}

}  // namespace
}  // namespace chorus::fleet
