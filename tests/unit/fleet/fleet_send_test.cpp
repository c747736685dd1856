#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(FleetSend, AStoreThatIsGoneForAWhileLosesNothingAndSendsNothingTwice) {  // PB13
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (const char* operation : {"append_turn", "claim", "settle"}) {
    rig.store->failing = {operation};
    ASSERT_TRUE(rig.accept(bot, rig.private_message(42, std::string("during ") + operation)));
    rig.run_for(10s);
    rig.store->failing.clear();
    rig.run_for(10s);
  }
  EXPECT_EQ(rig.platform->delivered().size(), 3U);
  const auto counts = rig.counts();
  EXPECT_EQ(counts.outbox_sent, 3U);
  EXPECT_EQ(counts.inbox_new, 0U);
}

TEST(FleetSend, AnUnknownOutcomeIsCountedShownAndNotRepeated) {
  FleetRig rig;
  rig.platform->script = [](const auto&, const auto&) -> std::optional<fleet::SendOutcome> {
    return fleet::SendUnknown{"timeout"};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->sends.size(), 1U);
  EXPECT_EQ(rig.counts().outbox_unknown, 1U);
  EXPECT_EQ(rig.fleet->status().unknown, 1U);
  EXPECT_EQ(rig.metric("chorus_sends_total", {{"result", "unknown"}}), 1);
}

TEST(FleetSend, AnUnknownOutcomeIsRepeatedWhenTheOperatorSaysSo) {
  FleetRig rig;
  rig.settings.on_unknown = fleet::OnUnknown::Resend;
  int calls = 0;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<fleet::SendOutcome> {
    if (++calls == 1) return fleet::SendUnknown{"timeout"};
    return std::nullopt;
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->sends.size(), 2U);
  EXPECT_EQ(rig.counts().outbox_sent, 1U);
}

TEST(FleetSend, ASendUnderWayWhenTheProcessDiedIsRepeatedWhenTheOperatorSaysSo) {
  FleetRig rig;
  rig.settings.on_unknown = fleet::OnUnknown::Resend;
  rig.platform->latency = 10s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.run_for(30s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->sends.size(), 1U);
  rig.kill();
  rig.platform->latency = 5ms;
  rig.start();
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.counts().outbox_sent, 1U);
  EXPECT_EQ(rig.counts().outbox_unknown, 0U);
}

TEST(FleetSend, ASendUnderWayWhenTheProcessDiedIsUnknown) {
  FleetRig rig;
  rig.platform->latency = 10s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.run_for(30s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->sends.size(), 1U);
  rig.kill();
  rig.start();
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->sends.size(), 1U);
  EXPECT_EQ(rig.fleet->status().recovered_unknown, 1U);
  EXPECT_EQ(rig.counts().outbox_unknown, 1U);
}

TEST(FleetSend, RetryAfterIsObeyedInFullAcrossARestart) {
  FleetRig rig;
  bool flooded = true;
  rig.platform->script = [&](const auto&,
                             const fleet::OutgoingMessage& m) -> std::optional<fleet::SendOutcome> {
    if (!flooded || m.chat != PlatformChatId(42)) return std::nullopt;
    return fleet::SendRefused{429, "Too Many Requests", 10'072'000ms, {}, false};
  };
  rig.settings.max_reply_age_private = 24h;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const MonoTime began = rig.loop.now();
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->sends.size(), 1U);
  flooded = false;
  rig.run_for(1000s);
  rig.stop();
  rig.restart();
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "still there?")));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(43, "another chat")));
  rig.run_for(100s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U) << "only the other chat";
  EXPECT_EQ(rig.platform->delivered()[0].chat, PlatformChatId(43));
  rig.run_for(10'072s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 3U);
  for (const auto& s : sent) {
    if (s.chat == PlatformChatId(42)) {
      EXPECT_GE(s.at - began, 10'072s);
    }
  }
  EXPECT_EQ(rig.counts().outbox_ready, 0U);
}

TEST(FleetSend, OneBadTokenAmongFiftyTouchesNoOther) {
  FleetRig rig;
  rig.start();
  std::vector<BotId> bots;
  for (int i = 0; i < 50; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
  rig.platform->bad_tokens = {"bot13"};
  for (std::size_t i = 0; i < bots.size(); ++i) {
    for (int k = 0; k < 3; ++k) {
      const auto person = static_cast<std::int64_t>(1000 + i);
      ASSERT_TRUE(rig.accept(bots[i], rig.private_message(person, "hi " + std::to_string(k))));
    }
  }
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->delivered().size(), 49U * 3U);
  const auto attempts = std::count_if(rig.platform->sends.begin(), rig.platform->sends.end(),
                                      [&](const auto& s) { return s.bot == bots[13]; });
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(rig.fleet->find_bot(bots[13])->state, store::BotState::Unauthorized);
  EXPECT_FALSE(rig.started.contains(bots[13])) << "its poller is told to stop";
  EXPECT_EQ(rig.metric("chorus_unauthorized_total"), 1);
  for (const auto& bot : rig.fleet->status().bots) {
    EXPECT_EQ(bot.breaker, policy::BreakerState::Closed);
  }
  rig.stop();
  rig.restart();
  EXPECT_EQ(rig.fleet->find_bot(bots[13])->state, store::BotState::Unauthorized) << "durable";
  ASSERT_TRUE(rig.accept(bots[13], rig.private_message(5, "still stored"))) << "but not answered";
  rig.run_for(1s);
  EXPECT_EQ(rig.reason("unauthorized"), 1);
  // A new token ends it, and what had waited leaves.
  rig.platform->bad_tokens.clear();
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->replace_token(bots[13], Secret("fresh"))));
  rig.run_for(5s);
  EXPECT_EQ(rig.fleet->find_bot(bots[13])->state, store::BotState::Active);
  EXPECT_TRUE(rig.started.contains(bots[13]));
}

TEST(FleetSend, AFoundingBotIsAskedForItsIdentityBeforeItsFirstSendOnly) {
  FleetRig rig;
  rig.platform->bad_tokens = {"TEST_TOKEN_1"};
  rig.start();
  const BotId bot = rig.add_bot("TEST_TOKEN_1", {}, true);
  rig.run_for(10s);
  EXPECT_EQ(rig.fleet->find_bot(bot)->state, store::BotState::Unverified);
  ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "hello @bot_TEST_TOKEN_1")));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(10s);
  EXPECT_EQ(rig.fleet->find_bot(bot)->state, store::BotState::Unauthorized);
  EXPECT_TRUE(rig.platform->sends.empty());
}

}  // namespace
}  // namespace chorus
