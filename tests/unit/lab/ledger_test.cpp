#include "chorus/lab/ledger.hpp"

#include "chorus/sandbox/llm/answer.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kGroup = -100;
const PlatformUserId kBot{500};
const PlatformUserId kOther{501};

MonoTime at(Duration d) {
  return MonoTime{d};
}

/// Drives a ledger with literal events and keeps what it handed out.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest() : ledger_(Ledger::Options{.run_seed = 7}) {
    ledger_.on_reply = [this](const LedgerRecord& r) { replied_.push_back(r.sequence); };
    ledger_.on_closed = [this](const LedgerRecord& r) { closed_.push_back(r); };
  }

  SentMessage message(std::int64_t id, Duration when, ReplyRule rule = ReplyRule::Required) {
    SentMessage m;
    m.room = {kGroup, 0};
    m.id = PlatformMessageId{id};
    m.intended = m.woke = m.accepted = at(when);
    m.expect.reply = rule;
    m.expect.within = 10s;
    if (rule == ReplyRule::Required) m.addressed = kBot;
    m.recipients = {kBot, kOther};
    return m;
  }
  SentMessage private_message(std::int64_t id, Duration when, std::uint32_t person = 1) {
    auto m = message(id, when);
    m.room = {1000 + person, kBot.value};
    m.person = person;
    m.recipients = {kBot};
    return m;
  }
  void take(PlatformUserId bot, std::int64_t id, Duration when, std::int64_t room = kGroup) {
    ledger_.taken(bot, PlatformChatId{room}, PlatformMessageId{id}, 1ms, at(when));
  }
  std::optional<Ledger::Attribution> answer(PlatformUserId bot, Duration when,
                                            std::optional<std::int64_t> reply_to,
                                            std::string_view text = "ok",
                                            std::int64_t room = kGroup) {
    BotMessage m;
    m.bot = bot;
    m.room = Ledger::key(PlatformChatId{room}, bot);
    m.id = PlatformMessageId{++next_bot_message_};
    m.text = text;
    if (reply_to) m.reply_to = PlatformMessageId{*reply_to};
    m.at = at(when);
    return ledger_.bot_message(m);
  }
  void expect_end(Outcome outcome, Duration end = 60s) {
    ledger_.finish(at(end));
    EXPECT_TRUE(ledger_.counts().identity_holds());
    ASSERT_EQ(closed_.size(), 1U);
    EXPECT_EQ(closed_[0].outcome, outcome) << to_string(closed_[0].outcome);
    EXPECT_EQ(ledger_.counts().of(outcome), 1U);
    EXPECT_EQ(ledger_.awaiting(), 0U);
  }

  Ledger ledger_;
  std::vector<std::uint64_t> replied_;
  std::vector<LedgerRecord> closed_;
  std::int64_t next_bot_message_ = 9000;
};

TEST_F(LedgerTest, ALinkedReplyAnswers) {
  ledger_.sent(message(1, 0s));
  EXPECT_EQ(ledger_.awaiting(), 1U);
  take(kBot, 1, 1s);
  const auto attribution = answer(kBot, 2s, 1);
  ASSERT_TRUE(attribution);
  EXPECT_EQ(attribution->via, Via::Link);
  EXPECT_TRUE(attribution->first);
  EXPECT_EQ(ledger_.awaiting(), 0U);
  EXPECT_EQ(replied_.size(), 1U);
  expect_end(Outcome::Answered);
  EXPECT_EQ(closed_[0].replied, at(2s));
  EXPECT_EQ(closed_[0].taken, at(1s));
}

TEST_F(LedgerTest, AReplyOfAnotherBotIsNotTheRequiredOne) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  answer(kOther, 2s, 1);
  expect_end(Outcome::Unanswered);
}

TEST_F(LedgerTest, AnyBotWillDoWhenNoneIsAddressed) {
  auto m = message(1, 0s);
  m.addressed = {};
  ledger_.sent(std::move(m));
  take(kOther, 1, 1s);
  answer(kOther, 2s, std::nullopt);
  expect_end(Outcome::Answered);
}

