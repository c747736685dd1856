#pragma once

#include "chorus/rt/sleep.hpp"
#include "chorus/store/store.hpp"

#include "support/drive.hpp"
#include "support/store_engine.hpp"
#include "support/store_samples.hpp"
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What every engine behind store::Store does alike. A test binary includes this once and
/// instantiates it with its factories:
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(...), engine_name);
namespace chorus::test {

class StoreConformance : public testing::TestWithParam<StoreEngine> {
 protected:
  StoreConformance() : under_test_(GetParam().make()) {}

  store::Store& store() { return under_test_->store(); }
  WallTime now() { return under_test_->loop().wall_now(); }
  /// Runs one call to its end.
  template <class T>
  T run(rt::Task<T> task) {
    return drive(under_test_->loop(), std::move(task));
  }
  /// The value of a call that must not fail.
  template <class T>
  T ok(rt::Task<Result<T>> task) {
    auto result = run(std::move(task));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
  template <class T>
  ErrorCode code_of(rt::Task<Result<T>> task) {
    auto result = run(std::move(task));
    EXPECT_FALSE(result.has_value());
    return result ? ErrorCode::Internal : result.error().code;
  }
  store::AcceptOutcome accept(std::vector<store::InboundUpdate> updates,
                              std::optional<store::Cursor> cursor = std::nullopt) {
    return ok(store().accept_updates(std::move(updates), cursor));
  }
  store::InboundUpdate update(std::int64_t id, BotId bot = BotId(1), RoomId room = RoomId(9)) {
    return sample_update(id, bot, sample_message(id, room, now()));
  }

  std::unique_ptr<StoreUnderTest> under_test_;
};

// Configuration.

TEST_P(StoreConformance, EmptyStoreLoadsEmpty) {
  const auto snapshot = ok(store().load());
  EXPECT_TRUE(snapshot.bots.empty() && snapshot.rooms.empty() && snapshot.settings.empty());
  EXPECT_EQ(ok(store().counts()).inbox_total, 0U);
}

TEST_P(StoreConformance, BotsRoundTripAndReplace) {
  ok(store().put_bot(sample_bot(1)));
  auto second = sample_bot(2);
  second.token = Secret();
  second.webhook_path.clear();
  ok(store().put_bot(second));
  auto changed = sample_bot(1);
  changed.name = "renamed";
  changed.token = Secret("2:other");
  changed.state = store::BotState::Unauthorized;
  changed.persona = R"({"name":"Bea"})";
  ok(store().put_bot(changed));
  const auto snapshot = ok(store().load());
  ASSERT_EQ(snapshot.bots.size(), 2U);
  expect_same(snapshot.bots[0], changed);
  expect_same(snapshot.bots[1], second);
}

TEST_P(StoreConformance, BotNamesAndTokensAreUnique) {
  ok(store().put_bot(sample_bot(1)));
  auto same_name = sample_bot(2);
  same_name.name = sample_bot(1).name;
  EXPECT_EQ(code_of(store().put_bot(same_name)), ErrorCode::Conflict);
  auto same_token = sample_bot(2);
  same_token.token = sample_bot(1).token;
  EXPECT_EQ(code_of(store().put_bot(same_token)), ErrorCode::Conflict);
  EXPECT_EQ(ok(store().load()).bots.size(), 1U);
  // Bots without a token do not collide with each other.
  for (const std::int64_t id : {3, 4}) {
    auto bot = sample_bot(id);
    bot.token = Secret();
    ok(store().put_bot(bot));
  }
  EXPECT_EQ(ok(store().load()).bots.size(), 3U);
}

TEST_P(StoreConformance, RemovedBotTakesItsStateAlong) {
  ok(store().put_bot(sample_bot(1)));
  ok(store().put_bot(sample_bot(2)));
  ok(store().set_membership(RoomId(9), BotId(1), true));
  ok(store().set_membership(RoomId(9), BotId(2), true));
  ok(store().put_freeze({BotId(1), PlatformChatId(5), now()}));
  accept({update(1)}, store::Cursor{BotId(1), 2});
  ok(store().append_turn(sample_turn(1, RoomId(9), now()), {sample_send(1, RoomId(9), now())}, {}));
  ok(store().remove_bot(BotId(1)));
  const auto snapshot = ok(store().load());
  ASSERT_EQ(snapshot.bots.size(), 1U);
  EXPECT_EQ(snapshot.bots[0].id, BotId(2));
  EXPECT_EQ(snapshot.memberships, (std::vector{std::pair(RoomId(9), BotId(2))}));
  EXPECT_TRUE(snapshot.cursors.empty() && snapshot.freezes.empty());
  EXPECT_TRUE(ok(store().read_inbox(InboxId(), 10)).empty());
  EXPECT_TRUE(ok(store().recover_outbox()).empty());
  EXPECT_EQ(ok(store().counts()).outbox_cancelled, 1U);
  EXPECT_EQ(ok(store().history(RoomId(9), 10)).size(), 1U) << "what was said stays";
  EXPECT_EQ(code_of(store().remove_bot(BotId(1))), ErrorCode::NotFound);
  ok(store().put_bot(sample_bot(1)));
}

TEST_P(StoreConformance, EnsureRoomReturnsTheFirst) {
  const auto first = ok(store().ensure_room(sample_room(1)));
  expect_same(first, sample_room(1));
  auto again = sample_room(2);
  again.chat = sample_room(1).chat;
  again.title = "another title";
  expect_same(ok(store().ensure_room(again)), sample_room(1));
  // The same chat seen by an owner is another room, and so is one on another platform.
  again.owner = BotId(1);
  EXPECT_EQ(ok(store().ensure_room(again)).id, RoomId(2));
  auto matrix = sample_room(3);
  matrix.chat = sample_room(1).chat;
  matrix.platform = store::Platform::Matrix;
  EXPECT_EQ(ok(store().ensure_room(matrix)).id, RoomId(3));
  EXPECT_EQ(ok(store().load()).rooms.size(), 3U);
}

TEST_P(StoreConformance, PutRoomReplacesAndRefusesATakenChat) {
  ok(store().put_room(sample_room(1)));
  auto renamed = sample_room(1);
  renamed.title = "new";
  renamed.enabled = true;
  ok(store().put_room(renamed));
  auto taken = sample_room(2);
  taken.chat = sample_room(1).chat;
  EXPECT_EQ(code_of(store().put_room(taken)), ErrorCode::Conflict);
  const auto snapshot = ok(store().load());
  ASSERT_EQ(snapshot.rooms.size(), 1U);
  expect_same(snapshot.rooms[0], renamed);
}

TEST_P(StoreConformance, SmallStateRoundTrips) {
  ok(store().set_membership(RoomId(1), BotId(2), true));
  ok(store().set_membership(RoomId(1), BotId(2), true));
  ok(store().set_membership(RoomId(1), BotId(1), true));
  ok(store().set_membership(RoomId(1), BotId(3), true));
  ok(store().set_membership(RoomId(1), BotId(3), false));
  ok(store().set_setting("pace", "1"));
  ok(store().set_setting("pace", "2"));
  ok(store().set_setting("active", "true"));
  ok(store().set_setting("gone", "1"));
  ok(store().set_setting("gone", std::nullopt));
  ok(store().set_setting("never there", std::nullopt));
  ok(store().put_freeze({BotId(1), PlatformChatId(0), from_micros(5)}));
  ok(store().put_freeze({BotId(1), PlatformChatId(-7), from_micros(6)}));
  ok(store().put_freeze({BotId(1), PlatformChatId(-7), from_micros(9)}));
  const WallTime day = from_micros(0) + std::chrono::hours(24 * 100);
  EXPECT_TRUE(ok(store().use_news(RoomId(2), "item-1", day)));
  EXPECT_FALSE(ok(store().use_news(RoomId(2), "item-1", day + std::chrono::hours(1))));
  EXPECT_TRUE(ok(store().use_news(RoomId(3), "item-1", day))) << "another room";
  EXPECT_TRUE(ok(store().use_news(RoomId(2), "item-1", day + std::chrono::hours(24 * 31))))
      << "forgotten after 30 days";
  ok(store().put_notice({BotId(1), RoomId(2), PlatformUserId(3), "stop", 1, from_micros(4)}));
  ok(store().put_notice({BotId(1), RoomId(2), PlatformUserId(3), "stop", 2, from_micros(5)}));
  store::ConversationRow talk{ConversationId(4), RoomId(2),      BotId(1),      PlatformUserId(3),
                              "active",          from_micros(1), from_micros(2)};
  ok(store().put_conversation(talk));
  talk.state = "idle";
  ok(store().put_conversation(talk));
  auto other = talk;
  other.id = ConversationId(5);
  ok(store().put_conversation(other));
  ok(store().remove_conversation(ConversationId(5)));

  const auto snapshot = ok(store().load());
  EXPECT_EQ(snapshot.memberships,
            (std::vector{std::pair(RoomId(1), BotId(1)), std::pair(RoomId(1), BotId(2))}));
  EXPECT_EQ(ok(store().settings()), snapshot.settings);
  EXPECT_EQ(snapshot.settings, (std::vector{std::pair<std::string, std::string>("active", "true"),
                                            std::pair<std::string, std::string>("pace", "2")}));
  ASSERT_EQ(snapshot.freezes.size(), 2U);
  EXPECT_EQ(snapshot.freezes[0].chat, PlatformChatId(-7));
  EXPECT_EQ(snapshot.freezes[0].until, from_micros(9));
  ASSERT_EQ(snapshot.notices.size(), 1U);
  EXPECT_EQ(snapshot.notices[0].version, 2);
  EXPECT_EQ(snapshot.notices[0].person, PlatformUserId(3));
  EXPECT_EQ(snapshot.notices[0].kind, "stop");
  EXPECT_EQ(snapshot.notices[0].at, from_micros(5));
  ASSERT_EQ(snapshot.conversations.size(), 1U);
  EXPECT_EQ(snapshot.conversations[0].state, "idle");
  EXPECT_EQ(snapshot.conversations[0].last_activity_at, from_micros(2));
}

// Inbox and room log.

TEST_P(StoreConformance, AcceptMakesBothRowsAndMovesTheCursor) {
  auto first = update(1);
  first.message->reply_to = PlatformMessageId(-3);
  first.message->author_is_bot = true;
  auto bare = update(2);
  bare.message.reset();
  bare.inbox.message = MessageRowId();
  bare.inbox.kind = store::InboxKind::Membership;
  const auto outcome = accept({first, bare}, store::Cursor{BotId(1), 3});
  ASSERT_EQ(outcome.accepted.size(), 2U);
  EXPECT_EQ(outcome.accepted[0], InboxId(1));
  EXPECT_EQ(outcome.accepted[1], InboxId(2));
  EXPECT_EQ(outcome.messages, (std::vector{MessageRowId(1), MessageRowId()}));
  EXPECT_EQ(outcome.first_seen, (std::vector{true, false}));

  const auto items = ok(store().read_inbox(InboxId(), 10));
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].inbox.payload, first.inbox.payload);
  EXPECT_EQ(items[0].inbox.received_at, first.inbox.received_at);
  EXPECT_EQ(items[0].inbox.update_id, 1);
  EXPECT_EQ(items[0].inbox.room, RoomId(9));
  ASSERT_TRUE(items[0].message);
  expect_same(*items[0].message, *first.message);
  EXPECT_EQ(items[1].inbox.kind, store::InboxKind::Membership);
  EXPECT_FALSE(items[1].message);
  const auto cursors = ok(store().load()).cursors;
  ASSERT_EQ(cursors.size(), 1U);
  EXPECT_EQ(cursors[0].next_offset, 3);
}

