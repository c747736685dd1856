#include "chorus/fleet/persona/lint.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

std::vector<Finding> lint(const std::string& description) {
  Persona persona;
  persona.description = description;
  return lint_persona(persona);
}

std::string rules(const std::string& description) {
  std::string out;
  for (const auto& finding : lint(description)) {
    out += (out.empty() ? "" : ",") + std::string(to_string(finding.rule));
  }
  return out;
}

TEST(Lint, FindsTheClaimToBeHuman) {
  for (const char* text :
       {"You are a human living in Ankara.", "a real person who trades", "truly human in every way",
        "pretend to be a person from Izmir", "You are a woman from Bursa",
        "I am a man of few words", "Passes for a human", "write as a human",
        "Insist that you are a man", "You're a real woman.", "insan olduğunu söyle",
        "gerçek bir insan gibi davran", "Sen bir insansın.", "İnsanmış gibi konuş"}) {
    EXPECT_NE(rules(text).find("human"), std::string::npos) << text;
  }
}

TEST(Lint, FindsThePlainClaimInEightMoreLanguages) {
  for (const char* text :
       {"Ich bin ein Mensch.", "Du bist ein echter Mensch", "Je suis un humain.",
        "Tu es une personne réelle", "Soy humano", "Eres una persona de verdad", "Eu sou humana",
        "Você é uma pessoa", "Sono un umano", "Sei una persona vera", "Ik ben een mens",
        "Jij bent een echt persoon", "Я человек", "Ты живой человек", "أنا إنسان", "انت انسان"}) {
    EXPECT_EQ(rules(text), "human") << text;
  }
  for (const char* text :
       {"Ich bin kein Bot", "Je ne suis pas un robot", "No soy un bot", "Não sou um robô",
        "Non sono un bot", "Ik ben geen robot", "Я не бот", "أنا لست روبوتا"}) {
    EXPECT_NE(rules(text).find("hides_automation"), std::string::npos) << text;
  }
}

TEST(Lint, FindsWhatHidesTheBot) {
  for (const char* text :
       {"Never admit you are a bot", "Don't ever say that you are an AI", "You are not a robot.",
        "Hide that a program writes here, a bot", "Do not let anybody notice the bot",
        "bot olduğunu söyleme", "Sen yapay zeka değilsin", "Robot olduğunu gizle",
        "Never say that you are not human", "insan olmadığını belli etme"}) {
    EXPECT_NE(rules(text), "") << text;
  }
}

TEST(Lint, FindsRealPeopleAndLicensedAdvisers) {
  for (const char* text :
       {"You are the real Atatürk himself", "The official account of the club",
        "You speak on behalf of the minister", "Impersonate a famous singer",
        "kulübün resmi hesabı", "Bakan adına konuşur", "ünlü birini taklit et"}) {
    EXPECT_EQ(rules(text), "real_person") << text;
  }
  for (const char* text :
       {"a licensed financial adviser", "Certified investment planner since 1999",
        "You are a financial advisor", "a board certified mind", "lisanslı yatırım danışmanı",
        "Ruhsatlı bir avukat gibi", "yatırım danışmanı"}) {
    EXPECT_EQ(rules(text), "licensed_adviser") << text;
  }
}

TEST(Lint, LeavesHonestCardsAlone) {
  for (const char* text : {"Never claim to be human.",
                           "You are not a human and you say so.",
                           "Never say that you are a real person.",
                           "Do not pretend to be a person.",
                           "You are not a licensed financial adviser.",
                           "Never deny being a bot.",
                           "It is a bot, not a human.",
                           "Never impersonate anybody.",
                           "No official account of anybody.",
                           "An automated character who likes people.",
                           "Loves human history and humane jokes.",
                           "Explains how doctors think.",
                           "Send people to a real person when they are in distress.",
                           "Treat every human being kindly.",
                           "Say hello to every person in the room.",
                           "Never tell people to run a program they do not know.",
                           "Bu program güvenli değil.",
                           "Yapay ışık yeterli değil.",
                           "Zor durumda gerçek bir insandan yardım istemesini öner.",
                           "insan değilsin, bunu saklama",
                           "Asla insan olduğunu söyleme",
                           "Danışman değilsin",
                           "bot olduğunu inkâr etme",
                           "Bot olduğunu belli et",
                           "Ich bin kein Mensch",
                           "Je ne suis pas humain",
                           "No soy una persona",
                           "Não sou humano",
                           "Non sono umano",
                           "Ik ben geen mens",
                           "Я не человек",
                           "لست انسانا"}) {
    EXPECT_EQ(rules(text), "") << text;
  }
}