TEST_F(LedgerTest, OptionalMessagesMayBeIgnored) {
  ledger_.sent(message(1, 0s, ReplyRule::Optional));
  expect_end(Outcome::IgnoredOk);
}

TEST_F(LedgerTest, TakenButNotAnsweredIsUnanswered) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  expect_end(Outcome::Unanswered);
}

TEST_F(LedgerTest, ALateReplyIsUnansweredButMeasured) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  ledger_.advance(at(11s));
  EXPECT_EQ(ledger_.awaiting(), 0U);
  answer(kBot, 12s, 1);
  EXPECT_EQ(replied_.size(), 1U);
  EXPECT_EQ(ledger_.counts().late_replies, 1U);
  expect_end(Outcome::Unanswered);
  EXPECT_TRUE(closed_[0].late);
}

TEST_F(LedgerTest, NeverTakenIsLost) {
  ledger_.sent(message(1, 0s));
  take(kOther, 1, 1s);
  expect_end(Outcome::Lost);
}

TEST_F(LedgerTest, ADroppedUpdateIsLost) {
  ledger_.sent(message(1, 0s));
  ledger_.dropped(kBot, PlatformChatId{kGroup}, PlatformMessageId{1});
  ledger_.advance(at(200s));
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_EQ(closed_[0].outcome, Outcome::Lost);
}

TEST_F(LedgerTest, AQueuedUpdateIsWaitedForUntilTheEnd) {
  ledger_.sent(message(1, 0s));
  ledger_.advance(at(500s));
  EXPECT_TRUE(closed_.empty());
  take(kBot, 1, 501s);
  expect_end(Outcome::Unanswered, 502s);
}

TEST_F(LedgerTest, WithheldByPrivacyIsLost) {
  auto m = message(1, 0s);
  m.recipients = {kOther};
  ledger_.sent(std::move(m));
  expect_end(Outcome::Lost);
}

TEST_F(LedgerTest, BeforeItsTimeIsOverItIsInFlight) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  expect_end(Outcome::InFlight, 5s);
}

TEST_F(LedgerTest, RefusedByTheWorldIsFailed) {
  ledger_.failed(message(0, 0s));
  expect_end(Outcome::Failed);
}

TEST_F(LedgerTest, TheSameAnswerTwiceIsADuplicate) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  answer(kBot, 2s, 1, "hello");
  const auto again = answer(kBot, 3s, 1, "hello");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_FALSE(again->first);
  answer(kBot, 4s, 1, "and more");
  EXPECT_EQ(ledger_.counts().duplicated, 1U);
  expect_end(Outcome::Answered);
  EXPECT_EQ(closed_[0].replies, 3U);
}

TEST_F(LedgerTest, AnUnlinkedRepeatIsADuplicateToo) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  answer(kBot, 2s, std::nullopt, "hello");
  answer(kBot, 3s, std::nullopt, "hello");
  EXPECT_EQ(ledger_.counts().duplicated, 1U);
  EXPECT_FALSE(answer(kBot, 30s, std::nullopt, "hello"));  // later it is small talk
  EXPECT_EQ(ledger_.counts().duplicated, 1U);
  EXPECT_EQ(ledger_.counts().unprompted, 1U);
}

TEST_F(LedgerTest, MoreAnswersThanAllowedAreCounted) {
  auto m = message(1, 0s);
  m.expect.max_count = 1;
  ledger_.sent(std::move(m));
  answer(kBot, 2s, 1, "one");
  answer(kBot, 2s, 1, "two");
  EXPECT_EQ(ledger_.counts().extra_replies, 1U);
  EXPECT_EQ(ledger_.counts().duplicated, 0U);
}

TEST_F(LedgerTest, AnAnswerWhereSilenceWasAskedIsSpurious) {
  ledger_.sent(message(1, 0s, ReplyRule::None));
  answer(kBot, 2s, 1);
  EXPECT_EQ(ledger_.counts().spurious, 1U);
}