TEST_P(StoreConformance, DuplicateUpdateIsIgnored) {
  accept({update(1)});
  auto again = update(1);
  again.inbox.id = InboxId(50);
  again.message->id = MessageRowId(50);
  const auto outcome = accept({again, update(2)}, store::Cursor{BotId(1), 3});
  EXPECT_EQ(outcome.accepted[0], std::nullopt);
  EXPECT_EQ(outcome.accepted[1], InboxId(2));
  EXPECT_EQ(outcome.messages, (std::vector{MessageRowId(1), MessageRowId(2)}));
  EXPECT_EQ(outcome.first_seen, (std::vector{false, true}));
  EXPECT_EQ(ok(store().counts()).inbox_total, 2U);
  EXPECT_EQ(ok(store().counts()).messages_in, 2U);
  EXPECT_EQ(ok(store().load()).cursors.at(0).next_offset, 3) << "the cursor moves all the same";
}

TEST_P(StoreConformance, DuplicateUpdateWithAnotherMessageStoresNothing) {
  accept({update(1)});
  auto again = update(1);
  again.inbox.id = InboxId(50);
  again.message->id = MessageRowId(50);
  again.message->message = PlatformMessageId(50);
  const auto outcome = accept({again});
  EXPECT_EQ(outcome.accepted[0], std::nullopt);
  EXPECT_EQ(outcome.messages[0], MessageRowId());
  EXPECT_EQ(ok(store().counts()).messages_in, 1U);
}

