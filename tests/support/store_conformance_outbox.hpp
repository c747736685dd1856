#pragma once

#include "support/store_conformance.hpp"
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

/// The second half of the suite: turns, outbox, people, retention, the writer.
namespace chorus::test {

// Turns and outbox.

TEST_P(StoreConformance, AppendTurnWritesAllThreeAtOnce) {
  accept({update(1), update(2)});
  const auto send = sample_send(1, RoomId(9), now());
  const auto turn = sample_turn(1, RoomId(9), now());
  EXPECT_EQ(ok(store().append_turn(turn, {send}, {{InboxId(1), store::InboxState::Done, ""}})),
            std::vector{true});
  const auto open = ok(store().recover_outbox());
  ASSERT_EQ(open.size(), 1U);
  expect_same(open[0], send);
  const auto turns = ok(store().recent_turns(RoomId(9), 5));
  ASSERT_EQ(turns.size(), 1U);
  EXPECT_EQ(turns[0].id, turn.id);
  EXPECT_EQ(turns[0].bot, turn.bot);
  EXPECT_EQ(turns[0].trigger, turn.trigger);
  EXPECT_EQ(turns[0].outcome, turn.outcome);
  EXPECT_EQ(turns[0].detail, turn.detail);
  EXPECT_EQ(turns[0].at, turn.at);
  EXPECT_EQ(ok(store().read_inbox(InboxId(), 10)).size(), 1U);
}

TEST_P(StoreConformance, SilencesAreWrittenTogetherAndMayBeWrittenAgain) {
  accept({update(1), update(2), update(3)});
  const auto first = sample_turn(1, RoomId(9), now());
  auto second = sample_turn(2, RoomId(9), now() + std::chrono::seconds(1));
  const store::InboxDone end{InboxId(1), store::InboxState::Skipped, "paused"};
  ok(store().append_silences({first}, {end}));
  // A caller that was cancelled does not know whether the rows are there.
  auto again = first;
  again.outcome = "another";
  ok(store().append_silences({again, second}, {end, {InboxId(2), store::InboxState::Done, ""}}));
  const auto turns = ok(store().recent_turns(RoomId(9), 5));
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns[0].outcome, first.outcome) << "what was decided stays decided";
  EXPECT_EQ(turns[1].id, second.id);
  EXPECT_EQ(ok(store().read_inbox(InboxId(), 10)).size(), 1U);
}

TEST_P(StoreConformance, OneRowPerIdemKey) {
  auto first = sample_send(1, RoomId(9), now());
  auto again = sample_send(2, RoomId(9), now());
  again.idem_key = first.idem_key;
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {first}, {}));
  const auto fresh = ok(store().append_turn(sample_turn(2, RoomId(9), now()),
                                            {again, sample_send(3, RoomId(9), now())}, {}));
  EXPECT_EQ(fresh, (std::vector{false, true}));
  EXPECT_EQ(ok(store().recover_outbox()).size(), 2U);
}

TEST_P(StoreConformance, RecentTurnsAreTheNewestOldestFirst) {
  const auto at = now();
  for (std::int64_t id = 1; id <= 4; ++id) {
    ok(store().append_turn(sample_turn(id, RoomId(9), at + std::chrono::seconds(id)), {}, {}));
  }
  const auto turns = ok(store().recent_turns(RoomId(9), 2));
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns[0].id, TurnId(3));
  EXPECT_EQ(turns[1].id, TurnId(4));
}

