#include "chorus/admin/founding_json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::admin {
namespace {

template <class T>
std::string error(const Result<T>& result) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  return result.error().message;
}

TEST(BotCreateBody, TheFoundingFieldsAreRead) {
  const auto bot = decode_bot_create(
      R"({"name":"Ada","token":"123:abc","username":"ada_bot","is_enabled":false,)"
      R"("speed_profile":{"fast":1},"active_hours":["09:00-18:00"],"persona_hint":"calm",)"
      R"("emotion_profile":null,"unknown":1,"persona":"trader"})");
  ASSERT_TRUE(bot.has_value()) << bot.error().message;
  EXPECT_EQ(bot->name, "Ada");
  EXPECT_EQ(bot->token.reveal(), "123:abc");
  EXPECT_EQ(bot->username, "ada_bot");
  EXPECT_FALSE(bot->is_enabled);
  EXPECT_EQ(bot->persona, "trader");
  EXPECT_FALSE(bot->founding) << "the route decides that, never the body";
  EXPECT_EQ(json::serialize(bot->extra),
            R"({"speed_profile":{"fast":1},"active_hours":["09:00-18:00"],)"
            R"("persona_hint":"calm","emotion_profile":null})");
}

TEST(BotCreateBody, TwoFieldsAreEnoughAndAnyTokenIsTaken) {
  const auto bot = decode_bot_create(R"({"name":"LoadTest_Bot_001","token":"fake_token_1"})");
  ASSERT_TRUE(bot.has_value());
  EXPECT_TRUE(bot->is_enabled);
  EXPECT_EQ(bot->username, "");
  EXPECT_EQ(bot->persona, "");
  EXPECT_TRUE(bot->extra.empty());
}

TEST(BotCreateBody, APersonaMayBeADocument) {
  const auto bot =
      decode_bot_create(R"({"name":"a","token":"t","persona":{"name":"Ada","tone":"calm"}})");
  ASSERT_TRUE(bot.has_value());
  EXPECT_EQ(bot->persona, R"({"name":"Ada","tone":"calm"})");
}

TEST(BotCreateBody, ErrorsNameTheField) {
  EXPECT_EQ(error(decode_bot_create(R"({"token":"t"})")), "field 'name' is required");
  EXPECT_EQ(error(decode_bot_create(R"({"name":null,"token":"t"})")), "field 'name' is required");
  EXPECT_EQ(error(decode_bot_create(R"({"name":"a"})")), "field 'token' is required");
  EXPECT_EQ(error(decode_bot_create(R"({"name":"a","token":" "})")),
            "field 'token' must not be empty");
  EXPECT_EQ(error(decode_bot_create(R"({"name":7,"token":"t"})")), "field 'name' must be a text");
  EXPECT_EQ(error(decode_bot_create(R"({"name":"a","token":"t","is_enabled":"yes"})")),
            "field 'is_enabled' must be true or false");
  EXPECT_EQ(error(decode_bot_create(R"({"name":"a","token":"t","persona":5})")),
            "field 'persona' must be a name or an object");
  EXPECT_EQ(error(decode_bot_create(R"({"name":")" + std::string(129, 'a') + R"(","token":"t"})")),
            "field 'name' is longer than 128 bytes");
  EXPECT_EQ(error(decode_bot_create("[]")), "the body must be a JSON object");
}

