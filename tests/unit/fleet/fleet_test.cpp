#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(Fleet, AnswersAPrivateMessage) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bot, bot);
  EXPECT_EQ(sent[0].chat, PlatformChatId(42));
  const auto counts = rig.counts();
  EXPECT_EQ(counts.inbox_total, 1U);
  EXPECT_EQ(counts.inbox_new, 0U);
  EXPECT_EQ(counts.outbox_sent, 1U);
  EXPECT_EQ(counts.messages_in, 1U);
  EXPECT_EQ(counts.messages_out, 1U);
  EXPECT_EQ(rig.reason("sent"), 1);
}

TEST(Fleet, AnswersEveryPrivateMessageInOrder) {
  FleetRig rig;
  rig.generator->script = [](const fleet::GenerationRequest& request) -> Result<std::string> {
    const std::string& last = request.lines.back().text;
    const auto at = last.find("number");
    return "echo of " + last.substr(at, last.find('[', at) - at);
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "number " + std::to_string(i))));
  }
  rig.run_for(10s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 10U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(sent[static_cast<std::size_t>(i)].text, "echo of number " + std::to_string(i));
  }
  EXPECT_EQ(rig.platform->most_per_chat, 1);
}

TEST(Fleet, TheSameUpdateTwiceIsOneTurn) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto update = rig.private_message(42, "hello");
  ASSERT_TRUE(rig.accept(bot, update));
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->sends.size(), 1U);
  EXPECT_EQ(rig.metric("chorus_updates_duplicate_total"), 1);
  EXPECT_EQ(rig.counts().inbox_total, 1U);
}

TEST(Fleet, ARestartDoesNotAnswerAgainAndKeepsTheCursor) {  // PB12
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto update = rig.private_message(42, "hello");
  std::vector<fleet::IncomingUpdate> batch{update};
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->accept(bot, batch, 77)));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->sends.size(), 1U);
  rig.stop();
  rig.restart();
  rig.run_for(1s);
  EXPECT_EQ(rig.started.at(bot), 77);
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->sends.size(), 1U);
}

TEST(Fleet, FiftyBotsInOneRoomDecideOnce) {
  FleetRig rig;
  rig.settings.selector = fleet::Selector::Random;
  rig.settings.reply_probability = 1;
  rig.start();
  std::vector<BotId> bots;
  for (int i = 0; i < 50; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
  auto update = rig.group_message(42, "good morning everybody");
  for (const BotId bot : bots) {
    update.update_id += 1;
    ASSERT_TRUE(rig.accept(bot, update));
  }
  rig.run_for(2s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.reason("sent"), 1);
  EXPECT_EQ(rig.reason("duplicate_update"), 49);
  const auto counts = rig.counts();
  EXPECT_EQ(counts.inbox_total, 50U);
  EXPECT_EQ(counts.inbox_new, 0U);
  EXPECT_EQ(counts.messages_in, 1U) << "a body is stored once";
}

TEST(Fleet, FiftyBotsInABasicGroupDecideOnceThoughTheirMessageIdsDiffer) {
  FleetRig rig;
  rig.settings.selector = fleet::Selector::Random;
  rig.settings.reply_probability = 1;
  rig.start();
  std::vector<BotId> bots;
  for (int i = 0; i < 50; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
  const auto when = rig.loop.wall_now();
  for (const BotId bot : bots) {
    auto update = rig.message(42, -77, store::ChatKind::Group, "good morning everybody");
    update.message->date = when;
    ASSERT_TRUE(rig.accept(bot, update));
  }
  rig.run_for(2s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Fleet, AMentionIsAnsweredByTheMentionedBotOnly) {
  FleetRig rig;
  rig.start();
  std::vector<BotId> bots;
  for (int i = 0; i < 10; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
  for (const BotId bot : bots) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(42, "warm up, everybody is here")));
  }
  rig.run_for(5s);
  rig.platform->sends.clear();
  auto update = rig.group_message(42, "@bot_bot7 what do you think?");
  update.message->mentions = {"bot_bot7"};
  for (const BotId bot : bots) {
    update.update_id += 100;
    ASSERT_TRUE(rig.accept(bot, update));
  }
  rig.run_for(5s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bot, bots[7]);
  EXPECT_EQ(sent[0].reply_to, update.message->message);
}

TEST(Fleet, AMentionedBotAnswersAlsoWhenItsOwnCopyIsTheFirstProofOfMembership) {
  FleetRig rig;
  rig.start();
  const BotId reader = rig.add_bot("reader");
  const BotId named = rig.add_bot("named");
  auto update = rig.group_message(42, "@bot_named are you there?");
  update.message->mentions = {"bot_named"};
  ASSERT_TRUE(rig.accept(reader, update));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("not_member"), 1);
  update.update_id += 1;
  ASSERT_TRUE(rig.accept(named, update));
  rig.run_for(1s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bot, named);
}

