#include "chorus/fleet/disclosure.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace chorus::test {
namespace {

using namespace std::chrono_literals;

/// A generator that needs four seconds for its text.
void stream(FleetRig& rig) {
  rig.generator->pieces = {"The river", " is calm", " this morning", " again."};
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return std::string("The river is calm this morning again.");
  };
}

TEST(Drafts, APersonSeesTheAnswerGrow) {
  FleetRig rig;
  rig.settings.stream_drafts = true;
  stream(rig);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(10s);
  const auto& drafts = rig.platform->drafts;
  ASSERT_GE(drafts.size(), 3U);
  EXPECT_EQ(drafts[0].chat, PlatformChatId(42));
  EXPECT_GT(drafts[0].id, 0);
  EXPECT_EQ(drafts[0].text, "The river");
  EXPECT_EQ(drafts[1].text, "The river is calm");
  for (const auto& draft : drafts) EXPECT_EQ(draft.id, drafts[0].id);
  ASSERT_EQ(rig.platform->delivered().size(), 1U) << "the message itself is sent as ever";
  EXPECT_EQ(rig.platform->delivered()[0].text, "The river is calm this morning again.");
}

TEST(Drafts, AreOffUntilTheyAreSwitchedOnAndNeverInGroups) {
  for (const bool on : {false, true}) {
    FleetRig rig;
    rig.settings.stream_drafts = on;
    stream(rig);
    rig.start();
    const BotId bot = rig.add_bot("ada");
    auto update = rig.group_message(42, "@bot_ada hello");
    update.message->mentions.push_back("bot_ada");
    ASSERT_TRUE(rig.accept(bot, on ? std::move(update) : rig.private_message(42, "hello")));
    rig.run_for(10s);
    EXPECT_EQ(rig.platform->delivered().size(), 1U);
    EXPECT_TRUE(rig.platform->drafts.empty());
  }
}

TEST(Drafts, TheGuardSeesThemFirst) {
  FleetRig rig;
  rig.settings.stream_drafts = true;
  rig.generator->pieces = {"I would say:", " Buy THYAO now,", " guaranteed profit!", " Really."};
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return std::string("I would say: Buy THYAO now, guaranteed profit! Really.");
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(20s);
  for (const auto& draft : rig.platform->drafts) {
    EXPECT_EQ(draft.text.find("guaranteed"), std::string::npos) << draft.text;
  }
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->delivered()[0].text, fleet::blocked_line(fleet::Language::English));
}

TEST(Turns, AGenerationKnowsItsTurnAndBot) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  ASSERT_EQ(rig.generator->requests.size(), 1U);
  EXPECT_EQ(rig.generator->requests[0].bot, bot);
  const auto turns = rig.turns(rig.room_id(42));
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_EQ(rig.generator->requests[0].turn, turns[0].id);
}

}  // namespace
}  // namespace chorus::test