TEST(BotCreateBody, AMalformedBodyIsNotRepeated) {
  const auto message = error(decode_bot_create(R"({"token": "123:SECRET)"));
  EXPECT_NE(message, "accepted");
  EXPECT_EQ(message.find("SECRET"), std::string::npos) << message;
}

TEST(BotPatchBody, OnlyWhatIsThereChanges) {
  const auto empty = decode_bot_patch("{}");
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(empty->name, std::nullopt);
  EXPECT_EQ(empty->is_enabled, std::nullopt);
  EXPECT_FALSE(empty->token.has_value());
  const auto patch =
      decode_bot_patch(R"({"name":"B","is_enabled":false,"token":"9:z","persona_hint":"x"})");
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(patch->name, "B");
  EXPECT_EQ(patch->is_enabled, false);
  ASSERT_TRUE(patch->token.has_value());
  EXPECT_EQ(patch->token->reveal(), "9:z");
  EXPECT_EQ(json::serialize(patch->extra), R"({"persona_hint":"x"})");
  EXPECT_EQ(error(decode_bot_patch(R"({"token":""})")), "field 'token' must not be empty");
  EXPECT_EQ(error(decode_bot_patch(R"({"is_enabled":1})")),
            "field 'is_enabled' must be true or false");
}

TEST(ChatCreateBody, TheChatIdIsATextOrAnInteger) {
  EXPECT_EQ(decode_chat_create(R"({"chat_id":"-1001234567890"})")->chat_id, "-1001234567890");
  EXPECT_EQ(decode_chat_create(R"({"chat_id":-1001234567890})")->chat_id, "-1001234567890");
  EXPECT_EQ(decode_chat_create(R"({"chat_id":9223372036854775808})")->chat_id,
            "9223372036854775808");
  EXPECT_EQ(decode_chat_create(R"({"chat_id":"@channel"})")->chat_id, "@channel");
  EXPECT_EQ(error(decode_chat_create("{}")), "field 'chat_id' is required");
  EXPECT_EQ(error(decode_chat_create(R"({"chat_id":1.5})")), "field 'chat_id' must be a text");
  EXPECT_EQ(error(decode_chat_create(R"({"chat_id":""})")), "field 'chat_id' must not be empty");
}

TEST(BotCreateBody, APlatformIsTelegramOrMatrix) {
  EXPECT_EQ(decode_bot_create(R"({"name":"Ada","token":"t"})")->platform, "telegram");
  EXPECT_EQ(decode_bot_create(R"({"name":"Ada","token":"t","platform":"matrix"})")->platform,
            "matrix");
  EXPECT_EQ(error(decode_bot_create(R"({"name":"Ada","token":"t","platform":"irc"})")),
            "field 'platform' is telegram or matrix");
}

TEST(ChatCreateBody, TheRestHasDefaults) {
  const auto chat = decode_chat_create(R"({"chat_id":"5"})");
  ASSERT_TRUE(chat.has_value());
  EXPECT_EQ(chat->title, "");
  EXPECT_TRUE(chat->is_enabled);
  EXPECT_EQ(json::serialize(chat->topics), "[]");
  const auto full = decode_chat_create(
      R"({"chat_id":"5","title":"Room","is_enabled":false,"topics":["BIST","FX"]})");
  EXPECT_EQ(full->title, "Room");
  EXPECT_FALSE(full->is_enabled);
  EXPECT_EQ(json::serialize(full->topics), R"(["BIST","FX"])");
  EXPECT_EQ(error(decode_chat_create(R"({"chat_id":"5","topics":"BIST"})")),
            "field 'topics' must be a list");
}

BotView ada() {
  BotView bot;
  bot.id = BotId(7);
  bot.name = "Ada";
  bot.username = "ada_bot";
  bot.token_masked = "1234…";
  bot.has_token = true;
  bot.state = "unverified";
  bot.extra.emplace("persona_hint", "calm");
  bot.created_at = from_iso8601("2026-01-05T12:00:00Z").value();
  return bot;
}

TEST(FoundingAnswers, ABotHasTheFoundingShape) {
  EXPECT_EQ(encode_bot(ada()),
            R"({"id":7,"name":"Ada","token_masked":"1234…","has_token":true,"username":"ada_bot",)"
            R"("is_enabled":true,"speed_profile":null,"active_hours":null,"persona_hint":"calm",)"
            R"("emotion_profile":null,"state":"unverified","state_reason":"",)"
            R"("created_at":"2026-01-05T12:00:00.000Z"})");
  EXPECT_EQ(encode_bots({}), "[]");
  auto elsewhere = ada();
  elsewhere.platform = "matrix";
  EXPECT_NE(encode_bot(elsewhere).find(R"(,"platform":"matrix"})"), std::string::npos);
  EXPECT_EQ(encode_bots({ada(), ada()}), "[" + encode_bot(ada()) + "," + encode_bot(ada()) + "]");
}

TEST(FoundingAnswers, AChatHasTheFoundingShape) {
  ChatView chat;
  chat.id = RoomId(3);
  chat.chat_id = "-100500";
  chat.title = "Room";
  chat.topics = json::array{"BIST"};
  chat.created_at = from_iso8601("2026-01-05T12:00:00Z").value();
  EXPECT_EQ(encode_chat(chat),
            R"({"id":3,"chat_id":"-100500","title":"Room","is_enabled":true,"topics":["BIST"],)"
            R"("created_at":"2026-01-05T12:00:00.000Z"})");
  EXPECT_EQ(encode_chats({chat}), "[" + encode_chat(chat) + "]");
}

TEST(FoundingAnswers, QueueCountsHaveTheFoundingShape) {
  QueueStats stats;
  stats.high = 1;
  stats.normal = 2;
  stats.low = 3;
  stats.retry = 4;
  stats.dead = 5;
  stats.unknown = 6;
  stats.inbox_waiting = 7;
  EXPECT_EQ(encode_queue_stats(stats),
            R"({"stats":{"high":1,"normal":2,"low":3,"retry":4,"dlq":5,"unknown":6,"inbox":7},)"
            R"("total_queued":10,"total_failed":5})");
}

}  // namespace
}  // namespace chorus::admin
