#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// The rules of conversations as people see them, in virtual time.
namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::drive;
using test::FleetRig;

constexpr std::int64_t kAnn = 1;
constexpr std::int64_t kBob = 2;
constexpr std::int64_t kRoom = -1001;

/// A fleet with the limits of the founding system's tests.
struct Talk : FleetRig {
  Talk() {
    settings.conversations.global = 20;
    settings.conversations.per_user = 5;
    settings.conversations.idle = 60s;
    settings.conversations.maximum = 120s;
    settings.threshold = 2;  // nobody selects themselves
  }
  BotId begin(const std::string& name = "ada") {
    start();
    return add_bot(name);
  }
  /// The line and the id that it got.
  PlatformMessageId say(BotId bot, std::int64_t person, std::string text,
                        std::optional<std::int64_t> thread = {},
                        std::optional<PlatformMessageId> reply_to = {},
                        std::optional<std::int64_t> reply_to_user = {}) {
    auto update = group_message(person, std::move(text), kRoom);
    fleet::IncomingMessage& m = *update.message;
    const auto id = m.message;
    if (m.text.find("@bot_ada") != std::string::npos) m.mentions = {"bot_ada"};
    if (thread) m.thread = PlatformMessageId(*thread);
    m.reply_to = reply_to;
    if (reply_to_user) m.reply_to_user = PlatformUserId(*reply_to_user);
    EXPECT_TRUE(accept(bot, std::move(update)));
    return id;
  }
  std::size_t answers() const { return platform->delivered().size(); }
  std::string prompt(std::size_t request) const {
    std::string out;
    for (const auto& line : generator->requests.at(request).lines) out += line.text + "\n";
    return out;
  }
  double ended(const std::string& status) {
    return metric("chorus_conversations_ended_total", {{"status", status}});
  }
};

TEST(FleetConversation, ATopicIsAnsweredInItsTopic) {
  Talk talk;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.say(bot, kBob, "@bot_ada good evening");
  talk.run_for(1s);
  ASSERT_EQ(talk.answers(), 2U);
  std::vector<std::optional<PlatformMessageId>> threads;
  for (const auto& sent : talk.platform->delivered()) threads.push_back(sent.thread);
  EXPECT_EQ(std::count(threads.begin(), threads.end(), PlatformMessageId(77)), 1);
  EXPECT_EQ(std::count(threads.begin(), threads.end(), std::nullopt), 1);
  const auto said = drive(
      talk.loop, talk.sqlite().thread_history(talk.room_id(kRoom), PlatformMessageId(77), 10));
  ASSERT_TRUE(said);
  ASSERT_EQ(said->size(), 2U) << "the question and its answer";
  EXPECT_TRUE((*said)[1].bot);
}

TEST(FleetConversation, WhatFollowsInTheThreadNeedsNoName) {
  Talk talk;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.run_for(1s);
  talk.say(bot, kAnn, "and the weather", 77);
  talk.run_for(1s);
  EXPECT_EQ(talk.answers(), 2U);
  talk.say(bot, kAnn, "something else", 78);
  talk.say(bot, kAnn, "and here");
  talk.say(bot, kBob, "may I", 77);
  talk.run_for(1s);
  EXPECT_EQ(talk.answers(), 2U) << "another thread, the main line, another person";
  const auto live = talk.fleet->conversations();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].thread, PlatformMessageId(77));
  EXPECT_EQ(live[0].person, PlatformUserId(kAnn));
}

TEST(FleetConversation, AChainOfRepliesGoesOnWithoutAMention) {
  Talk talk;
  const BotId bot = talk.begin();
  const auto first = talk.say(bot, kAnn, "@bot_ada hello");
  talk.run_for(1s);
  ASSERT_EQ(talk.answers(), 1U);
  talk.say(bot, kAnn, "I meant good evening", {}, first, kAnn);
  talk.run_for(1s);
  EXPECT_EQ(talk.answers(), 2U) << "who adds to their own words goes on with the bot";
  EXPECT_EQ(talk.fleet->conversations().size(), 1U);
  talk.say(bot, kAnn, "lunch at noon");
  talk.say(bot, kAnn, "no, Bob", {}, talk.say(bot, kBob, "one o'clock"), kBob);
  talk.run_for(1s);
  EXPECT_EQ(talk.answers(), 2U) << "outside the chain she speaks to others";
}