TEST_F(LedgerTest, UnlinkedTalkInAGroupIsNoAnswerToSilence) {
  ledger_.sent(message(1, 0s, ReplyRule::None));
  take(kBot, 1, 1s);
  EXPECT_FALSE(answer(kBot, 2s, std::nullopt));
  EXPECT_EQ(ledger_.counts().spurious, 0U);
  expect_end(Outcome::IgnoredOk);
}

TEST_F(LedgerTest, OneTakenMessageIsOrderSeveralAreAWeakWindow) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  EXPECT_EQ(answer(kBot, 2s, std::nullopt, "a")->via, Via::Order);
  ledger_.sent(message(2, 3s));
  ledger_.sent(message(3, 3s));
  take(kBot, 2, 4s);
  take(kBot, 3, 4s);
  const auto first = answer(kBot, 5s, std::nullopt, "b");
  EXPECT_EQ(first->via, Via::Window);
  EXPECT_EQ(first->sequence, 1U);
  const auto second = answer(kBot, 5s, std::nullopt, "c");
  EXPECT_EQ(second->sequence, 2U);
  EXPECT_EQ(ledger_.counts().attributed[static_cast<std::size_t>(Via::Order)], 2U);
  EXPECT_EQ(ledger_.counts().attributed[static_cast<std::size_t>(Via::Window)], 1U);
}

TEST_F(LedgerTest, AWebhookBotMayAnswerBeforeItsAck) {
  ledger_.sent(message(1, 0s));
  const auto early = answer(kBot, 1s, std::nullopt);
  ASSERT_TRUE(early);
  EXPECT_EQ(early->sequence, 0U);
  take(kBot, 1, 2s);
  expect_end(Outcome::Answered);
}

TEST_F(LedgerTest, RequiredMessagesGoBeforeSmallTalk) {
  ledger_.sent(message(1, 0s, ReplyRule::Optional));
  ledger_.sent(message(2, 1s));
  take(kBot, 1, 2s);
  take(kBot, 2, 2s);
  EXPECT_EQ(answer(kBot, 3s, std::nullopt)->sequence, 1U);
}

TEST_F(LedgerTest, OnlyALinkCountsWhereALinkIsAsked) {
  auto m = message(1, 0s);
  m.expect.linked = true;
  ledger_.sent(std::move(m));
  take(kBot, 1, 1s);
  answer(kBot, 2s, std::nullopt);
  EXPECT_TRUE(replied_.empty());
  answer(kBot, 3s, 1, "linked");
  expect_end(Outcome::Answered);
}

TEST_F(LedgerTest, PrivateChatsOfTwoPeopleStayApart) {
  // Both chats number their messages alike; only the room tells them apart.
  ledger_.sent(private_message(1, 0s, 1));
  ledger_.sent(private_message(1, 0s, 2));
  take(kBot, 1, 1s, 1001);
  take(kBot, 1, 1s, 1002);
  EXPECT_EQ(answer(kBot, 2s, std::nullopt, "b", 1002)->sequence, 1U);
  EXPECT_EQ(answer(kBot, 3s, std::nullopt, "a", 1001)->sequence, 0U);
  EXPECT_EQ(ledger_.counts().out_of_order, 0U);
}

TEST_F(LedgerTest, WhatFollowsAnAnswerInPrivateIsItsNextPart) {
  ledger_.sent(private_message(1, 0s));
  take(kBot, 1, 1s, 1001);
  answer(kBot, 2s, std::nullopt, "part one", 1001);
  const auto part = answer(kBot, 3s, std::nullopt, "part two", 1001);
  ASSERT_TRUE(part);
  EXPECT_FALSE(part->first);
  EXPECT_EQ(ledger_.counts().duplicated, 0U);
  EXPECT_EQ(ledger_.counts().unprompted, 0U);
}

TEST_F(LedgerTest, AnswersThatOvertakeAreOutOfOrder) {
  ledger_.sent(private_message(1, 0s));
  ledger_.sent(private_message(2, 1s));
  answer(kBot, 2s, 2, "b", 1001);
  EXPECT_EQ(ledger_.counts().out_of_order, 0U);
  answer(kBot, 3s, 1, "a", 1001);
  EXPECT_EQ(ledger_.counts().out_of_order, 1U);
}

