#include "matrix_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

/// The control API and the homeserver on one world.
class MatrixControl : public MatrixTest {
 protected:
  MatrixAnswer control(net::Method method, std::string_view path, std::string body = {}) {
    return answer(start(box->control_handler(),
                        request(method, "/control/v1/" + std::string(path), "", std::move(body))));
  }
  MatrixAnswer make(std::string_view what, std::string body) {
    auto made = control(net::Method::Post, what, std::move(body));
    EXPECT_EQ(made.status, 200) << json::serialize(made.body);
    return made;
  }
};

TEST_F(MatrixControl, BotsPeopleAndRoomsAreMadeLikeThoseOfTelegram) {
  const auto bot = make("bots", R"({"platform":"matrix","username":"helper"})");
  EXPECT_EQ(bot.text("user_id"), "@helper:sandbox");
  const auto token = bot.text("token");
  EXPECT_EQ(get("account/whoami", token).text("user_id"), "@helper:sandbox");
  make("people", R"({"platform":"matrix","name":"eve"})");
  const auto room =
      make("rooms", R"({"platform":"matrix","title":"Hall","bots":["helper"],"people":["eve"]})");
  EXPECT_EQ(room.text("type"), "room");
  const auto seen = sync(token);
  const auto part = joined(seen, room.text("room_id"));
  ASSERT_TRUE(part.contains("timeline"));
  EXPECT_EQ(get("rooms/" + room.text("room_id") + "/state/m.room.name", token).text("name"),
            "Hall");
  EXPECT_EQ(control(net::Method::Post, "rooms",
                    R"({"platform":"matrix","type":"supergroup","title":"x"})")
                .status,
            400);
  EXPECT_EQ(control(net::Method::Post, "bots", R"({"platform":"icq"})").status, 400);
}

TEST_F(MatrixControl, APersonsMentionReachesTheBotAndTheLedgerCountsIt) {
  const auto bot = make("bots", R"({"platform":"matrix","username":"helper"})");
  const auto token = bot.text("token");
  const auto room = make("rooms", R"({"platform":"matrix","title":"Hall","bots":["helper"]})");
  const auto room_id = room.text("room_id");
  const auto since = sync(token).text("next_batch");
  make("messages", R"({"room":"Hall","from":"eve","text":"hello","mention":"helper"})");
  EXPECT_EQ(control(net::Method::Get, "ledger").object().at("pending").as_int64(), 1);
  const auto seen = sync(token, since);
  const auto events = timeline(seen, room_id);
  ASSERT_EQ(events.size(), 2U);  // eve came by speaking
  EXPECT_EQ(find_string(events[0], "type"), "m.room.member");
  const auto& content = *find_object(events[1], "content");
  EXPECT_EQ(content.at("m.mentions").at("user_ids").at(0), "@helper:sandbox");
  const auto reply = fmt::format(
      R"({{"msgtype":"m.notice","body":"hi","m.relates_to":{{"rel_type":"m.thread","event_id":"{0}",)"
      R"("m.in_reply_to":{{"event_id":"{0}"}}}}}})",
      *find_string(events[1], "event_id"));
  EXPECT_EQ(put("rooms/" + room_id + "/send/m.room.message/r", token, reply).status, 200);
  const auto shown = control(net::Method::Get, "messages?room=Hall");
  const auto& list = shown.body.as_array();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].at("reply_to"), list[0].at("message_id"));
  EXPECT_TRUE(list[1].at("is_bot").as_bool());
  const auto ledger = control(net::Method::Get, "ledger");
  EXPECT_EQ(ledger.object().at("person_messages").as_int64(), 1);
  EXPECT_EQ(ledger.object().at("bot_messages").as_int64(), 1);
  EXPECT_EQ(ledger.object().at("taken").as_int64(), 1);
  EXPECT_EQ(ledger.object().at("pending").as_int64(), 0);
}

TEST_F(MatrixControl, WhatPeopleDoBecomesEvents) {
  const auto token = make("bots", R"({"platform":"matrix","username":"helper"})").text("token");
  const auto room = make("rooms", R"({"platform":"matrix","title":"Hall","bots":["helper"]})");
  const auto said =
      make("messages", R"({"room":"Hall","from":"eve","text":"frist"})").object().at("message_id");
  const auto id = said.as_int64();
  const auto since = sync(token).text("next_batch");
  make("actions", fmt::format(R"({{"type":"react","room":"Hall","from":"eve","message_id":{},)"
                              R"("emoji":"🦄"}})",
                              id));
  make("actions", fmt::format(R"({{"type":"edit","room":"Hall","from":"eve","message_id":{},)"
                              R"("text":"first"}})",
                              id));
  make("actions", fmt::format(R"({{"type":"delete","room":"Hall","message_id":{}}})", id));
  make("actions", R"({"type":"upload","room":"Hall","from":"eve","content":"abc","text":"see"})");
  make("actions", R"({"type":"leave","room":"Hall","who":"eve"})");
  std::vector<std::string> types;
  for (const auto& event : timeline(sync(token, since), room.text("room_id"))) {
    types.emplace_back(*find_string(event, "type"));
  }
  EXPECT_EQ(types, (std::vector<std::string>{"m.reaction", "m.room.message", "m.room.redaction",
                                             "m.room.message", "m.room.member"}));
}

TEST_F(MatrixControl, OneNameMayBeOnBothPlatforms) {
  make("bots", R"({"username":"twin"})");
  make("bots", R"({"platform":"matrix","username":"twin"})");
  make("rooms", R"({"title":"Hall","bots":["twin"]})");
  make("rooms", R"({"platform":"matrix","title":"Hall","bots":["twin"]})");
  make("messages", R"({"bot":"@twin:sandbox","from":"eve","text":"to the one on Matrix"})");
  make("messages", R"({"bot":"twin","from":"eve","text":"to the one on Telegram"})");
  std::size_t private_chats = 0;
  for (const auto* room : box->world().rooms()) {
    if (!room->is_private()) continue;
    ++private_chats;
    EXPECT_EQ(room->bot->platform, room->peer->platform);
    EXPECT_EQ(room->messages.size(), 1U);
  }
  EXPECT_EQ(private_chats, 2U);
}

TEST_F(MatrixControl, AnInvitationOfAPersonIsAccepted) {
  const auto token = make("bots", R"({"platform":"matrix","username":"helper"})").text("token");
  const auto room = make("rooms", R"({"platform":"matrix","title":"Hall","people":["eve"]})");
  const auto since = sync(token).text("next_batch");
  make("actions", R"({"type":"invite","room":"Hall","from":"eve","who":"helper"})");
  const auto seen = sync(token, since);
  EXPECT_TRUE(seen.object().at("rooms").at("invite").as_object().contains(room.text("room_id")));
  join(token, room.text("room_id"));
  EXPECT_EQ(get("joined_rooms", token).object().at("joined_rooms").as_array().size(), 1U);
}

TEST_F(MatrixControl, AResetEndsHeldSyncs) {
  const auto token = make("bots", R"({"platform":"matrix","username":"helper"})").text("token");
  const auto since = sync(token).text("next_batch");
  auto poll = begin(
      request(net::Method::Get, "/_matrix/client/v3/sync?timeout=30000&since=" + since, token));
  advance(std::chrono::milliseconds(5));
  make("reset", "{}");
  EXPECT_EQ(answer(poll).status, 401);
  make("bots", R"({"platform":"matrix","username":"helper"})");
}

}  // namespace
}  // namespace chorus::sandbox::testing