TEST(Fleet, ATriggerThatIsTooOldIsRecordedAndNotAnswered) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  auto update = rig.private_message(42, "hello from long ago");
  update.message->date -= 16min;
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("stale"), 1);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(Fleet, AStoreFailureStopsAcknowledging) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.store->failing = {"accept_updates"};
  const auto update = rig.private_message(42, "hello");
  const auto refused = rig.accept(bot, update);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  rig.run_for(5s);
  EXPECT_TRUE(rig.platform->sends.empty());
  rig.store->failing.clear();
  ASSERT_TRUE(rig.accept(bot, update)) << "the platform sends it again";
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Fleet, AStoreThatIsGoneForAWhileLosesNothingAndSendsNothingTwice) {  // PB13
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

TEST(Fleet, UndoneUpdatesAreTakenUpAtTheNextStart) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.generator->latency = 10s;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(42 + i, "hello")));
  }
  rig.run_for(1s);
  rig.kill();
  EXPECT_TRUE(rig.platform->sends.empty());
  rig.generator->latency = 10ms;
  rig.start();
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 5U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(Fleet, MoreUpdatesThanMemoryHoldsWaitInTheStore) {
  FleetRig rig;
  rig.settings.inbox_memory = 10;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.generator->latency = 200ms;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(100 + i, "hello")));
  }
  EXPECT_TRUE(rig.fleet->status().inbox_backlog);
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->delivered().size(), 200U);
  std::set<std::int64_t> chats;
  for (const auto& s : rig.platform->delivered()) chats.insert(s.chat.value);
  EXPECT_EQ(chats.size(), 200U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
  EXPECT_FALSE(rig.fleet->status().inbox_backlog);
}

