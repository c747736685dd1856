#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using fleet::SendOutcome;
using fleet::SendRefused;
using test::FleetRig;

std::size_t attempts_to(const FleetRig& rig, std::int64_t chat) {
  return static_cast<std::size_t>(
      std::count_if(rig.platform->sends.begin(), rig.platform->sends.end(),
                    [&](const auto& s) { return s.chat == PlatformChatId(chat); }));
}

TEST(Sender, ARefusedMessageIsDeadAfterOneCall) {
  FleetRig rig;
  rig.platform->script = [](const auto&, const auto&) -> std::optional<SendOutcome> {
    return SendRefused{400, "Bad Request: chat not found", {}, {}, false};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(10min);
  EXPECT_EQ(rig.platform->sends.size(), 1U);
  EXPECT_EQ(rig.counts().outbox_dead, 1U);
}

TEST(Sender, WhatWasCertainlyNotSentIsSentAgain) {
  FleetRig rig;
  int calls = 0;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<SendOutcome> {
    if (++calls <= 2) return SendRefused{0, "connection refused", {}, {}, true};
    return std::nullopt;
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(2min);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->sends.size(), 3U);
  EXPECT_EQ(rig.counts().outbox_sent, 1U);
}

TEST(Sender, AServerThatFailsForeverEndsInDeadNotInAnEndlessLoop) {
  FleetRig rig;
  rig.settings.retry.max_attempts = 3;
  rig.platform->script = [](const auto&, const auto&) -> std::optional<SendOutcome> {
    return SendRefused{500, "Internal Server Error", {}, {}, false};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1h);
  EXPECT_EQ(rig.platform->sends.size(), 3U);
  EXPECT_EQ(rig.counts().outbox_dead, 1U);
}

TEST(Sender, TheBreakerOpensOnFailuresAndClosesByItself) {
  FleetRig rig;
  bool down = true;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<SendOutcome> {
    if (down) return SendRefused{0, "connection refused", {}, {}, true};
    return std::nullopt;
  };
  rig.settings.retry.max_attempts = 100;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(100 + i, "hello")));
  }
  rig.run_for(30s);
  const std::size_t while_down = rig.platform->sends.size();
  EXPECT_LT(while_down, 40U) << "the breaker holds the rest back";
  EXPECT_EQ(rig.fleet->status().host_breaker, policy::BreakerState::Open);
  down = false;
  rig.run_for(5min);
  EXPECT_EQ(rig.platform->delivered().size(), 20U);
  EXPECT_EQ(rig.fleet->status().host_breaker, policy::BreakerState::Closed);
}

TEST(Sender, AGroupThatBecameASupergroupIsFollowed) {
  FleetRig rig;
  rig.platform->script = [](const auto&,
                            const fleet::OutgoingMessage& m) -> std::optional<SendOutcome> {
    if (m.chat != PlatformChatId(-55)) return std::nullopt;
    return SendRefused{400, "group chat was upgraded", {}, PlatformChatId(-1000000000055), false};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 3; ++i) {
    auto update = rig.message(1, -55, store::ChatKind::Group, "@bot_ada hello");
    update.message->mentions = {"bot_ada"};
    ASSERT_TRUE(rig.accept(bot, update));
  }
  rig.run_for(10s);
  EXPECT_EQ(rig.platform->delivered().size(), 3U);
  for (const auto& s : rig.platform->delivered()) {
    EXPECT_EQ(s.chat, PlatformChatId(-1000000000055));
  }
  EXPECT_EQ(attempts_to(rig, -55), 1U);
  EXPECT_EQ(rig.fleet->rooms()[0].chat, PlatformChatId(-1000000000055));
  rig.stop();
  rig.restart();
  rig.run_for(1s);
  EXPECT_EQ(rig.fleet->rooms()[0].chat, PlatformChatId(-1000000000055)) << "durable";
}

