#pragma once

#include "chorus/rt/sleep.hpp"
#include "chorus/store/store.hpp"

#include "support/drive.hpp"
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

/// One engine under the suite, with a store that is empty at first.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual rt::Loop& loop() = 0;
  virtual store::Store& store() = 0;
  /// Closes and opens what is durable; false when the engine keeps nothing.
  virtual bool reopen() = 0;
};

struct StoreEngine {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline std::string engine_name(const testing::TestParamInfo<StoreEngine>& info) {
  return info.param.name;
}

// Rows with every field set, so that a field that gets lost is seen.
inline store::BotRow sample_bot(std::int64_t id) {
  store::BotRow bot;
  bot.id = BotId(id);
  bot.name = "bot-" + std::to_string(id);
  bot.token = Secret(std::to_string(1000 + id) + ":token-of-the-bot");
  bot.user_id = PlatformUserId(1000 + id);
  bot.username = "bot_" + std::to_string(id);
  bot.state = store::BotState::Active;
  bot.state_reason = "verified";
  bot.persona = R"({"name":"Ada"})";
  bot.webhook_path = "path-" + std::to_string(id);
  bot.webhook_secret = Secret("hook-secret-" + std::to_string(id));
  bot.founding = true;
  bot.extra = R"({"speed":1})";
  bot.created_at = from_micros(1'700'000'000'000'000 + id);
  return bot;
}
inline store::RoomRow sample_room(std::int64_t id) {
  store::RoomRow room;
  room.id = RoomId(id);
  room.chat = PlatformChatId(-1'000'000'000'000 - id);
  room.kind = store::ChatKind::Supergroup;
  room.title = "Room " + std::to_string(id);
  room.enabled = false;
  room.extra = R"({"topic":"tea"})";
  room.created_at = from_micros(1'700'000'000'000'123);
  return room;
}
inline store::MessageRow sample_message(std::int64_t id, RoomId room, WallTime at) {
  store::MessageRow message;
  message.id = MessageRowId(id);
  message.room = room;
  message.author = PlatformUserId(77);
  message.author_name = "Grace";
  message.message = PlatformMessageId(id);
  message.text = "hello number " + std::to_string(id);
  message.date = std::chrono::floor<std::chrono::seconds>(at);
  message.created_at = at;
  return message;
}
inline store::InboundUpdate sample_update(std::int64_t id, BotId bot, store::MessageRow message) {
  store::InboundUpdate update;
  update.inbox.id = InboxId(id);
  update.inbox.bot = bot;
  update.inbox.update_id = id;
  update.inbox.room = message.room;
  update.inbox.message = message.id;
  update.inbox.payload = R"({"callback":"yes"})";
  update.inbox.received_at = message.created_at;
  update.message = std::move(message);
  return update;
}
inline store::TurnRow sample_turn(std::int64_t id, RoomId room, WallTime at) {
  store::TurnRow turn;
  turn.id = TurnId(id);
  turn.room = room;
  turn.bot = BotId(1);
  turn.trigger = MessageRowId(5);
  turn.outcome = "sent";
  turn.detail = R"({"seed":7})";
  turn.at = at;
  return turn;
}
inline store::OutboxRow sample_send(std::int64_t id, RoomId room, WallTime at) {
  store::OutboxRow row;
  row.id = OutboxId(id);
  row.bot = BotId(1);
  row.room = room;
  row.turn = TurnId(1);
  row.priority = 2;
  row.idem_key = "key-" + std::to_string(id);
  row.text = "answer " + std::to_string(id);
  row.options = R"({"entities":[]})";
  row.reply_to = PlatformMessageId(3);
  row.not_before = at;
  row.created_at = at;
  return row;
}

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

inline void expect_same(const store::BotRow& a, const store::BotRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.platform, b.platform);
  EXPECT_EQ(a.token.reveal(), b.token.reveal());
  EXPECT_EQ(a.user_id, b.user_id);
  EXPECT_EQ(a.username, b.username);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.state_reason, b.state_reason);
  EXPECT_EQ(a.persona, b.persona);
  EXPECT_EQ(a.webhook_path, b.webhook_path);
  EXPECT_EQ(a.webhook_secret.reveal(), b.webhook_secret.reveal());
  EXPECT_EQ(a.founding, b.founding);
  EXPECT_EQ(a.extra, b.extra);
  EXPECT_EQ(a.created_at, b.created_at);
}
inline void expect_same(const store::RoomRow& a, const store::RoomRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.platform, b.platform);
  EXPECT_EQ(a.chat, b.chat);
  EXPECT_EQ(a.owner, b.owner);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.title, b.title);
  EXPECT_EQ(a.enabled, b.enabled);
  EXPECT_EQ(a.extra, b.extra);
  EXPECT_EQ(a.created_at, b.created_at);
}
inline void expect_same(const store::MessageRow& a, const store::MessageRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.room, b.room);
  EXPECT_EQ(a.owner, b.owner);
  EXPECT_EQ(a.bot, b.bot);
  EXPECT_EQ(a.author, b.author);
  EXPECT_EQ(a.author_name, b.author_name);
  EXPECT_EQ(a.author_is_bot, b.author_is_bot);
  EXPECT_EQ(a.message, b.message);
  EXPECT_EQ(a.reply_to, b.reply_to);
  EXPECT_EQ(a.direction, b.direction);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.date, b.date);
  EXPECT_EQ(a.created_at, b.created_at);
}
inline void expect_same(const store::OutboxRow& a, const store::OutboxRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.bot, b.bot);
  EXPECT_EQ(a.room, b.room);
  EXPECT_EQ(a.turn, b.turn);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.priority, b.priority);
  EXPECT_EQ(a.idem_key, b.idem_key);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.options, b.options);
  EXPECT_EQ(a.reply_to, b.reply_to);
  EXPECT_EQ(a.attempts, b.attempts);
  EXPECT_EQ(a.not_before, b.not_before);
  EXPECT_EQ(a.created_at, b.created_at);
  EXPECT_EQ(a.error, b.error);
}

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
  ok(store().put_freeze({BotId(1), PlatformChatId(0), from_micros(5)}));
  ok(store().put_freeze({BotId(1), PlatformChatId(-7), from_micros(6)}));
  ok(store().put_freeze({BotId(1), PlatformChatId(-7), from_micros(9)}));
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
  if (!under_test_->reopen()) GTEST_SKIP() << "this engine keeps nothing";
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
