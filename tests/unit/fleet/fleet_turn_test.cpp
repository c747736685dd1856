#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(FleetTurn, AHundredPeopleAtOnceQueueForFewSlotsAndAllAreAnswered) {  // PB7
  FleetRig rig;
  rig.settings.conversations.global = 5;
  rig.settings.conversations.queue = 200;
  rig.settings.conversations.queue_deadline = 60s;
  rig.settings.queue_notice_after = {};
  rig.generator->latency = 1s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(1000 + i, "hello")));
  }
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->delivered().size(), 100U);
  EXPECT_EQ(rig.generator->most_under_way, 5U);
  const auto status = rig.fleet->status();
  EXPECT_EQ(status.conversations.live, 0U);
  EXPECT_EQ(status.conversation_counters.queue_timeouts, 0U);
}

TEST(FleetTurn, AFullQueueRefusesWithAReasonAndSaysSoOnce) {
  FleetRig rig;
  rig.settings.conversations.global = 1;
  rig.settings.conversations.queue = 0;
  rig.generator->latency = 10s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "first")));
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(2, "second")));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(2, "third")));
  rig.run_for(5s);
  EXPECT_EQ(rig.reason("conversation_refused"), 2);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_NE(rig.platform->delivered()[0].text.find("too many conversations"), std::string::npos);
}

TEST(FleetTurn, AQueuedPersonHearsTheirPlaceOnce) {
  FleetRig rig;
  rig.settings.conversations.global = 1;
  rig.generator->latency = 20s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "first")));
  rig.run_for(100ms);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(2, "second")));
  rig.run_for(19s);
  const auto waiting = rig.platform->delivered();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_NE(waiting[0].text.find("number 1 in line"), std::string::npos);
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->delivered().size(), 3U);
}

TEST(FleetTurn, AnOverlongConversationIsStoppedAndItsSlotComesBack) {
  FleetRig rig;
  rig.settings.conversations.global = 1;
  rig.settings.conversations.maximum = 10s;
  rig.settings.conversations.idle = 5s;
  rig.settings.generate_timeout = 10min;
  rig.generator->latency = 5min;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "first")));
  rig.run_for(30s);
  EXPECT_EQ(rig.reason("conversation_ended"), 1);
  EXPECT_EQ(rig.fleet->status().conversations.live, 0U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetTurn, AnAnswerThatWaitsForTheStoreIsNotCutByTheEndOfItsConversation) {
  FleetRig rig;
  rig.settings.conversations.global = 1;
  rig.settings.conversations.maximum = 10s;
  rig.settings.conversations.idle = 5s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.store->failing = {"append_turn"};
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(2min);
  rig.store->failing.clear();
  rig.run_for(10s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
  EXPECT_EQ(rig.fleet->status().inbox_in_memory, 0U);
  EXPECT_EQ(rig.fleet->status().conversations.live, 0U);
}

TEST(FleetTurn, AFailingGeneratorMeansSilenceWithAReasonNeverAnErrorText) {
  FleetRig rig;
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::Unavailable, "502 from the provider");
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("llm_error"), 1);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetTurn, AGeneratorThatMayNotBeCalledIsAnotherReason) {
  FleetRig rig;
  rig.settings.fallback_line = "I cannot answer right now.";
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return fail(ErrorCode::BudgetExceeded, "over the ceiling");
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1s);
  EXPECT_EQ(rig.reason("llm_refused"), 1);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->delivered()[0].text, "I cannot answer right now.");
}

TEST(FleetTurn, ABlockedTextIsAskedForOnceMoreAndThenDropped) {
  FleetRig rig;
  rig.settings.tell_blocked = false;
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return std::string("Buy THYAO now, guaranteed profit!");
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "what should I do?")));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.generator->requests.size(), 2U);
  EXPECT_EQ(rig.reason("guard_blocked"), 1);
}

TEST(FleetTurn, APersonWhoAskedHearsAFixedLineWhenEveryTextWasRefused) {
  FleetRig rig;
  rig.generator->script = [](const auto&) -> Result<std::string> {
    return std::string("Buy THYAO now, guaranteed profit!");
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "what should I do?")));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->delivered()[0].text, "I have nothing useful to say on that one.");
  EXPECT_EQ(rig.reason("guard_blocked"), 1);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

}  // namespace
}  // namespace chorus
