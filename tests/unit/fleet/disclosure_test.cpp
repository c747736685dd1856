#include "chorus/fleet/disclosure.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/guard.hpp"

#include "support/fleet_rig.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(Disclosure, RecognisesTheQuestionInManyLanguages) {
  const Disclosure disclosure;
  for (const char* text : {"Are you a bot?",
                           "are u human",
                           "Hey, are you a real person?",
                           "r u a bot",
                           "is this a bot?",
                           "Am I talking to a human?",
                           "you're a bot, right?",
                           "bot?",
                           "Are you an AI?",
                           "Bot musun?",
                           "Sen bot musun",
                           "insan mısın yoksa bot mu?",
                           "Gerçek misin?",
                           "yapay zeka mısın",
                           "gerçek bir insan mısın?",
                           "Robot musunuz?",
                           "botla mı konuşuyorum",
                           "sen nesin?",
                           "Bist du ein Bot?",
                           "es-tu un robot ?",
                           "Tu es un bot?",
                           "¿Eres un bot?",
                           "você é um robô?",
                           "Ты бот?",
                           "ты человек?",
                           "هل أنت بوت؟"}) {
    EXPECT_EQ(disclosure.classify(text, std::nullopt), RuntimeAsk::AreYouABot) << text;
  }
}

TEST(Disclosure, LeavesOtherTalkAlone) {
  const Disclosure disclosure;
  for (const char* text :
       {"Are you coming tomorrow?", "I built a bot yesterday", "bots are everywhere",
        "is this room open?", "are you free? person X asked", "Bugün hava nasıl?",
        "bot yazmayı öğreniyorum", "gerçekten mi?", "What are you doing?", "insanlar neden böyle",
        "are you really sure about that"}) {
    EXPECT_EQ(disclosure.classify(text, std::nullopt), std::nullopt) << text;
  }
}

TEST(Disclosure, KnowsItsCommandsOnly) {
  const Disclosure disclosure;
  EXPECT_EQ(disclosure.classify("/privacy", "privacy"), RuntimeAsk::Privacy);
  EXPECT_EQ(disclosure.classify("/STOP", "STOP"), RuntimeAsk::Stop);
  EXPECT_EQ(disclosure.classify("/forget", "forget"), RuntimeAsk::Forget);
  EXPECT_EQ(disclosure.classify("/human", "human"), RuntimeAsk::Human);
  EXPECT_EQ(disclosure.classify("/start", "start"), RuntimeAsk::Start);
  EXPECT_EQ(disclosure.classify("/dance are you a bot?", "dance"), std::nullopt);
}

TEST(Disclosure, EveryFixedTextIsTrueShortAndPassesTheGuardOfHumanClaims) {
  const Guard guard;
  const FleetSettings settings;
  for (const auto ask : {RuntimeAsk::About, RuntimeAsk::Start, RuntimeAsk::AreYouABot}) {
    for (const auto language : {Language::English, Language::Turkish}) {
      const std::string text = disclosure_answer(ask, language, "Ada", settings);
      EXPECT_NE(guard.check({text, {}, {}, {}}).found, GuardClass::HumanClaim) << text;
      EXPECT_TRUE(text.find("program") != std::string::npos ||
                  text.find("automat") != std::string::npos ||
                  text.find("otomatik") != std::string::npos)
          << text;
    }
  }
  const auto profile = profile_texts(std::string(64, 'x'), std::string(2000, 'y'));
  EXPECT_LE(code_point_count(profile.description), 512U);
  EXPECT_LE(code_point_count(profile.short_description), 120U);
}

TEST(Disclosure, OffNeedsTheSettingLoopbackAndTheSandboxsOwnWord) {
  FleetSettings settings;
  settings.endpoints_are_loopback = true;
  EXPECT_TRUE(disclosure_is_on(settings, true));
  settings.disclosure = false;
  EXPECT_FALSE(disclosure_is_on(settings, true));
  EXPECT_TRUE(disclosure_is_on(settings, false));
  settings.endpoints_are_loopback = false;
  EXPECT_TRUE(disclosure_is_on(settings, true));
}