TEST(Sender, AReplyToAMessageThatIsGoneGoesOutAsAPlainMessage) {
  FleetRig rig;
  rig.platform->script = [](const auto&,
                            const fleet::OutgoingMessage& m) -> std::optional<SendOutcome> {
    if (!m.reply_to) return std::nullopt;
    return SendRefused{400, "Bad Request: message to be replied not found", {}, {}, false};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  auto update = rig.group_message(1, "@bot_ada hello");
  update.message->mentions = {"bot_ada"};
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(10s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_FALSE(rig.platform->delivered()[0].reply_to.has_value());
}

TEST(Sender, ABotThatWasThrownOutIsNoMemberAnyMore) {
  FleetRig rig;
  rig.platform->script = [](const auto&, const auto&) -> std::optional<SendOutcome> {
    return SendRefused{403, "Forbidden: bot was kicked", {}, {}, false};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const BotId other = rig.add_bot("ben");
  auto update = rig.group_message(1, "@bot_ada hello");
  update.message->mentions = {"bot_ada"};
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(10s);
  auto again = rig.group_message(1, "@bot_ada hello?");
  again.message->mentions = {"bot_ada"};
  ASSERT_TRUE(rig.accept(other, again));
  rig.run_for(10s);
  EXPECT_EQ(rig.platform->sends.size(), 1U);
  EXPECT_EQ(rig.reason("not_member"), 1);
}

TEST(Sender, TheDocumentedLimitsHoldInEveryWindow) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.send_profile = policy::SendProfile::Documented;
  settings.max_reply_age_group = 24h;
  settings.turn_queue = 1000;
  FleetRig rig(settings);
  rig.generator->latency = {};
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 60; ++i) {
    auto update = rig.group_message(1, "@bot_ada number " + std::to_string(i));
    update.message->mentions = {"bot_ada"};
    ASSERT_TRUE(rig.accept(bot, update));
  }
  rig.run_for(10min);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 60U) << "limits schedule, they never drop";
  for (std::size_t i = 20; i < sent.size(); ++i) {
    EXPECT_GE(sent[i].at - sent[i - 20].at, 60s);
  }
  EXPECT_GT(rig.fleet->status().limit_waits, 0U);
}

TEST(Sender, AReactionThatIsRefusedIsOneCallAndNeverTriedAgain) {  // PB1
  fleet::FleetSettings settings = FleetRig::quick();
  settings.reaction_probability = 1;
  FleetRig rig(settings);
  rig.platform->reaction_script = [](PlatformChatId) -> SendOutcome {
    return SendRefused{400, "Bad Request: REACTION_INVALID", {}, {}, false};
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "nice day, thing " + std::to_string(i))));
    rig.run_for(5s);
  }
  EXPECT_EQ(rig.platform->reactions.size(), 1U);
  const MonoTime asked = rig.loop.now();
  ASSERT_TRUE(rig.accept(bot, rig.private_message(9, "hello")));
  rig.run_for(5s);
  ASSERT_FALSE(rig.platform->delivered().empty());
  EXPECT_LT(rig.platform->delivered().back().at - asked, 100ms) << "nothing else is held up";
}

TEST(Sender, AReactionIsChosenFromWhatTheRoomAllows) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.reaction_probability = 1;
  FleetRig rig(settings);
  rig.platform->allowed = std::vector<std::string>{"🎉"};
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "that is great news")));
  rig.run_for(5s);
  ASSERT_EQ(rig.platform->reactions.size(), 1U);
  EXPECT_EQ(rig.platform->reactions[0].second, "🎉");
  const auto counts = rig.counts();
  EXPECT_EQ(counts.messages_out, 0U) << "a reaction is no message";
  EXPECT_EQ(counts.inbox_new, 0U);
}

TEST(Sender, HumanPacingWaitsAndShowsThatItTypes) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.pacing = fleet::Pacing::Human;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  auto update = rig.group_message(1, "@bot_ada tell me something");
  update.message->mentions = {"bot_ada"};
  const MonoTime asked = rig.loop.now();
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(20s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_GE(rig.platform->delivered()[0].at - asked, 790ms);
  ASSERT_FALSE(rig.platform->typing.empty());
  EXPECT_EQ(rig.platform->typing.front().second, std::nullopt);
}

TEST(Sender, TypingIsShownInTheTopicThatTheAnswerGoesTo) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.pacing = fleet::Pacing::Human;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  auto update = rig.group_message(1, "@bot_ada tell me something");
  update.message->mentions = {"bot_ada"};
  update.message->thread = PlatformMessageId(77);
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(20s);
  ASSERT_FALSE(rig.platform->typing.empty());
  EXPECT_EQ(rig.platform->typing.front().second, PlatformMessageId(77));
}

TEST(Sender, PausedNothingLeavesAndResumedItDoes) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.pacing = fleet::Pacing::Human;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(100ms);
  rig.fleet->pause();
  rig.run_for(1min);
  EXPECT_TRUE(rig.platform->sends.empty());
  rig.fleet->resume();
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Sender, ReadyRowsSurviveAKillAndLeaveOnceAfterIt) {  // PB13
  fleet::FleetSettings settings = FleetRig::quick();
  settings.pacing = fleet::Pacing::Human;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(100 + i, "hello")));
  }
  rig.run_for(100ms);
  EXPECT_EQ(rig.counts().outbox_ready, 10U);
  rig.kill();
  EXPECT_TRUE(rig.platform->sends.empty());
  rig.start();
  rig.run_for(30s);
  EXPECT_EQ(rig.platform->sends.size(), 10U);
  EXPECT_EQ(rig.counts().outbox_sent, 10U);
}

TEST(Sender, StopLetsDueSendsFinish) {
  FleetRig rig;
  rig.platform->latency = 300ms;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.run_for(5s);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1ms);
  rig.stop(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.counts().outbox_sent, 1U);
  const auto refused = rig.accept(bot, rig.private_message(1, "too late"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace chorus
