#include "sandbox_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

class Forum : public SandboxTest {
 protected:
  Forum() {
    lead = bot("lead_bot", false, false, true);
    echo = bot("echo_bot");
    ann = person("anna");
    RoomSpec spec;
    spec.title = "Forum";
    spec.forum = true;
    spec.bots = {lead.id, echo.id};
    spec.people = {ann.id};
    group = box->create_room(std::move(spec)).value();
  }
  std::string in_group(std::string_view rest) const {
    return fmt::format(R"({{"chat_id":{},{}}})", group.id.value, rest);
  }
  std::int64_t open(std::string_view name = "Plants") {
    return result(lead.token, "createForumTopic", in_group(fmt::format(R"("name":"{}")", name)))
        .at("message_thread_id")
        .as_int64();
  }
  PlatformMessageId say_in(std::int64_t topic, std::string text) {
    PersonMessage message;
    message.from = ann.id;
    message.room = group.id;
    message.text = std::move(text);
    message.topic = PlatformMessageId(topic);
    return box->post(std::move(message)).value();
  }
  json::value newest_update(std::string_view token) {
    return result(token, "getUpdates", R"({"offset":-1})").as_array().at(0);
  }

  BotInfo lead, echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(Forum, ATopicIsOpenedByAnAdministratorAndSaysSo) {
  EXPECT_TRUE(result(echo.token, "getChat", in_group(R"("x":1)")).at("is_forum").as_bool());
  EXPECT_EQ(error(echo.token, "createForumTopic", in_group(R"("name":"Plants")")),
            "Bad Request: not enough rights to create a topic");
  EXPECT_EQ(error(lead.token, "createForumTopic", in_group(R"("name":" ")")),
            "Bad Request: topic name is invalid");
  const auto topic = open();
  const auto notice = newest_update(echo.token).at("message");
  EXPECT_EQ(notice.at("message_id").as_int64(), topic);
  EXPECT_EQ(notice.at("message_thread_id").as_int64(), topic);
  EXPECT_EQ(notice.at("forum_topic_created").at("name").as_string(), "Plants");
}

TEST_F(Forum, WhatIsSaidInATopicSaysWhere) {
  const auto topic = open();
  say_in(topic, "hello");
  const auto heard = newest_update(echo.token).at("message");
  EXPECT_EQ(heard.at("message_thread_id").as_int64(), topic);
  EXPECT_TRUE(heard.at("is_topic_message").as_bool());
  EXPECT_EQ(heard.at("reply_to_message").at("message_id").as_int64(), topic);
  const auto sent =
      result(echo.token, "sendMessage",
             in_group(fmt::format(
                 R"("text":"hi","message_thread_id":{},"reply_parameters":{{"message_id":{}}})",
                 topic, heard.at("message_id").as_int64())));
  EXPECT_EQ(sent.at("message_thread_id").as_int64(), topic);
  EXPECT_EQ(sent.at("reply_to_message").at("message_id").as_int64(),
            heard.at("message_id").as_int64());
}

TEST_F(Forum, TheGeneralTopicHasNoNumber) {
  open();
  say(ann.id, group.id, "hello");
  const auto heard = newest_update(echo.token).at("message");
  EXPECT_FALSE(heard.as_object().contains("message_thread_id"));
  EXPECT_FALSE(heard.as_object().contains("reply_to_message"));
}

TEST_F(Forum, AReplyGoesWhereItsMessageIs) {
  const auto topic = open();
  const auto id = say_in(topic, "hello");
  const auto sent =
      result(echo.token, "sendMessage",
             in_group(fmt::format(R"("text":"hi","reply_to_message_id":{})", id.value)));
  EXPECT_EQ(sent.at("message_thread_id").as_int64(), topic);
  say(ann.id, group.id, "again", id);
  EXPECT_EQ(newest_update(echo.token).at("message").at("message_thread_id").as_int64(), topic);
}

TEST_F(Forum, AThreadThatIsNotThereIsRefused) {
  const auto id = say(ann.id, group.id, "hello");
  EXPECT_EQ(error(echo.token, "sendMessage",
                  in_group(fmt::format(R"("text":"hi","message_thread_id":{})", id.value))),
            "Bad Request: message thread not found");
  const auto flat = room(RoomType::Supergroup, {lead.id}, {ann.id});
  EXPECT_EQ(error(lead.token, "createForumTopic",
                  fmt::format(R"({{"chat_id":{},"name":"x"}})", flat.id.value)),
            "Bad Request: the chat is not a forum");
  PersonMessage message;
  message.from = ann.id;
  message.room = group.id;
  message.text = "hello";
  message.topic = id;
  EXPECT_EQ(box->post(std::move(message)).error().code, ErrorCode::NotFound);
  RoomSpec basic;
  basic.type = RoomType::Group;
  basic.forum = true;
  EXPECT_EQ(box->create_room(std::move(basic)).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace chorus::sandbox::testing