TEST_P(StoreConformance, ClaimOnceThenSettle) {
  ok(store().append_turn(sample_turn(1, RoomId(9), now()),
                         {sample_send(1, RoomId(9), now()), sample_send(2, RoomId(9), now()),
                          sample_send(3, RoomId(9), now()), sample_send(4, RoomId(9), now())},
                         {}));
  EXPECT_EQ(ok(store().claim({OutboxId(1), OutboxId(2), OutboxId(3), OutboxId(99)})),
            (std::vector{true, true, true, false}));
  EXPECT_EQ(ok(store().claim({OutboxId(1)})), std::vector{false});
  EXPECT_EQ(ok(store().counts()).outbox_sending, 3U);

  auto line = sample_message(70, RoomId(9), now());
  line.bot = BotId(1);
  line.direction = store::Direction::Out;
  const auto later = now() + std::chrono::seconds(30);
  ok(store().settle({{OutboxId(1), store::OutboxState::Sent, {}, "", line},
                     {OutboxId(2), store::OutboxState::Ready, later, "429", std::nullopt},
                     {OutboxId(3), store::OutboxState::Dead, {}, "blocked", std::nullopt}}));
  const auto counts = ok(store().counts());
  EXPECT_EQ(counts.outbox_sent, 1U);
  EXPECT_EQ(counts.outbox_ready, 2U);
  EXPECT_EQ(counts.outbox_dead, 1U);
  EXPECT_EQ(counts.messages_out, 1U);
  const auto open = ok(store().recover_outbox());
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].attempts, 1);
  EXPECT_EQ(open[0].not_before, later);
  EXPECT_EQ(open[0].error, "429");
  EXPECT_EQ(ok(store().outbox_in(store::OutboxState::Dead, 10)).at(0).error, "blocked");
  expect_same(ok(store().history(RoomId(9), 5)).at(0), line);
  const auto said = ok(store().recent_by_bot(BotId(1), now() - std::chrono::hours(1), 5));
  ASSERT_EQ(said.size(), 1U);
  expect_same(said[0], line);
  EXPECT_TRUE(ok(store().recent_by_bot(BotId(1), now() + std::chrono::hours(1), 5)).empty());
}

TEST_P(StoreConformance, FinalRowsStayFinal) {
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {sample_send(1, RoomId(9), now())}, {}));
  ok(store().claim({OutboxId(1)}));
  ok(store().settle({{OutboxId(1), store::OutboxState::Sent, {}, "", std::nullopt}}));
  auto line = sample_message(70, RoomId(9), now());
  line.direction = store::Direction::Out;
  ok(store().settle({{OutboxId(1), store::OutboxState::Sent, {}, "", line},
                     {OutboxId(1), store::OutboxState::Ready, {}, "", std::nullopt}}));
  const auto counts = ok(store().counts());
  EXPECT_EQ(counts.outbox_sent, 1U);
  EXPECT_EQ(counts.outbox_ready, 0U);
  EXPECT_EQ(counts.messages_out, 0U) << "nothing was settled, so nothing was said";
}

TEST_P(StoreConformance, OwnMessageSeenFirstByAnotherBotBecomesOurs) {
  auto seen = update(1, BotId(2));
  accept({seen});
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {sample_send(1, RoomId(9), now())}, {}));
  ok(store().claim({OutboxId(1)}));
  auto line = *seen.message;
  line.id = MessageRowId(70);
  line.bot = BotId(1);
  line.direction = store::Direction::Out;
  ok(store().settle({{OutboxId(1), store::OutboxState::Sent, {}, "", line}}));
  const auto lines = ok(store().history(RoomId(9), 5));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].id, seen.message->id);
  EXPECT_EQ(lines[0].bot, BotId(1));
  EXPECT_EQ(lines[0].direction, store::Direction::Out);
  EXPECT_EQ(lines[0].text, seen.message->text);
}

TEST_P(StoreConformance, RestartMakesSendingReadyAgainWhereAPlatformTakesItTwice) {
  auto bot = sample_bot(1);
  bot.platform = store::Platform::Matrix;
  ok(store().put_bot(bot));
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {sample_send(1, RoomId(9), now())}, {}));
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_EQ(ok(store().claim({OutboxId(1)})), std::vector{true});
    const auto found = ok(store().recover_outbox({store::Platform::Matrix}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].state, store::OutboxState::Unknown) << "it was under way";
    EXPECT_EQ(ok(store().recover_outbox({store::Platform::Matrix})).at(0).state,
              store::OutboxState::Ready);
  }
  ok(store().claim({OutboxId(1)}));
  ok(store().recover_outbox({store::Platform::Telegram}));
  EXPECT_EQ(ok(store().outbox_in(store::OutboxState::Unknown, 10)).size(), 1U);
}