TEST(Fleet, AnUnknownOutcomeIsCountedShownAndNotRepeated) {
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

TEST(Fleet, AnUnknownOutcomeIsRepeatedWhenTheOperatorSaysSo) {
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

TEST(Fleet, ASendUnderWayWhenTheProcessDiedIsUnknown) {
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

TEST(Fleet, RetryAfterIsObeyedInFullAcrossARestart) {
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

TEST(Fleet, OneBadTokenAmongFiftyTouchesNoOther) {
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

TEST(Fleet, ARoomWithoutOurBotsIsExcludedWithAVisibleReason) {  // PB5, PB14
  FleetRig rig;
  rig.settings.talk_interval = 10s;
  rig.start();
  rig.add_bot("ada");
  store::RoomRow room;
  room.chat = PlatformChatId(-1001234567890);
  room.kind = store::ChatKind::Supergroup;
  const auto made = test::drive(rig.loop, rig.fleet->ensure_room(room));
  ASSERT_TRUE(made);
  rig.run_for(10min);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_GT(rig.reason("not_member"), 10);
  const auto turns = rig.turns(made->id);
  ASSERT_EQ(turns.size(), 1U) << "said once, counted always";
  EXPECT_EQ(turns[0].outcome, "not_member");
}

TEST(Fleet, EveryDecisionWithoutAMessageHasExactlyOneReason) {  // PB14
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(42, "just talking " + std::to_string(i))));
    rig.run_for(3s);
  }
  const auto turns = rig.turns(rig.room_id(-1001));
  ASSERT_EQ(turns.size(), 20U);
  const auto sent =
      std::count_if(turns.begin(), turns.end(), [](const auto& t) { return t.outcome == "sent"; });
  EXPECT_EQ(static_cast<std::size_t>(sent), rig.platform->delivered().size());
  for (const auto& turn : turns) {
    EXPECT_FALSE(turn.outcome.empty());
    EXPECT_NE(turn.detail.find("\"seed\""), std::string::npos);
  }
}

TEST(Fleet, AHundredPeopleAtOnceQueueForFewSlotsAndAllAreAnswered) {  // PB7
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

TEST(Fleet, AFullQueueRefusesWithAReasonAndSaysSoOnce) {
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

TEST(Fleet, AQueuedPersonHearsTheirPlaceOnce) {
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

TEST(Fleet, AnOverlongConversationIsStoppedAndItsSlotComesBack) {
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

TEST(Fleet, AFailingGeneratorMeansSilenceWithAReasonNeverAnErrorText) {
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

TEST(Fleet, AGeneratorThatMayNotBeCalledIsAnotherReason) {
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

TEST(Fleet, ABlockedTextIsAskedForOnceMoreAndThenDropped) {
  FleetRig rig;
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

TEST(Fleet, PausedItStoresAndStaysSilentAndDoesNotAnswerLater) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.fleet->pause();
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(10s);
  EXPECT_EQ(rig.reason("paused"), 1);
  rig.fleet->resume();
  rig.run_for(10s);
  EXPECT_TRUE(rig.platform->sends.empty());
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello again")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Fleet, ADisabledBotIsSilentAndAnEnabledOneSpeaksAgain) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  EXPECT_TRUE(rig.started.contains(bot));
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_bot_enabled(bot, false)));
  EXPECT_FALSE(rig.started.contains(bot));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("disabled"), 1);
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_bot_enabled(bot, true)));
  rig.run_for(1s);
  EXPECT_TRUE(rig.started.contains(bot));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Fleet, ARemovedBotIsUnknown) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->remove_bot(bot)));
  const auto refused = rig.accept(bot, rig.private_message(1, "hello"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_TRUE(rig.fleet->bots().empty());
}

TEST(Fleet, AFoundingBotIsAskedForItsIdentityBeforeItsFirstSendOnly) {
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

TEST(Fleet, ItTalksByItselfAndPausesGrowWithNothingButTheInterval) {
  FleetRig rig;
  rig.settings.talk_interval = 30s;
  rig.settings.loop_soft = 0;
  rig.settings.loop_hard = 0;
  rig.settings.pacing = fleet::Pacing::Fast;
  rig.start();
  store::RoomRow row;
  row.chat = PlatformChatId(-1009);
  row.kind = store::ChatKind::Supergroup;
  const RoomId room = test::drive(rig.loop, rig.fleet->ensure_room(row)).value().id;
  for (int i = 0; i < 50; ++i) {
    const BotId bot = rig.add_bot("bot" + std::to_string(i));
    ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_membership(room, bot, true)));
  }
  rig.platform->sends.clear();
  rig.run_for(60s);
  EXPECT_GT(rig.platform->delivered().size(), 40U)
      << "50 bots, each every 30 s: about 100 a minute";
  std::set<BotId> speakers;
  for (const auto& s : rig.platform->delivered()) speakers.insert(s.bot);
  EXPECT_GT(speakers.size(), 20U) << "the floor balances who speaks";
}

TEST(Fleet, ALoopBudgetEndsTalkUntilAPersonSpeaks) {
  FleetRig rig;
  rig.settings.talk_interval = 10s;
  rig.settings.loop_soft = 20;
  rig.start();
  const BotId a = rig.add_bot("ada");
  const BotId b = rig.add_bot("ben");
  ASSERT_TRUE(rig.accept(a, rig.group_message(1, "hi")));
  ASSERT_TRUE(rig.accept(b, rig.group_message(1, "hi there")));
  rig.run_for(30min);
  EXPECT_EQ(rig.platform->delivered().size(), 20U);
  EXPECT_GT(rig.reason("loop_budget"), 0);
  ASSERT_TRUE(rig.accept(a, rig.group_message(1, "you went quiet")));
  rig.run_for(30min);
  EXPECT_EQ(rig.platform->delivered().size(), 40U);
}

TEST(Fleet, ACallbackIsAcknowledged) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  fleet::IncomingUpdate update;
  update.update_id = 9;
  update.kind = store::InboxKind::Callback;
  update.callback_id = "cb-1";
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->callbacks, std::vector<std::string>{"cb-1"});
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(Fleet, AnEditCorrectsTheContextAndIsNotAnsweredAgain) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  auto update = rig.private_message(1, "helo");
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  update.update_id += 50;
  update.kind = store::InboxKind::EditedMessage;
  update.message->text = "hello, I meant";
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.reason("edited"), 1);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "next")));
  rig.run_for(1s);
  const auto& lines = rig.generator->requests.back().lines;
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const auto& l) {
    return l.text.find("hello, I meant") != std::string::npos;
  }));
}