TEST(FleetConversation, TwoThreadsOfOnePersonKnowNothingOfEachOther) {
  Talk talk;
  const BotId bot = talk.begin();
  for (int i = 0; i < 3; ++i) {
    talk.say(bot, kAnn, "@bot_ada canaryred " + std::to_string(i), 77);
    talk.say(bot, kAnn, "@bot_ada canaryblue " + std::to_string(i), 78);
    talk.run_for(5s);
  }
  talk.say(bot, kAnn, "@bot_ada canarygreen");
  talk.run_for(5s);
  ASSERT_EQ(talk.generator->requests.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) {
    const std::string prompt = talk.prompt(i);
    const int colours = (prompt.find("canaryred") != std::string::npos ? 1 : 0) +
                        (prompt.find("canaryblue") != std::string::npos ? 1 : 0) +
                        (prompt.find("canarygreen") != std::string::npos ? 1 : 0);
    EXPECT_EQ(colours, 1) << i << "\n" << prompt;
  }
  EXPECT_NE(talk.prompt(5).find(" 0"), std::string::npos) << "a thread remembers its own lines";
}

TEST(FleetConversation, AThreadThatTheRoomsMemoryLetGoIsReadFromTheStore) {
  Talk talk;
  talk.settings.history_lines = 5;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada the password is heron", 77);
  talk.run_for(1s);
  for (int i = 0; i < 20; ++i) talk.say(bot, kBob, "noise number " + std::to_string(i));
  talk.say(bot, kAnn, "what did I say", 77);
  talk.run_for(1s);
  ASSERT_EQ(talk.generator->requests.size(), 2U);
  EXPECT_NE(talk.prompt(1).find("heron"), std::string::npos);
  EXPECT_EQ(talk.prompt(1).find("noise"), std::string::npos);
}

TEST(FleetConversation, AnAnswerHoldsASlotAndTheSilenceAfterItNone) {
  Talk talk;
  talk.settings.conversations.global = 1;
  const BotId bot = talk.begin();
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "hello")));
  talk.run_for(1s);
  auto status = talk.fleet->status();
  EXPECT_EQ(status.conversations.live, 0U);
  EXPECT_EQ(status.conversations.waiting_for_user, 1U);
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kBob, "hello")));
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "more")));
  talk.run_for(1s);
  EXPECT_EQ(talk.answers(), 3U);
  status = talk.fleet->status();
  EXPECT_EQ(status.conversation_counters.begun, 2U);
  EXPECT_EQ(status.conversation_counters.resumed, 1U) << "the same conversation";
  talk.run_for(61s);
  EXPECT_EQ(talk.fleet->status().conversations.waiting_for_user, 0U);
  EXPECT_EQ(talk.ended("completed"), 2);
  EXPECT_EQ(talk.answers(), 3U) << "nobody is told that they are silent";
}

TEST(FleetConversation, ThePlaceInTheLineIsTrueAndToldOnceThroughRestarts) {
  Talk talk;
  talk.settings.conversations.global = 1;
  talk.settings.conversations.queue_deadline = 10min;
  talk.settings.generate_timeout = 10min;
  talk.generator->latency = 40s;
  const BotId bot = talk.begin();
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "hello")));
  talk.run_for(100ms);
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kBob, "hello")));
  talk.run_for(100ms);
  ASSERT_TRUE(talk.accept(bot, talk.private_message(3, "hello")));
  talk.run_for(20s);
  const auto told = [&](std::int64_t person) {
    std::vector<std::string> out;
    for (const auto& sent : talk.platform->delivered()) {
      if (sent.chat == PlatformChatId(person) && sent.text.find("in line") != std::string::npos) {
        out.push_back(sent.text);
      }
    }
    return out;
  };
  ASSERT_EQ(told(kBob).size(), 1U);
  EXPECT_NE(told(kBob)[0].find("number 1"), std::string::npos);
  ASSERT_EQ(told(3).size(), 1U);
  EXPECT_NE(told(3)[0].find("number 2"), std::string::npos);
  talk.kill();
  talk.restart();
  talk.run_for(10min);
  EXPECT_EQ(told(kBob).size() + told(3).size(), 2U);
  std::size_t answered = 0;
  for (const auto& sent : talk.platform->delivered()) {
    answered += sent.text.find("in line") == std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(answered, 3U);
}