TEST_P(StoreConformance, RestartMakesSendingUnknownOnce) {
  ok(store().append_turn(sample_turn(1, RoomId(9), now()),
                         {sample_send(1, RoomId(9), now()), sample_send(2, RoomId(9), now())}, {}));
  ok(store().claim({OutboxId(1)}));
  const auto found = ok(store().recover_outbox());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].state, store::OutboxState::Unknown);
  EXPECT_EQ(found[1].state, store::OutboxState::Ready);
  EXPECT_EQ(ok(store().recover_outbox()).size(), 1U);
  EXPECT_EQ(ok(store().outbox_in(store::OutboxState::Unknown, 10)).size(), 1U);
  // An operator decides about it later.
  ok(store().settle({{OutboxId(1), store::OutboxState::Dead, {}, "given up", std::nullopt}}));
  EXPECT_EQ(ok(store().counts()).outbox_dead, 1U);
}

// People, tokens, retention.

TEST_P(StoreConformance, ForgetTakesAPersonsWordsAndKeepsTheOptOut) {
  auto theirs = sample_message(1, RoomId(9), now());
  auto others = sample_message(2, RoomId(9), now());
  others.author = PlatformUserId(78);
  auto room = sample_room(3);
  room.kind = store::ChatKind::Private;
  room.chat = PlatformChatId(77);
  room.owner = BotId(1);
  ok(store().put_room(room));
  auto direct = sample_message(3, RoomId(3), now());
  accept({sample_update(1, BotId(1), theirs), sample_update(2, BotId(1), others),
          sample_update(3, BotId(1), direct)});
  ok(store().append_turn(sample_turn(1, RoomId(3), now()), {sample_send(1, RoomId(3), now())}, {}));
  ok(store().put_notice({BotId(1), RoomId(9), PlatformUserId(77), "stop", 1, now()}));
  ok(store().put_notice({BotId(1), RoomId(9), PlatformUserId(77), "disclosure", 1, now()}));
  ok(store().put_conversation(
      {ConversationId(4), RoomId(9), BotId(1), PlatformUserId(77), "active", now(), now()}));

  EXPECT_GE(ok(store().forget_person(PlatformUserId(77))), 6U);
  const auto left = ok(store().history(RoomId(9), 10));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].author, PlatformUserId(78));
  EXPECT_TRUE(ok(store().history(RoomId(3), 10)).empty());
  EXPECT_TRUE(ok(store().recover_outbox()).empty());
  const auto snapshot = ok(store().load());
  EXPECT_TRUE(snapshot.conversations.empty());
  ASSERT_EQ(snapshot.notices.size(), 1U);
  EXPECT_EQ(snapshot.notices[0].kind, "stop");
  EXPECT_EQ(ok(store().forget_person(PlatformUserId(77))), 0U);
  for (const auto& item : ok(store().read_inbox(InboxId(), 10))) {
    EXPECT_EQ(item.message.has_value(), item.inbox.id == InboxId(2));
  }
}

TEST_P(StoreConformance, ApiTokensAreFoundByHash) {
  ok(store().put_api_token("admin", "hash-1", "admin"));
  ok(store().put_api_token("viewer", "hash-2", "viewer"));
  EXPECT_EQ(ok(store().find_api_token("hash-1")), "admin");
  EXPECT_EQ(ok(store().find_api_token("hash-3")), std::nullopt);
  ok(store().put_api_token("admin", "hash-4", "admin"));
  EXPECT_EQ(ok(store().find_api_token("hash-1")), std::nullopt) << "the name has one token";
  EXPECT_EQ(code_of(store().put_api_token("third", "hash-2", "admin")), ErrorCode::Conflict);
}