TEST_P(StoreConformance, ManyBotsShareOneBody) {
  const auto at = now();
  auto message = sample_message(1, RoomId(9), at);
  const auto first = accept({sample_update(1, BotId(1), message)});
  message.id = MessageRowId(2);
  message.text = "the same, as another bot saw it";
  const auto second = accept({sample_update(2, BotId(2), message)});
  EXPECT_EQ(first.first_seen, std::vector{true});
  EXPECT_EQ(second.first_seen, std::vector{false});
  EXPECT_EQ(second.messages, std::vector{MessageRowId(1)});
  const auto items = ok(store().read_inbox(InboxId(), 10));
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[1].inbox.message, MessageRowId(1));
  EXPECT_EQ(items[1].message->text, "hello number 1");
  EXPECT_EQ(ok(store().counts()).messages_in, 1U);
  // Within one call too.
  auto third = sample_message(3, RoomId(9), at);
  auto fourth = third;
  fourth.id = MessageRowId(4);
  const auto both = accept({sample_update(3, BotId(1), third), sample_update(4, BotId(2), fourth)});
  EXPECT_EQ(both.messages, (std::vector{MessageRowId(3), MessageRowId(3)}));
}

TEST_P(StoreConformance, AnEditGivesTheLineItsText) {
  const auto at = now();
  const auto message = sample_message(1, RoomId(9), at);
  accept({sample_update(1, BotId(1), message),
          sample_update(2, BotId(1), sample_message(2, RoomId(9), at))});
  auto edited = message;
  edited.id = MessageRowId(50);
  edited.author_name = "as the edit calls them";
  edited.text = "what was meant";
  auto edit = sample_update(3, BotId(1), edited);
  edit.inbox.kind = store::InboxKind::EditedMessage;
  const auto outcome = accept({edit}, store::Cursor{BotId(1), 4});
  EXPECT_EQ(outcome.accepted, std::vector{std::optional(InboxId(3))});
  EXPECT_EQ(outcome.messages, std::vector{MessageRowId(1)});
  EXPECT_EQ(outcome.first_seen, std::vector{false});

  auto expected = message;
  expected.text = "what was meant";
  const auto lines = ok(store().history(RoomId(9), 10));
  ASSERT_EQ(lines.size(), 2U) << "an edit is no line of its own";
  expect_same(lines[0], expected);
  EXPECT_EQ(lines[1].text, "hello number 2") << "nothing else changes";
  const auto items = ok(store().read_inbox(InboxId(2), 10));
  ASSERT_EQ(items.size(), 1U);
  ASSERT_TRUE(items[0].message);
  EXPECT_EQ(items[0].message->text, "what was meant");

  // The same update once more does not bring back a text that was edited since.
  auto again = sample_update(4, BotId(1), edited);
  again.inbox.kind = store::InboxKind::EditedMessage;
  again.message->text = "what was meant at last";
  accept({again});
  edit.inbox.id = InboxId(60);
  EXPECT_EQ(accept({edit}).accepted, std::vector{std::optional<InboxId>()});
  EXPECT_EQ(ok(store().history(RoomId(9), 10))[0].text, "what was meant at last");
  // Nor does the message itself, when another bot brings it late.
  accept({sample_update(5, BotId(2), message)});
  EXPECT_EQ(ok(store().history(RoomId(9), 10))[0].text, "what was meant at last");
}

