#include "chorus/platform/matrix/mapping.hpp"

#include "chorus/platform/matrix/options.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace chorus::platform {
namespace {

namespace matrix = proto::matrix;

const std::vector<std::string> kOurs{"@nova:home", "@rex:home"};

matrix::Event event(std::string type, std::string content, std::string sender = "@ada:home") {
  matrix::Event made;
  made.event_id = "$1";
  made.type = std::move(type);
  made.sender = std::move(sender);
  made.room_id = "!r:home";
  made.origin_server_ts = 1'700'000'000'123;
  made.content = std::move(content);
  return made;
}

std::optional<MatrixUpdate> read(const matrix::Event& made) {
  return read_matrix_event(made, "@nova:home", kOurs);
}

TEST(MatrixMapping, AMessageSaysWhoAndWhatAndWhom) {
  const auto update = read(event("m.room.message", R"({"msgtype":"m.text","body":"hi",
      "m.mentions":{"user_ids":["@nova:home"]},
      "m.relates_to":{"m.in_reply_to":{"event_id":"$0"}}})"));
  ASSERT_TRUE(update);
  EXPECT_EQ(update->kind, store::InboxKind::Message);
  EXPECT_EQ(update->text, "hi");
  EXPECT_EQ(update->sender, "@ada:home");
  EXPECT_EQ(update->message, "$1");
  EXPECT_EQ(update->reply_to, "$0");
  EXPECT_EQ(update->thread, "");
  EXPECT_EQ(update->mentions, std::vector<std::string>{"@nova:home"});
  EXPECT_FALSE(update->notice);
}

TEST(MatrixMapping, ATimeThatAServerMadeUpStaysWithinOurClock) {
  auto made = event("m.room.message", R"({"msgtype":"m.text","body":"hi"})");
  EXPECT_EQ(to_unix_seconds(read(made)->sent_at), 1'700'000'000);
  made.origin_server_ts = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(to_unix_seconds(read(made)->sent_at), 7'258'118'400);  // 2200-01-01
  made.origin_server_ts = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(to_unix_seconds(read(made)->sent_at), 0);
}

TEST(MatrixMapping, WhatOurBotsSaidComesBackAsAnEchoAndNothingElseDoes) {
  const char* text = R"({"msgtype":"m.notice","body":"hi"})";
  EXPECT_TRUE(is_echo(event("m.room.message", text, "@rex:home"), kOurs));
  EXPECT_FALSE(is_echo(event("m.room.message", text), kOurs));
  EXPECT_FALSE(is_echo(event("m.reaction", text, "@rex:home"), kOurs));
  EXPECT_FALSE(read(event("m.room.message", text, "@rex:home")));
}

TEST(MatrixMapping, WithoutMentionsANameInTheTextCounts) {
  const auto update =
      read(event("m.room.message", R"({"msgtype":"m.text","body":"rex: are you there?"})"));
  EXPECT_EQ(update->mentions, std::vector<std::string>{"@rex:home"});
  const auto nobody = read(event(
      "m.room.message", R"({"msgtype":"m.text","body":"rex: are you there?","m.mentions":{}})"));
  EXPECT_TRUE(nobody->mentions.empty()) << "an empty list says: nobody";
}

TEST(MatrixMapping, AThreadIsKnownByItsRootAndItsFallbackIsNoReply) {
  const auto update = read(event("m.room.message", R"({"msgtype":"m.text","body":"hi",
      "m.relates_to":{"rel_type":"m.thread","event_id":"$root","is_falling_back":true,
                      "m.in_reply_to":{"event_id":"$9"}}})"));
  EXPECT_EQ(update->thread, "$root");
  EXPECT_EQ(update->reply_to, "");
}

TEST(MatrixMapping, AnEditIsAboutTheMessageThatItReplaces) {
  const auto update = read(event("m.room.message", R"({"msgtype":"m.text","body":"* new",
      "m.new_content":{"msgtype":"m.text","body":"new"},
      "m.relates_to":{"rel_type":"m.replace","event_id":"$0"}})"));
  ASSERT_TRUE(update);
  EXPECT_EQ(update->kind, store::InboxKind::EditedMessage);
  EXPECT_EQ(update->message, "$0");
  EXPECT_EQ(update->event_id, "$1");
  EXPECT_EQ(update->text, "new");
}

TEST(MatrixMapping, CommandsBeginWithAnExclamationMarkOrASlash) {
  const auto about =
      read(event("m.room.message", R"({"msgtype":"m.text","body":"!About@nova:home please"})"));
  EXPECT_EQ(about->command, "about");
  EXPECT_EQ(about->command_target, "nova");
  const auto stop = read(event("m.room.message", R"({"msgtype":"m.text","body":"/stop"})"));
  EXPECT_EQ(stop->command, "stop");
  EXPECT_FALSE(stop->command_target);
  for (const auto* body : {"! no", "!!", "/ ", "wow!stop", "!1"}) {
    const auto none = read(
        event("m.room.message", std::string(R"({"msgtype":"m.text","body":")") + body + "\"}"));
    EXPECT_FALSE(none->command) << body;
  }
}

TEST(MatrixMapping, FilesCountByTheirCaption) {
  EXPECT_EQ(read(event("m.room.message", R"({"msgtype":"m.image","body":"cat.png"})"))->text, "");
  EXPECT_EQ(
      read(event("m.room.message", R"({"msgtype":"m.image","body":"my cat","filename":"cat.png"})"))
          ->text,
      "my cat");
}

TEST(MatrixMapping, WhatOurBotsSayIsHeardWhenItIsSent) {
  const std::string content = R"({"msgtype":"m.notice","body":"hi"})";
  EXPECT_FALSE(read(event("m.room.message", content, "@nova:home")));
  EXPECT_FALSE(read(event("m.room.message", content, "@rex:home")));
  const auto other = read(event("m.room.message", content, "@other:home"));
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->notice) << "another bot";
}

TEST(MatrixMapping, OnlyTheBotsOwnMembershipCounts) {
  auto member = event("m.room.member", R"({"membership":"join"})", "@nova:home");
  member.state_key = "@nova:home";
  EXPECT_EQ(read(member)->member_status, "member");
  member.content = R"({"membership":"ban"})";
  member.sender = "@ada:home";
  EXPECT_EQ(read(member)->member_status, "kicked");
  member.content = R"({"membership":"leave"})";
  EXPECT_EQ(read(member)->member_status, "left");
  member.content = R"({"membership":"invite"})";
  EXPECT_FALSE(read(member));
  member.content = R"({"membership":"join"})";
  member.state_key = "@ada:home";
  EXPECT_FALSE(read(member));
}

TEST(MatrixMapping, WhatIsNoIdIsLeftOut) {
  const auto update = read(event("m.room.message", R"({"msgtype":"m.text","body":"hi",
      "m.mentions":{"user_ids":["","nova","@nova:home"]},
      "m.relates_to":{"rel_type":"m.thread","event_id":"root","m.in_reply_to":{"event_id":"0"}}})"));
  ASSERT_TRUE(update);
  EXPECT_EQ(update->mentions, std::vector<std::string>{"@nova:home"});
  EXPECT_EQ(update->thread, "");
  EXPECT_EQ(update->reply_to, "");
  NameBook names;
  ask_names(*update, names);
  names.number_for_test();
  const auto incoming = to_incoming(*update, {}, names);
  EXPECT_EQ(incoming.message->mentioned_users.size(), 1U);
  EXPECT_EQ(incoming.message->date, update->sent_at);
}

TEST(MatrixMapping, WhatCannotBeReadIsNothing) {
  EXPECT_FALSE(read(event("m.room.message", "{}"))) << "redacted";
  EXPECT_FALSE(read(event("m.room.message", "[1]")));
  EXPECT_FALSE(read(event("m.reaction", R"({"m.relates_to":{}})")));
  EXPECT_FALSE(read(event("m.room.encrypted", R"({"ciphertext":"x"})")));
}

TEST(MatrixInvites, AreTakenByUserServerRoomOrFromEverybody) {
  EXPECT_FALSE(takes_invite({}, "@ada:home", "!r:home"));
  EXPECT_TRUE(takes_invite({"*"}, "@ada:home", "!r:home"));
  EXPECT_TRUE(takes_invite({"@ada:home"}, "@ada:home", "!r:home"));
  EXPECT_FALSE(takes_invite({"@ada:home"}, "@eve:home", "!r:home"));
  EXPECT_TRUE(takes_invite({"*:home"}, "@eve:home", "!r:home"));
  EXPECT_FALSE(takes_invite({"*:home"}, "@eve:not.home", "!r:home"));
  EXPECT_FALSE(takes_invite({"*:home"}, "@eve:sub:home", "!r:home"));
  EXPECT_TRUE(takes_invite({"!r:home"}, "@eve:else", "!r:home"));
  for (const auto* good : {"*", "*:home", "@ada:home", "!r:home"}) {
    EXPECT_TRUE(check_invite_rule(good)) << good;
  }
  for (const auto* bad : {"", "home", "ada:home", "*:", "#r:home"}) {
    EXPECT_FALSE(check_invite_rule(bad)) << bad;
  }
}

}  // namespace
}  // namespace chorus::platform