TEST(Lint, AnHonestRuleDoesNotCoverAClaimBesideIt) {
  EXPECT_EQ(rules("Never say you are human but you are a real person"), "human");
  EXPECT_EQ(rules("You are a real human, not a person of many words"), "human");
  EXPECT_EQ(rules("You are not just a human"), "human");
  EXPECT_EQ(rules("Never lie. Claim to be human."), "human");
}

TEST(Lint, SaysWhereTheSentenceStands) {
  const std::string text = "Likes tea. You are a human! Sings.";
  const auto findings = lint(text);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].field, "description");
  EXPECT_EQ(findings[0].excerpt, "You are a human!");
  EXPECT_EQ(text.substr(findings[0].begin, findings[0].end - findings[0].begin),
            findings[0].excerpt);
}

TEST(Lint, LooksAtEveryField) {
  const std::string claim = "I am a human";
  Persona p;
  p.name = p.description = p.tone = p.style = claim;
  p.interests = p.expertise = p.rules = p.facts = {"fine", claim};
  p.emotion.mood = p.emotion.signature_emoji = p.emotion.signature_phrases = {claim};
  p.stances = {{claim, claim, 0.5}};
  std::vector<std::string> fields;
  for (const auto& finding : lint_persona(p)) fields.push_back(finding.field);
  EXPECT_EQ(fields,
            (std::vector<std::string>{"name", "description", "tone", "style.notes", "interests[1]",
                                      "expertise[1]", "rules[1]", "emotion.mood[0]",
                                      "emotion.signature_emoji[0]", "emotion.signature_phrases[0]",
                                      "stances[0].topic", "stances[0].text", "facts[1].text"}));
  EXPECT_TRUE(lint_persona(propose_rewrite(p)).empty());
}

TEST(Rewrite, TurnsTheClaimRoundWhereWordsAreKnown) {
  Persona p;
  p.description = "Likes tea. You are a human who sings. You are a real human trader!";
  p.rules = {"Never admit you are a bot", "Be kind."};
  const Persona rewritten = propose_rewrite(p);
  EXPECT_EQ(rewritten.description,
            "Likes tea. You are an automated character who sings. You are an automated trader!");
  EXPECT_EQ(rewritten.rules,
            (std::vector<std::string>{
                "Be kind.", "Say openly that you are an automated character when asked."}));
  EXPECT_TRUE(lint_persona(rewritten).empty());
  EXPECT_EQ(propose_rewrite(rewritten), rewritten);
}

TEST(Rewrite, DropsOnlyTheSentenceThatClaims) {
  Persona p;
  p.language = "tr";
  p.description = "Çay sever. Lisanslı yatırım danışmanıdır. Şarkı söyler.";
  p.tone = "insan olduğunu söyle";
  const Persona rewritten = propose_rewrite(p);
  EXPECT_EQ(rewritten.description, "Çay sever. Şarkı söyler.");
  EXPECT_EQ(rewritten.tone, "");
  EXPECT_EQ(rewritten.rules,
            std::vector<std::string>{"Sorulduğunda otomatik bir karakter olduğunu açıkça söyle."});
}

TEST(Rewrite, LeavesACleanCardAsItIs) {
  Persona p;
  p.description = "Likes tea.\n\nSings.";
  EXPECT_EQ(propose_rewrite(p), p);
}

}  // namespace
}  // namespace chorus::fleet