TEST(FleetConversation, ARefusalIsSaidOncePerPersonAndFiveMinutesWithItsReason) {
  Talk talk;
  talk.settings.conversations.global = 1;
  talk.settings.conversations.queue = 0;
  talk.settings.conversations.idle = 1h;
  talk.settings.conversations.maximum = 1h;
  talk.settings.generate_timeout = 1h;
  talk.generator->latency = 50min;
  const BotId bot = talk.begin();
  const BotId other = talk.add_bot("bea");
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "hello")));
  talk.run_for(1s);
  for (int minute = 0; minute < 12; ++minute) {
    ASSERT_TRUE(talk.accept(minute % 2 == 0 ? bot : other, talk.private_message(kBob, "hello")));
    talk.run_for(1min);
  }
  EXPECT_EQ(talk.answers(), 3U) << "at 0, 5 and 10 minutes";
  EXPECT_EQ(talk.metric("chorus_conversations_refused_total", {{"reason", "global_limit"}}), 12);
  for (const auto& sent : talk.platform->delivered()) {
    EXPECT_NE(sent.text.find("too many conversations"), std::string::npos) << sent.text;
  }
}

TEST(FleetConversation, WhoHasTooManyOfTheirOwnHearsThat) {
  Talk talk;
  talk.settings.conversations.per_user = 1;
  talk.settings.conversations.queue_over_user_limit = false;
  talk.generator->latency = 10s;
  const BotId bot = talk.begin();
  const BotId other = talk.add_bot("bea");
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "hello")));
  talk.run_for(1s);
  ASSERT_TRUE(talk.accept(other, talk.private_message(kAnn, "hello")));
  talk.run_for(1s);
  ASSERT_EQ(talk.answers(), 1U);
  EXPECT_NE(talk.platform->delivered()[0].text.find("one person may have"), std::string::npos);
}

TEST(FleetConversation, IdleWorkIsCancelledAndItsThreadHearsIt) {
  Talk talk;
  talk.settings.generate_timeout = 1h;
  talk.generator->latency = 30min;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.run_for(59s);
  EXPECT_EQ(talk.generator->under_way, 1U);
  talk.run_for(2s);
  EXPECT_EQ(talk.generator->under_way, 0U) << "the work itself has stopped";
  ASSERT_EQ(talk.answers(), 1U);
  EXPECT_NE(talk.platform->delivered()[0].text.find("Nothing has moved"), std::string::npos);
  EXPECT_EQ(talk.platform->delivered()[0].thread, PlatformMessageId(77));
  EXPECT_EQ(talk.fleet->status().conversations.live, 0U);
  EXPECT_EQ(talk.ended("idle"), 1);
  EXPECT_EQ(talk.reason("conversation_ended"), 1);
  talk.say(bot, kAnn, "still there", 77);
  talk.run_for(1s);
  EXPECT_EQ(talk.generator->requests.size(), 1U) << "it has ended: she has to name the bot";
  talk.stop();
  talk.restart();
  talk.run_for(5min);
  EXPECT_EQ(talk.answers(), 1U) << "said once, and nothing is taken up again";
}

TEST(FleetConversation, ALineOfThePersonKeepsTheWorkAliveUntilTheMaximum) {
  Talk talk;
  talk.settings.generate_timeout = 1h;
  talk.generator->latency = 30min;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.run_for(50s);
  talk.say(bot, kAnn, "I can wait", 77);
  talk.run_for(50s);
  talk.say(bot, kAnn, "take your time", 77);
  talk.run_for(15s);
  EXPECT_EQ(talk.generator->under_way, 1U);
  talk.run_for(10s);
  ASSERT_GE(talk.answers(), 1U);
  EXPECT_NE(talk.platform->delivered()[0].text.find("longer than a conversation may last"),
            std::string::npos);
  EXPECT_EQ(talk.ended("timed_out"), 1);
}

TEST(FleetConversation, TalkingForLongIsNoOverlongWork) {
  Talk talk;
  talk.generator->latency = 10s;
  const BotId bot = talk.begin();
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "line " + std::to_string(i))));
    talk.run_for(20s);
  }
  EXPECT_EQ(talk.answers(), 60U);
  EXPECT_EQ(talk.ended("timed_out"), 0);
  EXPECT_EQ(talk.fleet->conversations().size(), 1U);
}