TEST_P(StoreConformance, AnEditOfWhatTheLogDoesNotHoldMakesNoLine) {
  const auto at = now();
  auto edit = sample_update(1, BotId(1), sample_message(1, RoomId(9), at));
  edit.inbox.kind = store::InboxKind::EditedMessage;
  const auto outcome = accept({edit});
  EXPECT_EQ(outcome.accepted, std::vector{std::optional(InboxId(1))}) << "the update is taken";
  EXPECT_EQ(outcome.messages, std::vector{MessageRowId()});
  EXPECT_EQ(outcome.first_seen, std::vector{false});
  EXPECT_EQ(ok(store().counts()).messages_in, 0U);
  const auto items = ok(store().read_inbox(InboxId(), 10));
  ASSERT_EQ(items.size(), 1U);
  EXPECT_FALSE(items[0].message);
  // Another bot's message of that number, in a basic group, is not meant.
  auto other = sample_message(2, RoomId(9), at);
  other.message = PlatformMessageId(1);
  other.owner = BotId(2);
  accept({sample_update(2, BotId(2), other)});
  edit = sample_update(3, BotId(1), sample_message(1, RoomId(9), at));
  edit.inbox.kind = store::InboxKind::EditedMessage;
  accept({edit});
  EXPECT_EQ(ok(store().history(RoomId(9), 10)).at(0).text, "hello number 2");
}

