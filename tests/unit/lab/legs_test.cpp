#include "chorus/lab/legs.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

const PlatformUserId kBot{5};
const PlatformChatId kRoom{77};

MonoTime at(Duration d) {
  return MonoTime{d};
}

/// A private chat with one bot, and what came out of it.
struct LegsTest : testing::Test {
  LegsTest() {
    legs.on_legs = [this](const LedgerRecord&, const LegTimes& times) { seen.push_back(times); };
  }
  LedgerRecord& send(std::uint64_t sequence, Duration when, std::int64_t room = kRoom.value) {
    auto& record = records.emplace_back();
    record.sequence = sequence;
    auto& m = record.message;
    m.room = {room, kBot.value};
    m.accepted = at(when);
    m.expect.reply = ReplyRule::Required;
    m.addressed = kBot;
    m.recipients = {kBot};
    legs.sent(sequence, m);
    return record;
  }
  void reply(LedgerRecord& record, Duration when) {
    record.replied = at(when);
    record.replied_by = kBot;
    legs.replied(record);
  }
  Legs legs;
  std::deque<LedgerRecord> records;
  std::vector<LegTimes> seen;
};

TEST_F(LegsTest, APolledMessageIsTakenApart) {
  auto& record = send(1, 10s);
  legs.taken(1, kBot, 0s, false, at(10200ms));
  legs.call_begun(kBot, "sendchataction", kRoom, at(10300ms));
  legs.call_begun(kBot, "sendmessage", kRoom, at(12s));
  reply(record, 12050ms);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].queue, Duration(200ms));
  ASSERT_TRUE(seen[0].split);
  EXPECT_EQ(seen[0].split->react, Duration(100ms));
  EXPECT_EQ(seen[0].split->work, Duration(1700ms));
  EXPECT_EQ(seen[0].split->send, Duration(50ms));
  EXPECT_FALSE(seen[0].split->llm);
  EXPECT_EQ(legs.open(), 0U);
}

TEST_F(LegsTest, ARefusedSendBelongsToTheSending) {
  auto& record = send(1, 0s);
  legs.taken(1, kBot, 0s, false, at(1s));
  legs.call_begun(kBot, "sendmessage", kRoom, at(2s));  // 429: three seconds
  legs.call_begun(kBot, "sendmessage", kRoom, at(5s));
  reply(record, 5s);
  ASSERT_TRUE(seen.at(0).split);
  EXPECT_EQ(seen[0].split->send, Duration(3s));
  EXPECT_EQ(seen[0].split->work, Duration::zero());
}

TEST_F(LegsTest, AWebhookIsHandedOutWhenItsDeliveryBegan) {
  auto& record = send(1, 0s);
  legs.call_begun(kBot, "sendmessage", kRoom, at(400ms));
  reply(record, 400ms);  // before the 2xx
  EXPECT_TRUE(seen.empty());
  legs.taken(1, kBot, 350ms, true, at(450ms));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].queue, Duration(100ms));
  EXPECT_EQ(seen[0].split->react, Duration(300ms));
}

TEST_F(LegsTest, AnAnswerInTheWebhookHasNoSendingToSee) {
  auto& record = send(1, 0s);
  reply(record, 300ms);
  legs.taken(1, kBot, 300ms, true, at(300ms));
  ASSERT_TRUE(seen.at(0).split);
  EXPECT_FALSE(seen[0].split->send);
  EXPECT_EQ(seen[0].split->react, Duration(300ms));
}

TEST_F(LegsTest, TwoMessagesOfOneRoomAreNotGuessedApart) {
  auto& first = send(1, 0s);
  auto& second = send(2, 1s);
  legs.taken(1, kBot, 0s, false, at(2s));
  legs.taken(2, kBot, 0s, false, at(2s));
  legs.call_begun(kBot, "sendmessage", kRoom, at(3s));
  reply(first, 3s);
  reply(second, 4s);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_FALSE(seen[0].split);
  EXPECT_FALSE(seen[1].split);
  EXPECT_EQ(seen[1].queue, Duration(1s));
  EXPECT_EQ(legs.counts().replies, 2U);
  EXPECT_EQ(legs.counts().split, 0U);
}

