#include "chorus/app/persona_file.hpp"

#include "chorus/app/zone_files.hpp"
#include "chorus/fleet/persona/pack.hpp"

#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace chorus::app {
namespace {

constexpr std::string_view kCard = R"(version: 2
name: Deniz
description: >
  Likes the sea,
  and tea.
style:
  notes: short words
  emojis: true
interests: [tea, "12", 'true']
hours:
  zone: Europe/Istanbul
  active:
    - 09:30-18:00
facts:
  - text: lives on a boat
    fictional: true
hourly_cap: 6
talkativeness: 0.25
)";

PersonaFile parsed(std::string_view text, const std::string& name = "deniz.yaml") {
  auto file = parse_persona_file(text, name);
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file ? *std::move(file) : PersonaFile{};
}

std::string refused(std::string_view text, const std::string& name = "deniz.yaml") {
  const auto file = parse_persona_file(text, name);
  EXPECT_FALSE(file);
  return file ? "accepted" : file.error().message;
}

/// The first problem of the document with its place.
std::string problem(std::string_view text) {
  const PersonaFile file = parsed(text);
  const auto reading = fleet::read_persona(file.document);
  return reading.problems.empty() ? "none" : file.locate(reading.problems.front());
}

TEST(PersonaFile, YamlBecomesTheDocument) {
  const auto reading = fleet::read_persona(parsed(kCard).document);
  ASSERT_TRUE(reading.persona) << reading.problems.front().to_string();
  EXPECT_EQ(reading.persona->description, "Likes the sea, and tea.");
  EXPECT_EQ(reading.persona->interests, (std::vector<std::string>{"tea", "12", "true"}));
  EXPECT_EQ(reading.persona->hours.active.at(0), (fleet::ActiveHours::Range{570, 1080}));
  EXPECT_EQ(reading.persona->hourly_cap, 6);
  EXPECT_EQ(reading.persona->talkativeness, 0.25);
}

TEST(PersonaFile, AProblemHasItsPlace) {
  EXPECT_EQ(problem("version: 2\nintrests: [a]\n"),
            "deniz.yaml:2:1: persona.intrests: unknown key, did you mean 'interests'?");
  EXPECT_EQ(problem("version: 2\nhours:\n  zone: ''\n  active: [9-5]\n").substr(0, 34),
            "deniz.yaml:3:3: persona.hours.zone");
  EXPECT_EQ(problem("version: 2\nrules:\n  - fine\n  - 7\n"),
            "deniz.yaml:4:5: persona.rules[1]: must be text");
  EXPECT_EQ(problem("version: 2\nfacts:\n  - text: x\n").substr(0, 43),
            "deniz.yaml:3:5: persona.facts[0].fictional:");
  EXPECT_EQ(problem("- a\n"), "deniz.yaml:1:1: persona: must be a map of keys (a JSON object)");
}

TEST(PersonaFile, WhatIsNoYamlOrJsonIsRefusedInOneLine) {
  EXPECT_EQ(refused("a: [1\n").substr(0, 11), "deniz.yaml:");
  EXPECT_EQ(refused("a: 1\na: 2\n"), "deniz.yaml:2:1: key 'a' is given twice");
  EXPECT_EQ(refused("---\na: 1\n---\nb: 2\n"), "deniz.yaml:4:1: a second document begins here; only one is read");
  EXPECT_EQ(refused("{", "deniz.json").substr(0, 11), "deniz.json:");
  EXPECT_EQ(refused(std::string(300 * 1024, 'a')), "deniz.yaml: a persona has at most 256 KiB");
  EXPECT_EQ(refused("\xff"), "deniz.yaml: is not UTF-8");
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'i'; ++c) {
    bomb += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1}]\n", c,
                        static_cast<char>(c - 1));
  }
  EXPECT_NE(refused(bomb).find("too large"), std::string::npos);
}

TEST(PersonaFile, EveryShippedCardSurvivesYamlAndJson) {
  for (const auto& shipped : fleet::shipped_personas()) {
    const auto persona = fleet::parse_persona(shipped.json);
    ASSERT_TRUE(persona) << shipped.id;
    const json::object document = fleet::persona_document(*persona);
    const auto yaml = fleet::read_persona(parsed(persona_yaml(document)).document);
    EXPECT_EQ(yaml.persona, *persona) << shipped.id;
    const auto plain = fleet::read_persona(parsed(pretty_json(document), "x.json").document);
    EXPECT_EQ(plain.persona, *persona) << shipped.id;
  }
}

TEST(PersonaFile, TextThatLooksLikeSomethingElseStaysText) {
  fleet::Persona persona;
  persona.tone = "no: [yes] # \"really\"";
  persona.interests = {"12", "null", "true", "1e3", "~", "- a", "ünlü: ✨"};
  persona.description = "two\nlines";
  const auto again =
      fleet::read_persona(parsed(persona_yaml(fleet::persona_document(persona))).document);
  EXPECT_EQ(again.persona, persona);
}

TEST(ConfiguredPersona, ComesFromTheFolderOrStaysAName) {
  test::TempDir folder;
  const std::string dir = folder.path().string();
  std::ofstream(folder / "deniz.yaml") << kCard;
  std::ofstream(folder / "liar.yaml") << "version: 2\ndescription: You are a human.\n";
  const auto found = configured_persona(dir, "deniz");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(fleet::parse_persona(*found)->name, "Deniz");
  EXPECT_EQ(configured_persona(dir, "helper").value(), "helper");
  EXPECT_EQ(configured_persona("", "deniz").value(), "deniz");
  EXPECT_EQ(configured_persona(dir, "../deniz").value(), "../deniz");
  const auto liar = configured_persona(dir, "liar");
  ASSERT_FALSE(liar);
  EXPECT_EQ(liar.error().code, ErrorCode::Misconfigured);
  EXPECT_EQ(liar.error().message,
            dir + "/liar.yaml:2:1: persona.description: a character may not claim to be human");
}

TEST(ZoneFiles, ReadsTheZonesOfAFolder) {
  ZoneFiles zones(std::string(CHORUS_SOURCE_DIR) + "/tests/support/zones");
  const auto berlin = zones.find("Berlin");
  ASSERT_NE(berlin, nullptr);
  EXPECT_EQ(berlin->offset_at(from_iso8601("2026-07-01T00:00:00Z").value()).count(), 7200);
  EXPECT_EQ(zones.find("Berlin"), berlin) << "read once";
  EXPECT_EQ(zones.find("Atlantis"), nullptr);
  EXPECT_EQ(zones.find("../zones/Berlin"), nullptr);
  EXPECT_EQ(ZoneFiles("/nowhere").find("Europe/Berlin"), nullptr);
}

}  // namespace
}  // namespace chorus::app