TEST(Fleet, MalformedUpdatesAreSkippedAndNotAskedForAgain) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  fleet::IncomingUpdate update;
  update.update_id = 3;
  update.kind = store::InboxKind::Message;
  ASSERT_TRUE(rig.accept(bot, update));
  auto bad_text = rig.private_message(1, "\xff\xfe");
  ASSERT_TRUE(rig.accept(bot, bad_text));
  rig.run_for(1s);
  EXPECT_EQ(rig.metric("chorus_updates_malformed_total"), 2);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
  EXPECT_TRUE(rig.platform->sends.empty());
}

TEST(Fleet, AnEchoOfOurOwnMessageIsNotAnsweredNorStoredTwice) {
  FleetRig rig;
  rig.start();
  const BotId a = rig.add_bot("ada");
  const BotId b = rig.add_bot("ben");
  auto question = rig.group_message(1, "@bot_ada hello");
  question.message->mentions = {"bot_ada"};
  ASSERT_TRUE(rig.accept(b, rig.group_message(1, "hi all")));
  ASSERT_TRUE(rig.accept(a, question));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  const auto before = rig.counts();
  auto echo = rig.group_message(0, rig.platform->delivered()[0].text);
  echo.message->from = test::ScriptedPlatform::user_of(Secret("ada"));
  echo.message->from_is_bot = true;
  echo.message->message = PlatformMessageId(500'001);
  echo.message->date = rig.platform->delivered()[0].date;
  ASSERT_TRUE(rig.accept(b, echo));
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.reason("own_message"), 1);
  EXPECT_EQ(rig.counts().messages_out, before.messages_out);
}

TEST(Fleet, ASelfStartedMessageThatWaitsIsTakenBackWhenAPersonSpeaks) {
  FleetRig rig;
  rig.settings.pacing = fleet::Pacing::Human;
  rig.settings.talk_interval = 60s;
  rig.settings.yield_people_per_minute = 1;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "hi")));
  for (int i = 0; i < 100'000 && rig.fleet->status().outbox_queued == 0; ++i) rig.run_for(10ms);
  ASSERT_EQ(rig.fleet->status().outbox_queued, 1U);
  ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "I have something to tell")));
  rig.run_for(1ms);
  EXPECT_EQ(rig.fleet->status().outbox_queued, 0U);
  EXPECT_EQ(rig.counts().outbox_cancelled, 1U);
  EXPECT_TRUE(rig.platform->sends.empty());
}

TEST(Fleet, MoreRoomsThanMemoryHoldsAreReadAgain) {
  FleetRig rig;
  rig.settings.rooms_in_memory = 20;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "my favourite fruit is tangerine")));
  rig.run_for(1s);
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(100 + i, "hello")));
    rig.run_for(1s);
  }
  EXPECT_EQ(rig.store->calls["history"], 0U);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "what did I say?")));
  rig.run_for(1s);
  EXPECT_EQ(rig.store->calls["history"], 1U);
  const auto& lines = rig.generator->requests.back().lines;
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const auto& l) {
    return l.text.find("tangerine") != std::string::npos;
  }));
}

TEST(Fleet, TheSameSeedGivesTheSameHistory) {
  const auto history = [](std::uint64_t seed) {
    FleetRig rig;
    rig.settings_seed = seed;
    rig.settings.pacing = fleet::Pacing::Human;
    rig.settings.talk_interval = 20s;
    rig.settings.threshold = 0.3;
    rig.start();
    std::vector<BotId> bots;
    for (int i = 0; i < 5; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
    for (int i = 0; i < 30; ++i) {
      auto update =
          rig.group_message(1 + i % 3, "what do you think about thing " + std::to_string(i) + "?");
      for (const BotId bot : bots) {
        ++update.update_id;
        EXPECT_TRUE(rig.accept(bot, update));
      }
      rig.run_for(25s);
    }
    std::string out;
    for (const auto& s : rig.platform->sends) {
      out += fmt::format("{} {} {} {}\n", s.bot, s.chat, s.at.time_since_epoch().count(), s.text);
    }
    return out;
  };
  const std::string once = history(5);
  EXPECT_GT(once.size(), 500U);
  EXPECT_EQ(once, history(5));
  EXPECT_NE(once, history(6));
}

}  // namespace
}  // namespace chorus
