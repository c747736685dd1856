#include "chorus/platform/telegram/mapping.hpp"

#include "chorus/proto/telegram/decode.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::platform {
namespace {

fleet::IncomingUpdate map(const std::string& wire) {
  return map_update(proto::telegram::decode_update(wire).value());
}

TEST(TelegramMapping, AGroupMessageWithMentionsAndReply) {
  const auto update = map(
      R"({"update_id":3,"message":{"message_id":9,"from":{"id":5,"first_name":"Ann","last_name":"B",
      "username":"ann","language_code":"tr"},"chat":{"id":-1001,"title":"Room","type":"supergroup"},
      "date":1700000000,"text":"😀 @some_bot and Bob","entities":[{"offset":3,"length":9,"type":"mention"},
      {"offset":17,"length":3,"type":"text_mention","user":{"id":77,"first_name":"Bob"}}],
      "reply_to_message":{"message_id":8,"from":{"id":6,"is_bot":true,"first_name":"Bot"},
      "chat":{"id":-1001,"type":"supergroup"},"date":1}}})");
  EXPECT_EQ(update.update_id, 3);
  EXPECT_EQ(update.kind, store::InboxKind::Message);
  ASSERT_TRUE(update.message);
  const auto& message = *update.message;
  EXPECT_EQ(message.message, PlatformMessageId(9));
  EXPECT_EQ(message.chat, PlatformChatId(-1001));
  EXPECT_EQ(message.chat_kind, store::ChatKind::Supergroup);
  EXPECT_EQ(message.chat_title, "Room");
  EXPECT_EQ(message.from, PlatformUserId(5));
  EXPECT_EQ(message.from_name, "Ann B");
  EXPECT_EQ(message.from_username, "ann");
  EXPECT_EQ(message.language, "tr");
  EXPECT_FALSE(message.from_is_bot);
  EXPECT_EQ(message.reply_to, PlatformMessageId(8));
  EXPECT_EQ(message.reply_to_user, PlatformUserId(6));
  EXPECT_EQ(message.mentions, std::vector<std::string>{"some_bot"});
  EXPECT_EQ(message.mentioned_users, std::vector<PlatformUserId>{PlatformUserId(77)});
  EXPECT_FALSE(message.command);
  EXPECT_EQ(to_unix_seconds(message.date), 1700000000);
}

TEST(TelegramMapping, ADateThatIsNoneStaysWithinOurClock) {
  const auto dated = [](std::string_view date) {
    const auto update = map(R"({"update_id":3,"message":{"message_id":9,"chat":{"id":5,"type":
        "private"},"from":{"id":5,"first_name":"Ann"},"text":"hi","date":)" +
                            std::string(date) + "}}");
    return to_unix_seconds(update.message->date);
  };
  EXPECT_EQ(dated("9223372036854775807"), 7'258'118'400);  // 2200-01-01
  EXPECT_EQ(dated("-9223372036854775807"), 0);
}

TEST(TelegramMapping, ATopicOfAForumIsAThreadAndItsOpeningNoReply) {
  const auto in_topic = [](const std::string& rest) {
    return *map(R"({"update_id":3,"message":{"message_id":9,"date":1,"text":"hi",
        "chat":{"id":-1001,"type":"supergroup","is_forum":true},"message_thread_id":4)" +
                rest + "}}")
                .message;
  };
  const std::string opening =
      R"(,"reply_to_message":{"message_id":4,"chat":{"id":-1001,"type":"supergroup"},"date":1})";
  EXPECT_EQ(in_topic(R"(,"is_topic_message":true)").thread, PlatformMessageId(4));
  EXPECT_EQ(in_topic(R"(,"is_topic_message":true)" + opening).reply_to, std::nullopt);
  EXPECT_EQ(in_topic("").thread, std::nullopt) << "comments on a channel's post";
  EXPECT_EQ(in_topic(opening).reply_to, PlatformMessageId(4));
}

