#include "chorus/fleet/fleet.hpp"
#include "chorus/fleet/reason.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(FleetRoom, FiftyBotsInOneRoomDecideOnce) {
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

TEST(FleetRoom, FiftyBotsInABasicGroupDecideOnceThoughTheirMessageIdsDiffer) {
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

TEST(FleetRoom, AMentionIsAnsweredByTheMentionedBotOnly) {
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

TEST(FleetRoom, AMentionedBotAnswersAlsoWhenItsOwnCopyIsTheFirstProofOfMembership) {
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

/// The reader's copy is decided and done with; then the process dies before the named bot's copy.
TEST(FleetRoom, AMentionedBotAnswersItsOwnCopyAlsoAfterACrashBetweenTheCopies) {
  FleetRig rig;
  rig.start();
  const BotId reader = rig.add_bot("reader");
  const BotId named = rig.add_bot("named");
  auto update = rig.group_message(42, "@bot_named are you there?");
  update.message->mentions = {"bot_named"};
  ASSERT_TRUE(rig.accept(reader, update));
  rig.run_for(1s);
  rig.kill();
  rig.start();
  rig.run_for(1s);
  update.update_id += 1;
  ASSERT_TRUE(rig.accept(named, update));
  rig.run_for(1s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bot, named);
}

TEST(FleetRoom, ABotWhoseUsernameWasNotYetKnownAnswersItsOwnCopy) {
  FleetRig rig;
  rig.start();
  const BotId reader = rig.add_bot("reader");
  rig.platform->latency = 10s;  // who the second bot is takes a while
  const BotId named = rig.add_bot("named");
  auto update = rig.group_message(42, "@bot_named are you there?");
  update.message->mentions = {"bot_named"};
  ASSERT_TRUE(rig.accept(reader, update));
  rig.run_for(20s);
  EXPECT_TRUE(rig.platform->sends.empty());
  rig.platform->latency = 5ms;
  update.update_id += 1;
  ASSERT_TRUE(rig.accept(named, update));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.platform->delivered()[0].bot, named);
}

TEST(FleetRoom, ACopyThatComesAfterACrashDoesNotRepeatTheAnswer) {
  FleetRig rig;
  rig.start();
  const BotId reader = rig.add_bot("reader");
  const BotId named = rig.add_bot("named");
  for (const BotId bot : {reader, named}) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(42, "warm up, everybody is here")));
  }
  rig.run_for(5s);
  rig.platform->sends.clear();
  auto update = rig.group_message(42, "@bot_named are you there?");
  update.message->mentions = {"bot_named"};
  update.update_id += 10;
  ASSERT_TRUE(rig.accept(reader, update));
  rig.run_for(5s);
  ASSERT_EQ(rig.platform->delivered().size(), 1U);
  rig.kill();
  rig.start();
  rig.run_for(1s);
  update.update_id += 1;
  ASSERT_TRUE(rig.accept(named, update));
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetRoom, AQuestionToTheRuntimeIsAnsweredOnceThoughTheNamedBotBringsItToo) {
  FleetRig rig;
  rig.start();
  const BotId reader = rig.add_bot("reader");
  const BotId named = rig.add_bot("named");
  const auto when = rig.loop.wall_now();
  const auto ask = [&](BotId bot, const std::string& text) {  // each bot has its own message ids
    auto update = rig.message(42, -77, store::ChatKind::Group, text);
    update.message->date = when;
    update.message->mentions = {"bot_named"};
    ASSERT_TRUE(rig.accept(bot, update));
  };
  for (const BotId bot : {reader, named}) ask(bot, "warm up");
  rig.run_for(5s);
  rig.platform->sends.clear();
  for (const BotId bot : {reader, named}) ask(bot, "@bot_named are you a bot?");
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(FleetRoom, ARoomWithoutOurBotsIsExcludedWithAVisibleReason) {  // PB5, PB14
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

fleet::IncomingUpdate membership(std::int64_t id, std::int64_t chat, std::string status) {
  fleet::IncomingUpdate update;
  update.update_id = id;
  update.kind = store::InboxKind::Membership;
  update.chat = PlatformChatId(chat);
  update.chat_kind = store::ChatKind::Supergroup;
  update.member_status = std::move(status);
  return update;
}

TEST(FleetRoom, ABotThatThePlatformTookOutOfARoomIsNotChosenThere) {  // PB5
  FleetRig rig;
  rig.start();
  const BotId ada = rig.add_bot("ada");
  const BotId bob = rig.add_bot("bob");
  ASSERT_TRUE(rig.accept(ada, rig.group_message(1, "hi")));
  auto ask = rig.group_message(1, "@bot_bob are you there?");
  ask.message->mentions = {"bot_bob"};
  ASSERT_TRUE(rig.accept(bob, ask));
  rig.run_for(5s);
  ASSERT_EQ(rig.platform->delivered().back().bot, bob);
  const std::size_t before = rig.platform->delivered().size();
  ASSERT_TRUE(rig.accept(bob, membership(900, -1001, "kicked")));
  rig.run_for(1s);
  ask = rig.group_message(1, "@bot_bob and now?");
  ask.message->mentions = {"bot_bob"};
  ASSERT_TRUE(rig.accept(ada, ask));
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), before);
  EXPECT_EQ(rig.turns(rig.room_id(-1001), 1).at(0).outcome, "not_member");
  rig.stop();
  rig.restart();
  rig.run_for(1s);
  ask = rig.group_message(1, "@bot_bob and after the restart?");
  ask.message->mentions = {"bot_bob"};
  ASSERT_TRUE(rig.accept(ada, ask));
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), before) << "it is known after a restart too";
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetRoom, ABotThatIsPutIntoARoomMayTalkThereAtOnce) {
  FleetRig rig;
  rig.settings.talk_interval = 10s;
  rig.start();
  const BotId ada = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(ada, membership(900, -1007, "left")));
  rig.run_for(1min);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_FALSE(rig.room_id(-1007)) << "leaving an unknown chat makes no room";
  ASSERT_TRUE(rig.accept(ada, membership(901, -1007, "member")));
  rig.run_for(5min);
  ASSERT_FALSE(rig.platform->delivered().empty());
  EXPECT_EQ(rig.platform->delivered()[0].chat, PlatformChatId(-1007));
}

