#pragma once

#include "support/store_conformance.hpp"
#include <gtest/gtest.h>

#include <utility>
#include <vector>

/// A further part of the suite: what is due at a time for one person.
namespace chorus::test {

using Kept = store::ReminderKept::Outcome;

TEST_P(StoreConformance, RemindersRoundTripInOrderOfTheirTime) {
  auto late = sample_reminder(1, BotId(1), PlatformUserId(77));
  late.due += std::chrono::hours(1);
  auto soon = sample_reminder(2, BotId(2), PlatformUserId(78));
  soon.reply_to.reset();
  soon.thread = PlatformMessageId(12);
  soon.kind = store::ReminderKind::Question;
  EXPECT_EQ(ok(store().put_reminder(late, {})).outcome, Kept::New);
  EXPECT_EQ(ok(store().put_reminder(soon, {})).outcome, Kept::New);
  const auto rows = ok(store().next_reminders(10));
  ASSERT_EQ(rows.size(), 2U);
  expect_same(rows[0], soon);
  expect_same(rows[1], late);
  EXPECT_EQ(ok(store().next_reminders(1)).size(), 1U);
  const auto questions = ok(store().open_questions());
  ASSERT_EQ(questions.size(), 1U);
  expect_same(questions[0], soon);
  const auto theirs = ok(store().reminders_of(PlatformUserId(77)));
  ASSERT_EQ(theirs.size(), 1U);
  expect_same(theirs[0], late);
}

TEST_P(StoreConformance, AReminderOfAKnownKeyIsNotKeptAgain) {
  const auto first = sample_reminder(1, BotId(1), PlatformUserId(77));
  EXPECT_EQ(ok(store().put_reminder(first, {})).number, 1);
  auto again = sample_reminder(2, BotId(1), PlatformUserId(77));
  again.key = first.key;
  again.text = "other words";
  const auto kept = ok(store().put_reminder(again, {}));
  EXPECT_EQ(kept.outcome, Kept::Known);
  EXPECT_EQ(kept.number, 1);
  const auto rows = ok(store().next_reminders(10));
  ASSERT_EQ(rows.size(), 1U);
  expect_same(rows[0], first);
}

TEST_P(StoreConformance, RemindersHaveTheSmallestFreeNumberOfTheirPerson) {
  for (std::int64_t id = 1; id <= 3; ++id) {
    const auto row = sample_reminder(id, BotId(id), PlatformUserId(77));
    EXPECT_EQ(ok(store().put_reminder(row, {})).number, id);
  }
  EXPECT_EQ(ok(store().put_reminder(sample_reminder(4, BotId(1), PlatformUserId(78)), {})).number,
            1);
  EXPECT_TRUE(ok(store().remove_reminder(ReminderId(2))));
  EXPECT_FALSE(ok(store().remove_reminder(ReminderId(2))));
  EXPECT_EQ(ok(store().put_reminder(sample_reminder(5, BotId(1), PlatformUserId(77)), {})).number,
            2);
  EXPECT_EQ(ok(store().put_reminder(sample_reminder(6, BotId(1), PlatformUserId(77)), {})).number,
            4);
}

TEST_P(StoreConformance, RemindersHaveLimitsPerPersonBotAndKind) {
  const store::ReminderLimits limits{.per_person = 2, .per_bot = 3};
  ok(store().put_reminder(sample_reminder(1, BotId(1), PlatformUserId(77)), limits));
  ok(store().put_reminder(sample_reminder(2, BotId(2), PlatformUserId(77)), limits));
  EXPECT_EQ(
      ok(store().put_reminder(sample_reminder(3, BotId(3), PlatformUserId(77)), limits)).outcome,
      Kept::PersonFull);
  auto question = sample_reminder(4, BotId(1), PlatformUserId(77));
  question.kind = store::ReminderKind::Question;
  EXPECT_EQ(ok(store().put_reminder(question, limits)).outcome, Kept::New);
  ok(store().put_reminder(sample_reminder(5, BotId(1), PlatformUserId(78)), limits));
  ok(store().put_reminder(sample_reminder(6, BotId(1), PlatformUserId(79)), limits));
  EXPECT_EQ(
      ok(store().put_reminder(sample_reminder(7, BotId(1), PlatformUserId(80)), limits)).outcome,
      Kept::BotFull);
}

TEST_P(StoreConformance, RemindersOutliveAReopenAndGoWithTheirBot) {
  ok(store().put_bot(sample_bot(1)));
  const auto row = sample_reminder(1, BotId(1), PlatformUserId(77));
  ok(store().put_reminder(row, {}));
  ok(store().put_reminder(sample_reminder(2, BotId(2), PlatformUserId(77)), {}));
  if (under_test_->reopen()) {
    ASSERT_EQ(ok(store().next_reminders(10)).size(), 2U);
    expect_same(ok(store().next_reminders(10))[0], row);
  }
  ok(store().remove_bot(BotId(1)));
  const auto rows = ok(store().next_reminders(10));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].bot, BotId(2));
}

TEST_P(StoreConformance, WhatWasPromisedIsReadyAgainAfterAStop) {
  auto promised = sample_send(1, RoomId(9), now());
  promised.idem_key = std::string(store::kPromisedKey) + "1";
  auto other = sample_send(2, RoomId(9), now());
  other.idem_key = "m1-reminder:2";
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {promised, other}, {}));
  ok(store().claim({OutboxId(1), OutboxId(2)}));
  EXPECT_EQ(ok(store().recover_outbox({})).size(), 2U);
  EXPECT_EQ(ok(store().claim({OutboxId(1), OutboxId(2)})), (std::vector<bool>{true, false}));
}

}  // namespace chorus::test