TEST(FleetConversation, ARestartInTheMiddleGoesOnWhereItWas) {
  Talk talk;
  const BotId bot = talk.begin();
  const auto first = talk.say(bot, kAnn, "@bot_ada hello", 77);
  const auto chain = talk.say(bot, kBob, "@bot_ada good morning");
  talk.run_for(1s);
  ASSERT_EQ(talk.answers(), 2U);
  talk.generator->latency = 20s;
  talk.say(bot, kAnn, "and the weather", 77);
  talk.run_for(5s);
  talk.kill();
  talk.generator->latency = 20ms;
  talk.restart();
  talk.run_for(5s);
  EXPECT_EQ(talk.answers(), 3U) << "the work that was under way";
  talk.say(bot, kAnn, "and tomorrow", 77);
  talk.say(bot, kBob, "did you sleep well", {}, chain, kBob);
  talk.run_for(5s);
  EXPECT_EQ(talk.answers(), 5U) << "a thread and a chain of replies";
  EXPECT_EQ(talk.fleet->conversations().size(), 2U);
  (void)first;
}

TEST(FleetConversation, IdleCountsThroughARestartFromTheStoredLastActivity) {
  Talk talk;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.run_for(40s);
  talk.stop();
  talk.restart();
  EXPECT_EQ(talk.fleet->conversations().size(), 1U);
  talk.run_for(25s);
  EXPECT_EQ(talk.fleet->conversations().size(), 0U) << "65 s after the last line";
  talk.say(bot, kAnn, "hello again", 77);
  talk.run_for(5s);
  EXPECT_EQ(talk.answers(), 1U);
  talk.stop();
  talk.restart();
  EXPECT_EQ(talk.fleet->conversations().size(), 0U) << "the row is gone";
}

TEST(FleetConversation, WhatAStopCutsOffIsAnsweredByTheNextProcess) {
  Talk talk;
  talk.settings.conversations.global = 1;
  talk.settings.generate_timeout = 1h;
  talk.generator->latency = 40s;
  const BotId bot = talk.begin();
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "hello")));
  talk.run_for(100ms);
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kBob, "hello")));
  talk.run_for(1s);
  talk.stop(2s);
  EXPECT_EQ(talk.answers(), 0U);
  talk.generator->latency = 20ms;
  talk.restart();
  talk.run_for(5s);
  EXPECT_EQ(talk.answers(), 2U);
}

TEST(FleetConversation, StopEndsItAtOnce) {
  Talk talk;
  talk.settings.generate_timeout = 1h;
  talk.generator->latency = 50s;
  const BotId bot = talk.begin();
  ASSERT_TRUE(talk.accept(bot, talk.private_message(kAnn, "hello")));
  talk.run_for(1s);
  auto stop = talk.private_message(kAnn, "/stop");
  stop.message->command = "stop";
  ASSERT_TRUE(talk.accept(bot, std::move(stop)));
  talk.run_for(1s);
  EXPECT_EQ(talk.generator->under_way, 0U);
  EXPECT_EQ(talk.answers(), 1U) << "the answer to /stop";
  EXPECT_TRUE(talk.fleet->conversations().empty());
  EXPECT_EQ(talk.ended("cancelled"), 1);
  talk.run_for(5min);
  EXPECT_EQ(talk.answers(), 1U);
}

TEST(FleetConversation, AnOperatorEndsOne) {
  Talk talk;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.run_for(1s);
  const auto live = talk.fleet->conversations();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].state, policy::ConversationState::WaitingForUser);
  EXPECT_TRUE(talk.fleet->end_conversation(live[0].id));
  EXPECT_EQ(talk.fleet->end_conversation(live[0].id).error().code, ErrorCode::NotFound);
  talk.say(bot, kAnn, "and the weather", 77);
  talk.run_for(1s);
  EXPECT_EQ(talk.answers(), 1U);
}

TEST(FleetConversation, WhoIsForgottenHasNone) {
  Talk talk;
  const BotId bot = talk.begin();
  talk.say(bot, kAnn, "@bot_ada hello", 77);
  talk.run_for(1s);
  ASSERT_TRUE(drive(talk.loop, talk.fleet->forget_person(PlatformUserId(kAnn))));
  talk.run_for(1s);
  EXPECT_TRUE(talk.fleet->conversations().empty());
  EXPECT_TRUE(drive(talk.loop, talk.sqlite().load())->conversations.empty());
}

TEST(FleetConversation, OnePersonsMentionsLeaveABoundedNumberBehind) {
  Talk talk;
  talk.settings.conversations.idle = 1h;
  const BotId bot = talk.begin();
  for (int i = 0; i < 40; ++i) {
    talk.say(bot, kAnn, "@bot_ada question " + std::to_string(i));
    talk.run_for(1s);
  }
  EXPECT_EQ(talk.answers(), 40U);
  EXPECT_EQ(talk.fleet->conversations().size(), 16U);
}

}  // namespace
}  // namespace chorus