TEST_P(StoreConformance, PruneDeletesWhatIsOldInSmallBatches) {
  const auto at = now();
  const auto old = at - std::chrono::hours(24 * 60);
  std::vector<store::InboundUpdate> updates;
  for (std::int64_t id = 1; id <= 20; ++id) {
    const auto when = id <= 15 ? old : at;
    updates.push_back(sample_update(id, BotId(1), sample_message(id, RoomId(9), when)));
  }
  accept(updates);
  for (std::int64_t id = 1; id <= 4; ++id) {
    const auto when = id <= 3 ? old : at;
    ok(store().append_turn(sample_turn(id, RoomId(9), when), {sample_send(id, RoomId(9), when)},
                           {}));
  }
  auto line = sample_message(70, RoomId(9), old);
  line.bot = BotId(1);
  line.direction = store::Direction::Out;
  ok(store().claim({OutboxId(1)}));
  ok(store().settle({{OutboxId(1), store::OutboxState::Sent, {}, "", line},
                     {OutboxId(2), store::OutboxState::Dead, {}, "", std::nullopt}}));

  std::size_t deleted = 0;
  std::size_t calls = 0;
  while (const auto n = ok(store().prune({}, 4))) {
    EXPECT_LE(n, 4U);
    deleted += n;
    ASSERT_LT(++calls, 50U);
  }
  // 15 inbox rows, 15 lines and ours, 3 turns, 2 settled sends; the open old send stays.
  EXPECT_EQ(deleted, 15U + 16U + 3U + 2U);
  const auto counts = ok(store().counts());
  EXPECT_EQ(counts.inbox_total, 5U);
  EXPECT_EQ(counts.messages_in, 5U);
  EXPECT_EQ(counts.messages_out, 0U);
  EXPECT_EQ(counts.turns, 1U);
  EXPECT_EQ(counts.outbox_ready, 2U);
}

// The writer.

TEST_P(StoreConformance, ManyCallersAtOnceEachGetTheirAnswer) {
  rt::TaskScope scope(under_test_->loop());
  int accepted = 0;
  int refused = 0;
  // A call in the middle that fails after it has written must not touch its neighbours.
  accept({update(1000)});
  for (std::int64_t id = 1; id <= 200; ++id) {
    auto one = update(id);
    if (id % 10 == 0) one.message->id = MessageRowId(1000);
    scope.start("caller",
                [](store::Store& s, store::InboundUpdate u, int& yes, int& no) -> rt::Task<void> {
                  const auto done = co_await s.accept_updates({std::move(u)}, std::nullopt);
                  ++(done ? yes : no);
                }(store(), std::move(one), accepted, refused));
  }
  run(scope.join());
  EXPECT_EQ(accepted, 180);
  EXPECT_EQ(refused, 20);
  EXPECT_EQ(ok(store().counts()).inbox_total, 181U);
  EXPECT_EQ(ok(store().counts()).messages_in, 181U);
}

TEST_P(StoreConformance, CancelledCallerDoesNotUndoTheWrite) {
  rt::TaskScope scope(under_test_->loop());
  std::optional<ErrorCode> seen;
  scope.start(
      "caller",
      [](store::Store& s, store::InboundUpdate u, std::optional<ErrorCode>& out) -> rt::Task<void> {
        const auto done = co_await s.accept_updates({std::move(u)}, std::nullopt);
        if (!done) out = done.error().code;
      }(store(), update(1), seen));
  // The caller has asked on its first turn; it is cancelled while the writer is still at it or has
  // not begun.
  run([](rt::Loop& loop, rt::TaskScope& s) -> rt::Task<void> {
    co_await rt::yield(loop);
    co_await s.close();
  }(under_test_->loop(), scope));
  EXPECT_EQ(ok(store().counts()).inbox_total, 1U);
  if (seen) EXPECT_EQ(*seen, ErrorCode::Cancelled);
}

TEST_P(StoreConformance, AcknowledgedRowsOutliveAReopen) {
  ok(store().put_bot(sample_bot(1)));
  ok(store().put_room(sample_room(1)));
  accept({update(1), update(2)}, store::Cursor{BotId(1), 3});
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {sample_send(1, RoomId(9), now())}, {}));
  if (!under_test_->reopen()) return;  // an engine in memory keeps nothing
  const auto snapshot = ok(store().load());
  ASSERT_EQ(snapshot.bots.size(), 1U);
  expect_same(snapshot.bots[0], sample_bot(1));
  expect_same(snapshot.rooms.at(0), sample_room(1));
  EXPECT_EQ(snapshot.cursors.at(0).next_offset, 3);
  EXPECT_EQ(ok(store().read_inbox(InboxId(), 10)).at(1).message->text, "hello number 2");
  EXPECT_EQ(ok(store().recover_outbox()).at(0).text, "answer 1");
}

TEST_P(StoreConformance, AClosedStoreSaysSo) {
  run(store().close());
  EXPECT_EQ(code_of(store().counts()), ErrorCode::Unavailable);
  run(store().close());
}

}  // namespace chorus::test
