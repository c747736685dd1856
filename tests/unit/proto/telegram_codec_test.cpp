#include "chorus/proto/telegram/decode.hpp"
#include "chorus/proto/telegram/encode.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::proto::telegram {
namespace {

TEST(TelegramDecode, ReadsAMessageAndIgnoresWhatItDoesNotKnow) {
  const auto update = decode_update(
      R"({"update_id":7,"message":{"message_id":5,"from":{"id":1,"is_bot":false,"first_name":"A",
      "is_premium":true},"chat":{"id":-1001,"title":"T","type":"supergroup"},"date":1700000000,
      "text":"hi @some_bot \ud83d\ude00","entities":[{"offset":3,"length":9,"type":"mention"},
      {"offset":0,"length":1,"type":"from_the_future"},{"offset":50,"length":1,"type":"bold"}],
      "reply_to_message":{"message_id":4,"chat":{"id":-1001,"type":"supergroup"},"date":1,
      "reply_to_message":{"message_id":3}},"photo":[{"file_id":"x","file_unique_id":"y","width":1,
      "height":2}],"new_thing":{}}})");
  ASSERT_TRUE(update) << update.error().why;
  EXPECT_EQ(update->update_id, 7);
  ASSERT_EQ(update->kind, UpdateKind::Message);
  const auto& message = std::get<Message>(update->payload);
  EXPECT_EQ(message.text, "hi @some_bot 😀");
  ASSERT_EQ(message.entities.size(), 1U);
  ASSERT_TRUE(message.reply_to_message);
  EXPECT_EQ(message.reply_to_message->message_id, 4);
  EXPECT_FALSE(message.reply_to_message->reply_to_message);
  ASSERT_TRUE(message.media);
  EXPECT_EQ(message.media->kind, MediaKind::Photo);
}

TEST(TelegramDecode, AMalformedUpdateIsNamedAndNeverHidesTheRest) {
  const auto batch = decode_updates(*parse_json(
      R"([{"update_id":10,"message":{"message_id":1,"chat":{"id":"x","type":"group"},"date":1}},
          {"update_id":11,"callback_query":{"id":"c","from":{"id":5,"first_name":"P"},"data":"d"}},
          "no object",{"update_id":12,"poll":{}},{"message":{}}])"));
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->updates.size(), 2U);
  EXPECT_EQ(batch->updates[0].kind, UpdateKind::CallbackQuery);
  EXPECT_EQ(batch->updates[1].kind, UpdateKind::Other);
  ASSERT_EQ(batch->faults.size(), 3U);
  EXPECT_EQ(batch->faults[0], (UpdateFault{10, "message.chat.id is missing or of a wrong type"}));
  EXPECT_EQ(batch->faults[1].update_id, std::nullopt);
  EXPECT_EQ(batch->next_offset, 13);
  EXPECT_EQ(decode_update(R"({"update_id":1,"message":5})").error().why,
            "message is not an object");
  EXPECT_FALSE(decode_updates(*parse_json("{}")));
  EXPECT_EQ(decode_updates(*parse_json("[]"))->next_offset, std::nullopt);
}

TEST(TelegramDecode, BrokenJsonStillTellsTheIdWhenItCan) {
  const auto cut = decode_update(R"({"update_id": 99, "message": {"text": "abc)");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().update_id, 99);
  EXPECT_EQ(cut.error().why.find("abc"), std::string::npos);
  EXPECT_EQ(scan_update_id(R"({"update_id":1},{"update_id":2})"), std::nullopt);
  EXPECT_EQ(scan_update_id("nothing"), std::nullopt);
  EXPECT_EQ(scan_update_id(R"({"update_id":"x"})"), std::nullopt);
}

TEST(TelegramDecode, BytesThatAreNotUtf8SpoilOneStringOnly) {
  const auto update = decode_update(
      "{\"update_id\":1,\"message\":{\"message_id\":1,\"chat\":{\"id\":1,\"type\":\"private\"},"
      "\"date\":1,\"text\":\"a\xff\"}}");
  ASSERT_TRUE(update);
  EXPECT_EQ(std::get<Message>(update->payload).text, "a\xEF\xBF\xBD");
}

TEST(TelegramDecode, Envelopes) {
  const auto ok =
      decode_envelope(R"({"ok":true,"result":{"id":5,"first_name":"B","is_bot":true}})");
  ASSERT_TRUE(ok);
  EXPECT_TRUE(ok->ok);
  EXPECT_EQ(decode_user(ok->result)->id, 5);
  const auto flood = decode_envelope(
      R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}})");
  ASSERT_TRUE(flood);
  EXPECT_EQ(flood->error_code, 429);
  EXPECT_EQ(flood->parameters.retry_after, 7);
  EXPECT_FALSE(decode_envelope("<html>502 Bad Gateway</html>"));
  EXPECT_FALSE(decode_envelope("[]"));
  EXPECT_FALSE(decode_envelope(R"({"result":1})"));
}

TEST(TelegramEncode, MessageOnTheWire) {
  Message message;
  message.message_id = 5;
  message.from = User{.id = 2,
                      .is_bot = true,
                      .first_name = "Bot",
                      .last_name = {},
                      .username = "some_bot",
                      .language_code = {},
                      .can_join_groups = {},
                      .can_read_all_group_messages = {},
                      .supports_inline_queries = {}};
  message.chat = Chat{-1001, ChatType::Supergroup, "Room", {}, {}, {}};
  message.date = 1700000000;
  message.text = "hi \"you\"";
  message.entities.push_back({.type = EntityType::TextLink,
                              .offset = 0,
                              .length = 2,
                              .url = "http://e.org/",
                              .user = {},
                              .language = {},
                              .custom_emoji_id = {}});
  message.extra = R"("has_protected_content":true)";
  Update update{.update_id = 0, .kind = UpdateKind::Message, .payload = message};
  std::string body;
  append_update_body(body, update);
  std::string wire;
  append_update(wire, 123456789, body);
  EXPECT_EQ(
      wire,
      R"({"update_id":123456789,"message":{"message_id":5,"from":{"id":2,"is_bot":true,)"
      R"("first_name":"Bot","username":"some_bot"},"chat":{"id":-1001,"title":"Room",)"
      R"("type":"supergroup"},"date":1700000000,"text":"hi \"you\"","entities":[{"offset":0,)"
      R"("length":2,"type":"text_link","url":"http://e.org/"}],"has_protected_content":true}})");
}

TEST(TelegramEncode, EnvelopesKeepTheOrderOfKeys) {
  std::string out;
  append_ok(out, "true", "Webhook was set");
  EXPECT_EQ(out, R"({"ok":true,"result":true,"description":"Webhook was set"})");
  out.clear();
  append_error(out, 429, "Too Many Requests: retry after 3",
               {.retry_after = 3, .migrate_to_chat_id = {}});
  EXPECT_EQ(
      out,
      R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3","parameters":{"retry_after":3}})");
}

TEST(TelegramEncode, DescriptionsHaveTheServersForm) {
  EXPECT_EQ(error_description(400, "Chat not found"), "Bad Request: chat not found");
  EXPECT_EQ(error_description(400, "CHAT_ADMIN_REQUIRED"), "Bad Request: CHAT_ADMIN_REQUIRED");
  EXPECT_EQ(error_description(401, ""), "Unauthorized");
  EXPECT_EQ(error_description(403, "bot was blocked by the user"),
            "Forbidden: bot was blocked by the user");
  EXPECT_EQ(error_description(500, "restart"), "Internal Server Error: restart");
}

}  // namespace
}  // namespace chorus::proto::telegram
