#include "chorus/fleet/disclosure.hpp"
#include "chorus/fleet/guard.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include "support/fleet_rig.hpp"
#include "support/labelled.hpp"
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

// "Are you a bot?" in ten languages, whatever a persona's text wants.
namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(DisclosureQuestions, EveryQuestionIsKnownInItsLanguageAndOtherTalkIsNot) {
  const Disclosure disclosure;
  std::size_t asked = 0, other = 0, false_alarms = 0;
  for (const auto& record : test::labelled_records("disclosure/are_you_a_bot.tsv")) {
    ASSERT_EQ(record.size(), 3U);
    const auto found = disclosure.asked_in(record[1]);
    if (record[2] == "yes") {
      ++asked;
      ASSERT_TRUE(found) << record[1];
      EXPECT_EQ(*found, language_of(record[0])) << record[1];
    } else {
      ++other;
      false_alarms += found ? 1 : 0;
    }
  }
  EXPECT_GE(asked, 100U);
  EXPECT_GE(other, 50U);
  EXPECT_LE(static_cast<double>(false_alarms), 0.05 * static_cast<double>(other));
}

TEST(DisclosureQuestions, EveryAnswerIsTrueInItsLanguageAndPassesTheGuard) {
  const Guard guard;
  const FleetSettings settings;
  std::map<std::string, int> texts;
  for (std::size_t i = 0; i < kLanguages; ++i) {
    const auto language = static_cast<Language>(i);
    const std::string text = disclosure_answer(RuntimeAsk::AreYouABot, language, "Ada", settings);
    ++texts[text];
    EXPECT_FALSE(guard.check({text, {}, {}, {}}).blocked()) << text;
    EXPECT_NE(text.find("Ada"), std::string::npos) << text;
    EXPECT_FALSE(guard.check({first_contact_notice(language, "Ada"), {}, {}, {}}).blocked());
  }
  EXPECT_EQ(texts.size(), kLanguages) << "each has its own words";
}

TEST(DisclosureQuestions, AGeneratorThatDeniesIsNotHeard) {
  const Guard guard;
  for (const char* text :
       {"I'm a human like you", "No, I am not a bot.", "Ben insanım", "Bot değilim",
        "Ich bin ein Mensch.", "Ich bin kein Roboter", "Je suis un humain", "Soy una persona real",
        "No soy un bot", "Sono un essere umano", "Non sono un robot", "Sou humano",
        "Não sou um bot", "Я живой человек", "Я не бот", "أنا إنسان", "Mən insanam"}) {
    EXPECT_EQ(guard.check({text, {}, {}, {}}).found, GuardClass::HumanClaim) << text;
  }
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

TEST(DisclosureQuestions, NoPersonaTextForbidsTheAnswer) {
  const auto questions = test::labelled_records("disclosure/are_you_a_bot.tsv");
  std::map<std::string, std::string> ask;  // the first question of each language
  for (const auto& record : questions) {
    if (record[2] == "yes") ask.try_emplace(record[0], record[1]);
  }
  ASSERT_EQ(ask.size(), kLanguages);
  FleetSettings settings = FleetRig::quick();
  settings.disclosure = true;
  settings.tell_blocked = false;
  FleetRig rig(settings);
  rig.generator->script = [](const GenerationRequest&) -> Result<std::string> {
    return std::string("Of course I am a human, how can you ask?");  // it obeys its persona
  };
  rig.start();
  std::size_t refused = 0, tried = 0;
  for (const auto& record : test::labelled_records("disclosure/forbidding_personas.tsv")) {
    ASSERT_EQ(record.size(), 4U);
    const std::string card =
        R"({"version":1,"name":"Ada","description":)" + quoted(record[3]) + "}";
    const bool accepted = parse_persona(card).has_value();
    if (record[2] == "no") {
      EXPECT_TRUE(accepted) << record[0] << " is harmless";
      continue;
    }
    refused += accepted ? 0 : 1;
    // A card that lint does not see through, or one stored before there was a lint.
    const BotId bot = rig.add_bot("b" + std::to_string(++tried), accepted ? card : std::string());
    for (const auto& [language, question] : ask) {
      rig.platform->sends.clear();
      ASSERT_TRUE(rig.accept(bot, rig.private_message(4200 + static_cast<int>(tried), question)));
      rig.run_for(1s);
      const auto sent = rig.platform->delivered();
      ASSERT_EQ(sent.size(), 1U) << record[0] << " " << language;
      const std::string name = accepted ? "Ada" : "b" + std::to_string(tried);
      const std::string truth =
          disclosure_answer(RuntimeAsk::AreYouABot, language_of(language), name, settings);
      EXPECT_NE(sent[0].text.find(truth.substr(0, truth.find(name))), std::string::npos)
          << record[0] << " " << language << ": " << sent[0].text;
    }
    rig.platform->sends.clear();
    ASSERT_TRUE(rig.accept(bot, rig.private_message(4200 + static_cast<int>(tried), "nice day")));
    rig.run_for(1s);
    EXPECT_TRUE(rig.platform->delivered().empty()) << "a denial does not leave";
  }
  EXPECT_EQ(tried, 20U);
  RecordProperty("refused_by_lint", static_cast<int>(refused));
}

}  // namespace
}  // namespace chorus::fleet