TEST_P(StoreConformance, OwnerAndDateTellMessagesApart) {
  const auto at = now();
  auto message = sample_message(1, RoomId(9), at);
  accept({sample_update(1, BotId(1), message)});
  message.id = MessageRowId(2);
  message.owner = BotId(2);
  EXPECT_EQ(accept({sample_update(2, BotId(2), message)}).first_seen, std::vector{true});
  message.id = MessageRowId(3);
  message.date += std::chrono::seconds(1);
  EXPECT_EQ(accept({sample_update(3, BotId(2), message)}).first_seen, std::vector{true});
  EXPECT_EQ(ok(store().counts()).messages_in, 3U);
  const auto newest = ok(store().find_message(RoomId(9), BotId(2), PlatformMessageId(1)));
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->id, MessageRowId(3));
}

TEST_P(StoreConformance, AnIdThatIsTakenIsAConflictAndLeavesNothing) {
  accept({update(1)});
  auto first = update(2);
  auto clash = update(3);
  clash.message->id = MessageRowId(1);
  EXPECT_EQ(code_of(store().accept_updates({first, clash}, store::Cursor{BotId(1), 9})),
            ErrorCode::Conflict);
  const auto counts = ok(store().counts());
  EXPECT_EQ(counts.inbox_total, 1U) << "the whole call is one transaction";
  EXPECT_EQ(counts.messages_in, 1U);
  EXPECT_TRUE(ok(store().load()).cursors.empty());
}

TEST_P(StoreConformance, InboxIsReadInOrderAfterAnId) {
  for (const std::int64_t id : {3, 1, 2, 5, 4}) accept({update(id)});
  ok(store().finish_inbox({{InboxId(2), store::InboxState::Done, ""},
                           {InboxId(4), store::InboxState::Skipped, "stale"}}));
  const auto ids = [&](InboxId after, std::size_t limit) {
    std::vector<std::int64_t> out;
    for (const auto& item : ok(store().read_inbox(after, limit)))
      out.push_back(item.inbox.id.value);
    return out;
  };
  EXPECT_EQ(ids(InboxId(), 10), (std::vector<std::int64_t>{1, 3, 5}));
  EXPECT_EQ(ids(InboxId(), 2), (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(ids(InboxId(3), 10), (std::vector<std::int64_t>{5}));
  EXPECT_EQ(ok(store().counts()).inbox_new, 3U);
}

TEST_P(StoreConformance, HistoryIsTheNewestLinesOldestFirst) {
  const auto at = now();
  for (std::int64_t id = 1; id <= 5; ++id) {
    // Ids against the order of time, to see which of them counts.
    auto message = sample_message(10 - id, RoomId(9), at + std::chrono::microseconds(id));
    accept({sample_update(id, BotId(1), message)});
  }
  accept({sample_update(6, BotId(1), sample_message(50, RoomId(8), at))});
  const auto lines = ok(store().history(RoomId(9), 3));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].id, MessageRowId(7));
  EXPECT_EQ(lines[2].id, MessageRowId(5));
  EXPECT_TRUE(ok(store().history(RoomId(7), 3)).empty());
  EXPECT_FALSE(ok(store().find_message(RoomId(7), BotId(), PlatformMessageId(7))));
}

TEST_P(StoreConformance, ReplyChainGoesBackToItsStart) {
  for (std::int64_t id = 1; id <= 4; ++id) {
    auto message = sample_message(id, RoomId(9), now());
    if (id > 1) message.reply_to = PlatformMessageId(id - 1);
    if (id == 1) message.reply_to = PlatformMessageId(99);  // not in the log
    accept({sample_update(id, BotId(1), message)});
  }
  const auto ids = [&](std::size_t limit) {
    std::vector<std::int64_t> out;
    for (const auto& row : ok(store().reply_chain(RoomId(9), PlatformMessageId(4), limit))) {
      out.push_back(row.id.value);
    }
    return out;
  };
  EXPECT_EQ(ids(10), (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(ids(2), (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(ok(store().reply_chain(RoomId(8), PlatformMessageId(4), 5)).empty());
}

}  // namespace chorus::test

#include "support/store_conformance_memory.hpp"
#include "support/store_conformance_names.hpp"
#include "support/store_conformance_outbox.hpp"
#include "support/store_conformance_personas.hpp"
#include "support/store_conformance_spend.hpp"
