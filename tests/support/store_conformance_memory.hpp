#pragma once

#include "support/store_conformance.hpp"
#include <gtest/gtest.h>

#include <utility>
#include <vector>

/// The third part of the suite: memories, and a person's data as a whole.
namespace chorus::test {

TEST_P(StoreConformance, MemoriesRoundTripAndReplace) {
  const auto first = sample_memory(1, BotId(1), PlatformUserId(77));
  auto second = sample_memory(2, BotId(1), PlatformUserId());
  second.text.clear();
  ok(store().put_memories({second, first}, {}));
  ok(store().put_memories({sample_memory(3, BotId(2), PlatformUserId(77))}, {}));
  auto changed = first;
  changed.text = "likes coffee";
  changed.uses = 9;
  changed.strength = 20;
  changed.last_used_at += std::chrono::seconds(1);
  changed.expires_at = {};
  ok(store().put_memories({changed}, {}));
  const auto rows = ok(store().memories_of(BotId(1)));
  ASSERT_EQ(rows.size(), 2U);
  expect_same(rows[0], changed);
  expect_same(rows[1], second);
  EXPECT_EQ(ok(store().memories_of(BotId(2))).size(), 1U);
  EXPECT_TRUE(ok(store().memories_of(BotId(3))).empty());
}

TEST_P(StoreConformance, MemoriesComeAndGoInOneStep) {
  ok(store().put_memories({sample_memory(1, BotId(1), PlatformUserId(77)),
                           sample_memory(2, BotId(1), PlatformUserId(77))},
                          {}));
  ok(store().put_memories({sample_memory(3, BotId(1), PlatformUserId(77))},
                          {MemoryId(1), MemoryId(2), MemoryId(44)}));
  const auto rows = ok(store().memories_of(BotId(1)));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id, MemoryId(3));
}

TEST_P(StoreConformance, RemovedBotTakesItsMemoriesAlong) {
  ok(store().put_bot(sample_bot(1)));
  ok(store().put_memories({sample_memory(1, BotId(1), PlatformUserId(77)),
                           sample_memory(2, BotId(2), PlatformUserId(77))},
                          {}));
  ok(store().remove_bot(BotId(1)));
  EXPECT_TRUE(ok(store().memories_of(BotId(1))).empty());
  EXPECT_EQ(ok(store().memories_of(BotId(2))).size(), 1U);
}

TEST_P(StoreConformance, MemoriesOutliveAReopen) {
  const auto memory = sample_memory(1, BotId(1), PlatformUserId(77));
  ok(store().put_memories({memory}, {}));
  if (!under_test_->reopen()) return;  // an engine in memory keeps nothing
  const auto rows = ok(store().memories_of(BotId(1)));
  ASSERT_EQ(rows.size(), 1U);
  expect_same(rows[0], memory);
}

TEST_P(StoreConformance, ExportIsWhatForgetDeletes) {
  auto theirs = sample_message(1, RoomId(9), now());
  auto others = sample_message(2, RoomId(9), now());
  others.author = PlatformUserId(78);
  auto room = sample_room(3);
  room.kind = store::ChatKind::Private;
  room.chat = PlatformChatId(77);
  room.owner = BotId(1);
  ok(store().put_room(room));
  auto answer = sample_message(3, RoomId(3), now());
  answer.author = PlatformUserId(1001);
  answer.bot = BotId(1);
  answer.direction = store::Direction::Out;
  accept({sample_update(1, BotId(1), theirs), sample_update(2, BotId(1), others),
          sample_update(3, BotId(1), answer)});
  ok(store().put_memories({sample_memory(1, BotId(1), PlatformUserId(77)),
                           sample_memory(2, BotId(2), PlatformUserId(77)),
                           sample_memory(3, BotId(2), PlatformUserId(78))},
                          {}));
  ok(store().put_notice({BotId(1), RoomId(9), PlatformUserId(77), "stop", 1, now()}));
  ok(store().put_conversation(
      {ConversationId(4), RoomId(9), BotId(1), PlatformUserId(77), "active", now(), now()}));

  const auto data = ok(store().export_person(PlatformUserId(77)));
  ASSERT_EQ(data.messages.size(), 2U);
  expect_same(data.messages[0], theirs);
  EXPECT_EQ(data.messages[1].id, MessageRowId(3)) << "their private room is theirs";
  ASSERT_EQ(data.memories.size(), 2U);
  expect_same(data.memories[1], sample_memory(2, BotId(2), PlatformUserId(77)));
  EXPECT_EQ(data.notices.size(), 1U);
  EXPECT_EQ(data.conversations.size(), 1U);

  ok(store().forget_person(PlatformUserId(77)));
  const auto after = ok(store().export_person(PlatformUserId(77)));
  EXPECT_TRUE(after.messages.empty() && after.memories.empty() && after.conversations.empty());
  EXPECT_EQ(after.notices.size(), 1U) << "an opt-out stays";
  EXPECT_EQ(ok(store().memories_of(BotId(2))).size(), 1U) << "another person's";
}

TEST_P(StoreConformance, APrivateRoomOfAPlatformWithTextIdsIsFoundByWhoSpokeThere) {
  auto room = sample_room(3);
  room.platform = store::Platform::Matrix;
  room.kind = store::ChatKind::Private;
  room.chat = PlatformChatId(store::kFirstName + 5);
  room.owner = BotId();
  ok(store().put_room(room));
  auto theirs = sample_message(1, RoomId(3), now());
  auto answer = sample_message(2, RoomId(3), now());
  answer.author = PlatformUserId(1001);
  answer.bot = BotId(1);
  answer.direction = store::Direction::Out;
  accept({sample_update(1, BotId(1), theirs), sample_update(2, BotId(1), answer)});
  EXPECT_EQ(ok(store().export_person(PlatformUserId(77))).messages.size(), 2U);
  ok(store().forget_person(PlatformUserId(77)));
  EXPECT_TRUE(ok(store().history(RoomId(3), 10)).empty());
}

TEST_P(StoreConformance, ForgetEmptiesThePayloadsOfTheirUpdates) {
  auto edited = update(1);
  edited.message.reset();
  edited.inbox.message = MessageRowId();
  edited.inbox.kind = store::InboxKind::EditedMessage;
  edited.inbox.person = PlatformUserId(77);
  auto said = update(2);  // a row from before updates knew their person: found by its message
  auto others = update(3);
  others.inbox.person = PlatformUserId(78);
  others.message->author = PlatformUserId(78);
  accept({edited, said, others});
  ok(store().forget_person(PlatformUserId(77)));
  const auto items = ok(store().read_inbox(InboxId(), 10));
  ASSERT_EQ(items.size(), 3U) << "that they came stays: none is taken in twice";
  EXPECT_EQ(items[0].inbox.payload, "");
  EXPECT_EQ(items[1].inbox.payload, "");
  EXPECT_EQ(items[2].inbox.payload, others.inbox.payload);
  EXPECT_EQ(items[2].inbox.person, PlatformUserId(78));
}

}  // namespace chorus::test
