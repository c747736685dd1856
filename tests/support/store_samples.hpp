#pragma once

#include "chorus/store/rows.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace chorus::test {

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

inline store::MemoryRow sample_memory(std::int64_t id, BotId bot, PlatformUserId person) {
  store::MemoryRow memory;
  memory.id = MemoryId(id);
  memory.bot = bot;
  memory.room = RoomId(9);
  memory.person = person;
  memory.kind = "preference";
  memory.text = "likes tea number " + std::to_string(id);
  memory.source = "said";
  memory.message = MessageRowId(5);
  memory.confidence = 800;
  memory.strength = 700;
  memory.uses = 3;
  memory.created_at = from_micros(1'700'000'000'000'000 + id);
  memory.last_used_at = from_micros(1'700'000'100'000'000 + id);
  memory.expires_at = from_micros(1'800'000'000'000'000 + id);
  return memory;
}

inline store::ReminderRow sample_reminder(std::int64_t id, BotId bot, PlatformUserId person) {
  store::ReminderRow reminder;
  reminder.id = ReminderId(id);
  reminder.key = "key-" + std::to_string(id);
  reminder.bot = bot;
  reminder.room = RoomId(9);
  reminder.person = person;
  reminder.text = "water the plants";
  reminder.reply_to = PlatformMessageId(70 + id);
  reminder.due = from_micros(1'800'000'000'000'000 + id);
  reminder.created_at = from_micros(1'700'000'000'000'000 + id);
  return reminder;
}

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
  EXPECT_EQ(a.thread, b.thread);
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
inline void expect_same(const store::MemoryRow& a, const store::MemoryRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.bot, b.bot);
  EXPECT_EQ(a.room, b.room);
  EXPECT_EQ(a.person, b.person);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.message, b.message);
  EXPECT_EQ(a.confidence, b.confidence);
  EXPECT_EQ(a.strength, b.strength);
  EXPECT_EQ(a.uses, b.uses);
  EXPECT_EQ(a.created_at, b.created_at);
  EXPECT_EQ(a.last_used_at, b.last_used_at);
  EXPECT_EQ(a.expires_at, b.expires_at);
}

inline void expect_same(const store::ReminderRow& a, const store::ReminderRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.bot, b.bot);
  EXPECT_EQ(a.room, b.room);
  EXPECT_EQ(a.person, b.person);
  EXPECT_EQ(a.text, b.text);
  EXPECT_EQ(a.reply_to, b.reply_to);
  EXPECT_EQ(a.thread, b.thread);
  EXPECT_EQ(a.due, b.due);
  EXPECT_EQ(a.created_at, b.created_at);
}

}  // namespace chorus::test