TEST(FleetRoom, EveryUpdateEndsWithOneReasonOfTheClosedList) {  // PB14
  FleetRig rig;
  rig.settings.talk_interval = 7s;
  rig.settings.loop_soft = 3;
  rig.settings.loop_hard = 5;
  rig.start();
  const BotId ada = rig.add_bot("ada");
  const BotId bob = rig.add_bot("bob");
  const auto all_reasons = [&rig] {
    double sum = 0;
    for (std::size_t i = 0; i < fleet::kTurnReasons; ++i) {
      sum += rig.reason(to_string(static_cast<fleet::TurnReason>(i)));
    }
    return sum;
  };
  for (int i = 0; i < 60; ++i) {
    auto update = rig.group_message(i % 2 == 0 ? 1 : 2, "what about thing " + std::to_string(i));
    if (i % 7 == 0) update.message->date -= 10min;
    if (i % 11 == 0) update.kind = store::InboxKind::EditedMessage;
    if (i % 13 == 0) update.message->text = "\xff";
    ASSERT_TRUE(rig.accept(ada, update));
    ++update.update_id;
    ASSERT_TRUE(rig.accept(bob, update));
    if (i == 20) rig.fleet->pause();
    if (i == 30) rig.fleet->resume();
    rig.run_for(3s);
  }
  rig.run_for(10min);  // nobody speaks any more: the timer alone, until the loop budget
  std::set<std::string> names;
  for (std::size_t i = 0; i < fleet::kTurnReasons; ++i) {
    EXPECT_TRUE(names.emplace(to_string(static_cast<fleet::TurnReason>(i))).second);
  }
  const auto turns = rig.turns(rig.room_id(-1001), 100'000);
  std::set<std::string> seen;
  std::size_t sent = 0;
  for (const auto& turn : turns) {
    EXPECT_TRUE(names.contains(turn.outcome)) << turn.outcome;
    seen.insert(turn.outcome);
    sent += turn.outcome == "sent" ? 1 : 0;
  }
  EXPECT_GE(seen.size(), 4U) << "the test reaches several ways to stay silent";
  EXPECT_EQ(sent, rig.platform->delivered().size());
  // Rows are the decisions; what ends without one (copies, edits, broken updates) is counted only.
  const double without_row = rig.reason("duplicate_update") + rig.reason("edited") +
                             rig.reason("other") + rig.reason("malformed") +
                             rig.reason("own_message");
  EXPECT_EQ(all_reasons(), static_cast<double>(turns.size()) + without_row);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetRoom, EveryDecisionWithoutAMessageHasExactlyOneReason) {  // PB14
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

TEST(FleetRoom, ItTalksByItselfAndPausesGrowWithNothingButTheInterval) {
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

TEST(FleetRoom, ALoopBudgetEndsTalkUntilAPersonSpeaks) {
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

TEST(FleetRoom, ASelfStartedMessageThatWaitsIsTakenBackWhenAPersonSpeaks) {
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

TEST(FleetRoom, MoreRoomsThanMemoryHoldsAreReadAgain) {
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

}  // namespace
}  // namespace chorus