FleetSettings open_settings() {
  FleetSettings settings = FleetRig::quick();
  settings.disclosure = true;
  return settings;
}

TEST(Disclosure, TheFirstMessageToAPersonSaysWhatItIsAndTheSecondDoesNot) {
  FleetRig rig(open_settings());
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello again")));
  rig.run_for(1s);
  auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 2U) << "the notice is part of the answer, not a message of its own";
  EXPECT_NE(sent[0].text.find("automated account (AI)"), std::string::npos);
  EXPECT_EQ(sent[1].text.find("automated account (AI)"), std::string::npos);
  rig.stop();
  rig.restart();
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "and after a restart")));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(43, "somebody new")));
  rig.run_for(1s);
  sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 4U);
  for (std::size_t i = 2; i < 4; ++i) {
    const bool noticed = sent[i].text.find("automated account (AI)") != std::string::npos;
    EXPECT_EQ(noticed, sent[i].chat == PlatformChatId(43));
  }
}

TEST(Disclosure, ANoticeThatNeverArrivedIsGivenAgain) {
  FleetRig rig(open_settings());
  bool refuse = true;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<SendOutcome> {
    if (refuse) return SendRefused{400, "Bad Request", {}, {}, false};
    return std::nullopt;
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  refuse = false;
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello?")));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_NE(rig.platform->delivered()[0].text.find("automated account"), std::string::npos);
}

TEST(Disclosure, TheQuestionNeverReachesTheGenerator) {
  FleetRig rig(open_settings());
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return std::string("I am a real person of course");
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "are you a bot?")));
  rig.run_for(1s);
  EXPECT_TRUE(rig.generator->requests.empty());
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->delivered()[0].text,
            "Yes. I am ada, an automated character: a program (AI), not a human.");
}

TEST(Disclosure, StopIsKeptUntilStart) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto command = [&](const char* name) {
    auto update = rig.private_message(42, std::string("/") + name);
    update.message->command = name;
    ASSERT_TRUE(rig.accept(bot, update));
    rig.run_for(1s);
  };
  command("stop");
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello?")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.reason("stopped_by_person"), 1);
  rig.stop();
  rig.restart();
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello after the restart?")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  command("start");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello!")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 3U);
}

TEST(Disclosure, AnOperatorWithoutANameIsSaidInTheLanguageOfTheAnswer) {
  for (const char* unnamed : {"its operator", "", "  "}) {
    FleetSettings settings;
    settings.operator_name = unnamed;
    EXPECT_THAT(disclosure_answer(RuntimeAsk::About, Language::English, "Ada", settings),
                testing::HasSubstr("and its operator runs me."));
    EXPECT_THAT(disclosure_answer(RuntimeAsk::Privacy, Language::English, "Ada", settings),
                testing::HasSubstr("unless its operator set another"));
    EXPECT_THAT(disclosure_answer(RuntimeAsk::About, Language::Turkish, "Ada", settings),
                testing::HasSubstr("beni işleten: adını vermemiş bir kişi veya kurum."));
  }
  FleetSettings settings;
  settings.operator_name = "Tea Society";
  EXPECT_THAT(disclosure_answer(RuntimeAsk::About, Language::Turkish, "Ada", settings),
              testing::HasSubstr("beni işleten: Tea Society."));
}

TEST(Disclosure, PrivacySaysThatThingsAreKeptInMindOnlyWhenTheyAre) {
  FleetSettings settings;
  for (const Language language : {Language::English, Language::Turkish}) {
    settings.memory = true;
    const auto with = disclosure_answer(RuntimeAsk::Privacy, language, "Ada", settings);
    settings.memory = false;
    const auto without = disclosure_answer(RuntimeAsk::Privacy, language, "Ada", settings);
    EXPECT_GT(with.size(), without.size() + 40);
    EXPECT_EQ(without.find("  "), std::string::npos);
  }
}