TEST(TelegramMapping, CommandsOnlyAtTheStart) {
  const auto command = [](const std::string& text, int offset, int length) {
    return *map(R"({"update_id":3,"message":{"message_id":9,"chat":{"id":5,"type":"private"},"date":1,
        "text":")" +
                text + R"(","entities":[{"offset":)" + std::to_string(offset) + R"(,"length":)" +
                std::to_string(length) + R"(,"type":"bot_command"}]}})")
                .message;
  };
  EXPECT_EQ(command("/About rest", 0, 6).command, "about");
  EXPECT_EQ(command("/About rest", 0, 6).command_target, std::nullopt);
  EXPECT_EQ(command("/stop@Some_bot", 0, 14).command, "stop");
  EXPECT_EQ(command("/stop@Some_bot", 0, 14).command_target, "Some_bot");
  EXPECT_EQ(command("see /stop", 4, 5).command, std::nullopt);
}

TEST(TelegramMapping, MediaSpeakByTheirCaption) {
  const auto update = map(
      R"({"update_id":3,"edited_message":{"message_id":9,"chat":{"id":5,"first_name":"P","type":"private"},
      "date":1,"photo":[{"file_id":"f"}],"caption":"@some_bot look","caption_entities":[
      {"offset":0,"length":9,"type":"mention"}]}})");
  EXPECT_EQ(update.kind, store::InboxKind::EditedMessage);
  EXPECT_EQ(update.message->text, "@some_bot look");
  EXPECT_EQ(update.message->mentions, std::vector<std::string>{"some_bot"});
  EXPECT_EQ(update.message->chat_title, "P");
}

TEST(TelegramMapping, ChannelsAndAnonymousAdministratorsWriteAsChats) {
  const auto update = map(
      R"({"update_id":3,"channel_post":{"message_id":9,"sender_chat":{"id":-1002,"title":"News",
      "type":"channel"},"chat":{"id":-1002,"title":"News","type":"channel"},"date":1,"text":"x"}})");
  EXPECT_EQ(update.kind, store::InboxKind::Message);
  EXPECT_EQ(update.message->from, PlatformUserId(-1002));
  EXPECT_EQ(update.message->from_name, "News");
}

TEST(TelegramMapping, CallbacksMembershipAndReactions) {
  const auto callback = map(
      R"({"update_id":4,"callback_query":{"id":"c1","from":{"id":5,"first_name":"P"},"data":"yes",
      "message":{"message_id":9,"chat":{"id":-1001,"type":"supergroup"},"date":1}}})");
  EXPECT_EQ(callback.kind, store::InboxKind::Callback);
  EXPECT_EQ(callback.callback_id, "c1");
  EXPECT_EQ(callback.callback_data, "yes");
  EXPECT_EQ(callback.callback_from, PlatformUserId(5));
  EXPECT_EQ(callback.message->message, PlatformMessageId(9));

  const std::string member =
      R"({"chat":{"id":-1001,"type":"supergroup","title":"Tea"},"from":{"id":5},"date":1,
      "old_chat_member":{"user":{"id":6,"first_name":"B"},"status":"member"},
      "new_chat_member":{"user":{"id":6,"first_name":"B"},"status":"kicked"}})";
  const auto mine = map(R"({"update_id":5,"my_chat_member":)" + member + "}");
  EXPECT_EQ(mine.kind, store::InboxKind::Membership);
  EXPECT_EQ(mine.member_status, "kicked");
  EXPECT_EQ(mine.chat, PlatformChatId(-1001));
  EXPECT_EQ(mine.chat_title, "Tea");
  EXPECT_EQ(map(R"({"update_id":5,"chat_member":)" + member + "}").member_status, "");

  const auto reaction = map(
      R"({"update_id":6,"message_reaction":{"chat":{"id":-5,"type":"group"},"message_id":9,"date":1,
      "old_reaction":[],"new_reaction":[]}})");
  EXPECT_EQ(reaction.kind, store::InboxKind::Reaction);
  EXPECT_EQ(reaction.chat, PlatformChatId(-5));
  EXPECT_EQ(reaction.chat_kind, store::ChatKind::Group);
  EXPECT_EQ(map(R"({"update_id":7,"poll":{}})").kind, store::InboxKind::Other);
}

}  // namespace
}  // namespace chorus::platform
