#include "chorus/fleet/fleet.hpp"
#include "chorus/rt/scope.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(FleetInbox, TheSameUpdateTwiceIsOneTurn) {
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

TEST(FleetInbox, ARestartDoesNotAnswerAgainAndKeepsTheCursor) {  // PB12
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

TEST(FleetInbox, ATriggerThatIsTooOldIsRecordedAndNotAnswered) {
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

TEST(FleetInbox, AStoreFailureStopsAcknowledging) {
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

TEST(FleetInbox, UndoneUpdatesAreTakenUpAtTheNextStart) {
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

/// More than memory holds: the later ones are in the room's past already when their turn comes.
TEST(FleetInbox, UndoneUpdatesOfOneRoomAreAllDecidedThoughMemoryHoldsAFewOnly) {
  FleetRig rig;
  rig.settings.history_lines = 500;
  rig.settings.inbox_memory = 10;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.generator->latency = std::chrono::hours(1);
  constexpr std::size_t kUpdates = 200;
  for (std::size_t i = 0; i < kUpdates; ++i) {
    const bool names_her = i < rig.settings.inbox_memory;
    auto update = rig.group_message(100 + static_cast<std::int64_t>(i),
                                    names_her ? "@bot_ada question" : "people among themselves");
    if (names_her) update.message->mentions = {"bot_ada"};
    ASSERT_TRUE(rig.accept(bot, update));
  }
  rig.kill();
  ASSERT_EQ(rig.counts().inbox_new, kUpdates);
  rig.generator->latency = 1ms;
  rig.start();
  rig.run_for(60s);
  EXPECT_EQ(rig.reason("duplicate_update"), 0);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

rt::Task<void> hand_over(fleet::Fleet& fleet, BotId bot, fleet::IncomingUpdate update) {
  std::vector<fleet::IncomingUpdate> updates;
  updates.push_back(std::move(update));
  (void)co_await fleet.accept(bot, std::move(updates), std::nullopt);  // the caller goes away
}

/// A webhook client that hangs up cancels its call. What the store then makes durable is known to
/// the platform as not taken: it sends it again, and that copy is a duplicate.
TEST(FleetInbox, ACallerThatGoesAwayWhileTheStoreWritesLeavesNoUpdateBehind) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  const auto update = rig.private_message(42, "are you there?");
  const std::size_t before = rig.store->calls["accept_updates"];
  rt::TaskScope callers(rig.loop);
  const auto caller = callers.start("webhook", hand_over(*rig.fleet, bot, update));
  while (rig.store->calls["accept_updates"] == before) rig.run_for(10us);
  caller.cancel();
  test::drive(rig.loop, callers.join());
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(10s);
  EXPECT_EQ(rig.platform->delivered().size(), 2U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

/// The platform hears "not now" in time to send again; the late commit still counts once.
TEST(FleetInbox, AStoreThatHangsIsRefusedInTimeAndItsUpdateIsAnsweredOnce) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  const auto update = rig.private_message(42, "are you there?");
  rig.store->accept_is_late = 60s;
  const MonoTime asked = rig.loop.now();
  const auto refused = rig.accept(bot, update);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_LE(rig.loop.now() - asked, rig.settings.accept_timeout + 1ms);
  rig.store->accept_is_late = 0s;
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(90s);
  EXPECT_EQ(rig.platform->delivered().size(), 2U);
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetInbox, MoreUpdatesThanMemoryHoldsWaitInTheStore) {
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

TEST(FleetInbox, ACallbackIsAcknowledged) {
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

fleet::IncomingUpdate edit_of(fleet::IncomingUpdate update, std::string text) {
  update.update_id += 50;
  update.kind = store::InboxKind::EditedMessage;
  update.message->text = std::move(text);
  return update;
}

/// The newest prompt holds these words.
bool prompt_has(const FleetRig& rig, std::string_view words) {
  const auto& lines = rig.generator->requests.back().lines;
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& l) { return l.text.find(words) != std::string::npos; });
}

TEST(FleetInbox, AnEditCorrectsTheContextAndIsNotAnsweredAgain) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto update = rig.private_message(1, "helo wrld");
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, edit_of(update, "hello, I meant")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
  EXPECT_EQ(rig.reason("edited"), 1);
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "next")));
  rig.run_for(1s);
  EXPECT_TRUE(prompt_has(rig, "hello, I meant"));
  EXPECT_FALSE(prompt_has(rig, "helo wrld"));
  EXPECT_EQ(rig.counts().messages_in, 2U) << "an edit is no line of its own";
}

TEST(FleetInbox, AnEditIsKeptAcrossARestart) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto update = rig.group_message(1, "helo wrld");
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, edit_of(update, "hello, I meant")));
  rig.kill();
  rig.start();
  rig.run_for(1s);
  auto next = rig.group_message(1, "@bot_ada what did I say?");
  next.message->mentions = {"bot_ada"};
  ASSERT_TRUE(rig.accept(bot, next));
  rig.run_for(1s);
  EXPECT_TRUE(prompt_has(rig, "hello, I meant"));
  EXPECT_FALSE(prompt_has(rig, "helo wrld"));
  EXPECT_EQ(rig.counts().inbox_new, 0U);
}

TEST(FleetInbox, AnEditOfAMessageThatStillWaitsIsWhatTheAnswerReads) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "first")));
  rig.run_for(1s);
  rig.stop();
  rig.restart();
  rig.store->failing = {"history"};  // the room's past cannot be read, so the message waits
  const auto update = rig.private_message(1, "helo wrld");
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(5s);
  ASSERT_TRUE(rig.accept(bot, edit_of(update, "hello, I meant")));
  rig.store->failing.clear();
  rig.run_for(5s);
  EXPECT_EQ(rig.platform->delivered().size(), 2U);
  EXPECT_TRUE(prompt_has(rig, "hello, I meant"));
  EXPECT_FALSE(prompt_has(rig, "helo wrld"));
}

TEST(FleetInbox, AnEditThatOvertakesTheReadingOfTheRoomIsNotUndoneByIt) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto update = rig.private_message(1, "helo wrld");
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  rig.stop();
  rig.restart();
  rig.store->history_is_late = 2s;
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "next")));
  rig.run_for(1s);
  ASSERT_TRUE(rig.accept(bot, edit_of(update, "hello, I meant")));
  rig.run_for(10s);
  EXPECT_EQ(rig.platform->delivered().size(), 2U);
  EXPECT_TRUE(prompt_has(rig, "hello, I meant"));
  EXPECT_FALSE(prompt_has(rig, "helo wrld"));
}

TEST(FleetInbox, AnEditOfWhatWasNeverHereChangesNothing) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, edit_of(rig.private_message(1, "x"), "said before I was here")));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("edited"), 1);
  const auto counts = rig.counts();
  EXPECT_EQ(counts.messages_in, 0U);
  EXPECT_EQ(counts.inbox_new, 0U);
}

TEST(FleetInbox, MalformedUpdatesAreSkippedAndNotAskedForAgain) {
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

TEST(FleetInbox, AnEchoOfOurOwnMessageIsNotAnsweredNorStoredTwice) {
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

}  // namespace
}  // namespace chorus