TEST(Disclosure, ForgetDeletesWhatThePersonSaid) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "my secret is tangerine")));
  rig.run_for(1s);
  auto update = rig.private_message(42, "/forget");
  update.message->command = "forget";
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "what do you know?")));
  rig.run_for(1s);
  for (const auto& line : rig.generator->requests.back().lines) {
    EXPECT_EQ(line.text.find("tangerine"), std::string::npos);
  }
}

TEST(Disclosure, AForgetThatTheStoreCannotDoIsNotSaidToBeDone) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.store->failing = {"forget_person"};
  auto update = rig.private_message(42, "/forget");
  update.message->command = "forget";
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("store_unavailable"), 1);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(Disclosure, InAGroupTheBotThatSpokeLastAnswersTheOpenQuestion) {
  FleetRig rig;
  rig.start();
  const BotId a = rig.add_bot("ada");
  const BotId b = rig.add_bot("ben");
  ASSERT_TRUE(rig.accept(a, rig.group_message(1, "hi")));
  auto question = rig.group_message(1, "@bot_ben how are you");
  question.message->mentions = {"bot_ben"};
  ASSERT_TRUE(rig.accept(b, question));
  rig.run_for(5s);
  rig.platform->sends.clear();
  ASSERT_TRUE(rig.accept(a, rig.group_message(1, "bot musun?")));
  rig.run_for(5s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->delivered()[0].bot, b);
}

TEST(Disclosure, TheProfileIsPublished) {
  FleetSettings settings = open_settings();
  settings.publish_profiles = true;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->profiles.size(), 1U);
  EXPECT_EQ(rig.platform->profiles[0].first, bot);
  EXPECT_NE(rig.platform->profiles[0].second.find("not a human"), std::string::npos);
}

TEST(Disclosure, ARoomIsToldAgainAfterThirtyDaysAndWhenTheCharacterChanges) {
  FleetRig rig(open_settings());
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto notices = [&] {
    auto question = rig.group_message(1, "@bot_ada how are you");
    question.message->mentions = {"bot_ada"};
    EXPECT_TRUE(rig.accept(bot, question));
    rig.run_for(2s);
    const std::string text = rig.platform->delivered().back().text;
    return text.find("automated account (AI)") != std::string::npos;
  };
  EXPECT_TRUE(notices());
  EXPECT_FALSE(notices());
  rig.run_for(24h * 29);
  EXPECT_FALSE(notices());
  rig.run_for(48h);
  EXPECT_TRUE(notices());
  EXPECT_FALSE(notices());
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_persona(bot, "analyst")));
  EXPECT_TRUE(notices());
  rig.stop();
  rig.restart();
  rig.run_for(1s);
  EXPECT_FALSE(notices()) << "what was said is known after a restart";
}

TEST(Disclosure, TextsAboutMarketsCarryTheDisclaimerOnceADayPerRoom) {
  FleetRig rig(open_settings());
  std::size_t count = 0;
  rig.generator->script = [&](const GenerationRequest&) -> Result<std::string> {
    static constexpr const char* kTexts[] = {"a calm day outside, tea is ready",
                                             "bitcoin mining needs a lot of electricity",
                                             "proof of work is how bitcoin agrees on an order",
                                             "ethereum replaced its miners by validators"};
    return std::string(kTexts[count++ % 4]);
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto disclaims = [&] {
    EXPECT_TRUE(rig.accept(bot, rig.private_message(42, "go on")));
    rig.run_for(2s);
    const std::string text = rig.platform->delivered().back().text;
    return text.find(finance_disclaimer(Language::English)) != std::string::npos;
  };
  EXPECT_FALSE(disclaims());
  EXPECT_TRUE(disclaims());
  EXPECT_FALSE(disclaims());
  rig.run_for(25h);
  EXPECT_TRUE(disclaims());
}

}  // namespace
}  // namespace chorus::fleet