TEST_F(LedgerTest, ACanaryProvesTheCause) {
  auto one = private_message(1, 0s);
  one.canary = Canary{1, 0};
  ledger_.sent(std::move(one));
  auto two = private_message(2, 0s);
  two.canary = Canary{1, 1};
  ledger_.sent(std::move(two));
  const auto text = "about " + canary_text(7, Canary{1, 1});
  const auto attribution = answer(kBot, 1s, std::nullopt, text, 1001);
  ASSERT_TRUE(attribution);
  EXPECT_EQ(attribution->via, Via::Canary);
  EXPECT_EQ(attribution->sequence, 1U);
  EXPECT_EQ(ledger_.counts().misrouted, 0U);
}

TEST_F(LedgerTest, ACanaryInAnotherRoomIsMisrouted) {
  auto one = private_message(1, 0s, 1);
  one.canary = Canary{1, 0};
  ledger_.sent(std::move(one));
  ledger_.sent(private_message(1, 0s, 2));
  answer(kBot, 1s, std::nullopt, "for you: " + canary_text(7, Canary{1, 0}), 1002);
  EXPECT_EQ(ledger_.counts().misrouted, 1U);
}

TEST_F(LedgerTest, ACanaryInAReplyToAnotherPersonIsMisrouted) {
  auto one = message(1, 0s);
  one.person = 1;
  one.canary = Canary{1, 0};
  ledger_.sent(std::move(one));
  auto two = message(2, 0s);
  two.person = 2;
  ledger_.sent(std::move(two));
  answer(kBot, 1s, 2, "mixed up " + canary_text(7, Canary{1, 0}));
  EXPECT_EQ(ledger_.counts().misrouted, 1U);
}

// The way of a real run: a person's text, a model that repeats what it was asked, the answer.
std::string model_says(const std::string& prompt) {
  proto::openai::ChatRequest request;
  request.messages.push_back({"user", "", "Ada: [kqwx]" + prompt + "[/kqwx]"});
  return sandbox::scripted_answer(request, 30, Rng(1));
}

TEST_F(LedgerTest, AnAnswerOfTheModelIsAttributedByItsCanary) {
  auto one = private_message(1, 0s);
  one.canary = Canary{1, 0};
  ledger_.sent(std::move(one));
  auto two = private_message(2, 0s);
  two.canary = Canary{1, 1};
  ledger_.sent(std::move(two));
  const auto text = model_says("coffee " + canary_text(7, Canary{1, 1}));
  const auto attribution = answer(kBot, 1s, std::nullopt, text, 1001);
  ASSERT_TRUE(attribution);
  EXPECT_EQ(attribution->via, Via::Canary);
  EXPECT_EQ(attribution->sequence, 1U);
  EXPECT_EQ(ledger_.counts().misrouted, 0U);
}

TEST_F(LedgerTest, CrossTalkThroughTheModelIsMisrouted) {
  auto one = private_message(1, 0s, 1);
  one.canary = Canary{1, 0};
  ledger_.sent(std::move(one));
  auto two = private_message(1, 0s, 2);
  two.canary = Canary{2, 0};
  ledger_.sent(std::move(two));
  // A bot that keeps one history for all asks the model person 1's question for person 2.
  answer(kBot, 1s, std::nullopt, model_says("coffee " + canary_text(7, Canary{1, 0})), 1002);
  EXPECT_EQ(ledger_.counts().misrouted, 1U);
}

TEST_F(LedgerTest, EditsMoveTheEndOfAStreamedAnswer) {
  ledger_.sent(message(1, 0s));
  answer(kBot, 2s, 1, "thin");
  ledger_.bot_edit({kGroup, 0}, PlatformMessageId{next_bot_message_}, at(4s));
  expect_end(Outcome::Answered);
  EXPECT_EQ(closed_[0].replied, at(2s));
  EXPECT_EQ(closed_[0].completed, at(4s));
}