TEST_F(LegsTest, ACallBeforeThePollWasForSomethingElse) {
  auto& record = send(1, 0s);
  legs.call_begun(kBot, "sendmessage", kRoom, at(1s));
  legs.taken(1, kBot, 0s, false, at(2s));
  legs.call_begun(kBot, "sendmessage", kRoom, at(4s));
  reply(record, 4s);
  EXPECT_EQ(seen.at(0).split->react, Duration(2s));
}

TEST_F(LegsTest, AnLlmCallCountsForTheOnlyMessageAtWork) {
  auto& record = send(1, 0s);
  legs.taken(1, kBot, 0s, false, at(1s));
  legs.llm_call(800ms, at(2s));
  legs.llm_call(500ms, at(2600ms));
  legs.call_begun(kBot, "sendmessage", kRoom, at(3s));
  reply(record, 3s);
  ASSERT_TRUE(seen.at(0).split);
  EXPECT_EQ(seen[0].split->llm, Duration(1300ms));
  EXPECT_EQ(seen[0].split->react, Duration(200ms));
  EXPECT_EQ(legs.counts().llm_calls, 2U);
}

TEST_F(LegsTest, AnLlmCallThatCouldBeForSeveralCountsForNone) {
  auto& one = send(1, 0s, 1);
  auto& two = send(2, 0s, 2);
  legs.taken(1, kBot, 0s, false, at(1s));
  legs.taken(2, kBot, 0s, false, at(1500ms));
  legs.llm_call(1s, at(3s));
  reply(one, 4s);
  legs.llm_call(2s, at(5s));  // began while both were at work
  legs.llm_call(500ms, at(6s));
  reply(two, 7s);
  EXPECT_FALSE(seen.at(0).split->llm);
  EXPECT_EQ(seen.at(1).split->llm, Duration(500ms));
  EXPECT_EQ(legs.counts().llm_unknown, 2U);
  legs.taken_other(at(8s));
  auto& three = send(3, 8s, 3);
  legs.taken(3, kBot, 0s, false, at(9s));
  legs.llm_call(100ms, at(10s));  // may be for the update that nobody follows
  reply(three, 11s);
  EXPECT_FALSE(seen.at(2).split->llm);
}

TEST_F(LegsTest, WhatIsNeverAnsweredIsForgotten) {
  auto& record = send(1, 0s);
  legs.taken(1, kBot, 0s, false, at(1s));
  legs.closed(record);
  EXPECT_EQ(legs.open(), 0U);
  legs.call_begun(kBot, "sendmessage", kRoom, at(90s));
  auto& next = send(2, 100s);
  legs.taken(2, kBot, 0s, false, at(101s));
  reply(next, 102s);
  EXPECT_TRUE(seen.at(0).split);
}

TEST_F(LegsTest, TheLegsOfAReplyAreItsServiceTime) {
  std::uint64_t sequence = 0;
  for (int step = 0; step < 200; ++step) {
    const Duration begin = std::chrono::seconds(step * 20);
    auto& record = send(++sequence, begin);
    const auto poll = begin + std::chrono::milliseconds(step % 7 * 100);
    legs.taken(sequence, kBot, 0s, false, at(poll));
    if (step % 3 == 0) legs.call_begun(kBot, "sendchataction", kRoom, at(poll + 50ms));
    legs.call_begun(kBot, "sendmessage", kRoom, at(poll + 300ms));
    const auto done = poll + 300ms + std::chrono::milliseconds(step % 5 * 40);
    reply(record, done);
    const auto& t = seen.back();
    ASSERT_TRUE(t.split);
    EXPECT_EQ(t.queue + t.split->react + t.split->work + *t.split->send, done - begin);
  }
}

}  // namespace
}  // namespace chorus::lab