TEST_F(LedgerTest, BotsTalkingToEachOtherAreUnprompted) {
  ledger_.sent(message(1, 0s));
  EXPECT_FALSE(answer(kOther, 1s, 4711));
  EXPECT_EQ(ledger_.counts().unprompted, 1U);
  EXPECT_EQ(ledger_.counts().bot_messages, 1U);
}

TEST_F(LedgerTest, MemoryIsGivenBackAfterTheLinger) {
  for (int i = 0; i < 1000; ++i) {
    const auto now = std::chrono::seconds(i);
    ledger_.sent(message(i + 1, now));
    take(kBot, i + 1, now);
    answer(kBot, now, i + 1);
    ledger_.advance(at(now));
  }
  EXPECT_EQ(closed_.size(), 1000U - 30);
  EXPECT_EQ(ledger_.find(5), nullptr);
  EXPECT_NE(ledger_.find(999), nullptr);
}

TEST_F(LedgerTest, AHardBoundClosesTheOldestEarly) {
  Ledger small(Ledger::Options{.max_open = 10});
  for (int i = 0; i < 50; ++i) small.sent(message(i + 1, 0s));
  EXPECT_EQ(small.counts().of(Outcome::Lost), 40U);
  small.finish(at(1s));
  EXPECT_TRUE(small.counts().identity_holds());
}

TEST_F(LedgerTest, TheIntegralInFlightIsTheSumOfTheLatencies) {
  ledger_.sent(message(1, 0s));
  ledger_.sent(message(2, 1s));
  ledger_.sent(message(3, 2s));
  answer(kBot, 4s, 1, "a");
  answer(kBot, 6s, 2, "b");
  ledger_.finish(at(60s));  // the third is never answered and has no place in it
  EXPECT_NEAR(ledger_.in_flight_seconds(), 4 + 5, 1e-9);
}

/// A day of messages may take no more memory than an hour of them.
TEST_F(LedgerTest, HoldsNoMoreAfterTenTimesAsMany) {
  const auto drive = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      const auto when = i * 100ms;
      ledger_.sent(message(i + 1, when, i % 5 == 0 ? ReplyRule::Optional : ReplyRule::Required));
      take(kBot, i + 1, when + 1ms);
      take(kOther, i + 1, when + 1ms);
      if (i % 7 != 0) answer(kBot, when + 2ms, i + 1);
      ledger_.advance(at(when + 50ms));
    }
  };
  next_bot_message_ = 1'000'000;
  drive(0, 1000);
  const auto short_run = ledger_.held();
  drive(1000, 10'000);
  EXPECT_EQ(ledger_.counts().sent, 10'000U);
  EXPECT_LE(ledger_.held(), short_run * 11 / 10);
}

TEST_F(LedgerTest, ABalanceIsWhatItsEndWouldComeToAndChangesNothing) {
  ledger_.sent(message(1, 0s));
  take(kBot, 1, 1s);
  answer(kBot, 2s, 1);
  ledger_.sent(message(2, 1s));  // taken, and not answered in time
  take(kBot, 2, 1s);
  ledger_.sent(message(3, 20s));  // the platform still has it
  ledger_.sent(message(4, 21s));
  take(kBot, 4, 22s);
  std::vector<LedgerRecord> open;
  const auto balance = ledger_.balance(at(23s), open);
  EXPECT_EQ(open.size(), 4U);
  EXPECT_TRUE(balance.counts.identity_holds());
  EXPECT_EQ(balance.counts.of(Outcome::Answered), 1U);
  EXPECT_EQ(balance.counts.of(Outcome::Unanswered), 1U);
  EXPECT_EQ(balance.counts.of(Outcome::InFlight), 2U);
  EXPECT_EQ(balance.counts.of(Outcome::Lost), 0U);
  EXPECT_EQ(balance.next_sequence, 4U);
  EXPECT_TRUE(closed_.empty());
  Ledger later(Ledger::Options{.run_seed = 7});
  later.carry_on(balance);
  EXPECT_EQ(later.sent(message(1, 40s)), 4U);
  later.finish(at(41s));
  EXPECT_EQ(later.counts().sent, 5U);
  EXPECT_TRUE(later.counts().identity_holds());
}

}  // namespace
}  // namespace chorus::lab
