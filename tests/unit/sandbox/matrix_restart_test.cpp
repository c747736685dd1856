#include "matrix_testing.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>

namespace chorus::sandbox::testing {
namespace {

/// A homeserver that is closed and opened again on the same folder, or killed.
class MatrixRestart : public MatrixTest {
 protected:
  MatrixRestart() {
    close();
    reopen();
  }
  void TearDown() override { close(); }  // while its folder is there
  void reopen() {
    Sandbox::Options options;
    options.data = folder.path().string();
    open(std::move(options));
    ASSERT_EQ(start_error, "");
  }
  void restart() {
    close();
    reopen();
  }
  /// As if the process had ended here: what was written until now is all there is.
  void killed() {
    std::filesystem::copy_file(folder / "world.journal", other / "world.journal");
    close();
    Sandbox::Options options;
    options.data = other.path().string();
    open(std::move(options));
    ASSERT_EQ(start_error, "");
  }
  chorus::test::TempDir folder;
  chorus::test::TempDir other;
};

TEST_F(MatrixRestart, AKilledServerHasKeptWhatItAnswered) {
  const auto ada = login("ada", "right");
  const auto bob = login("bob");
  const auto room = create_room(
      ada, R"({"preset":"private_chat","room_alias_name":"den","invite":["@bob:sandbox"]})");
  join(bob, room);
  const auto since = sync(bob).text("next_batch");
  const auto first = sent(ada, room, "t1", "one");
  const auto second = sent(bob, room, "t1", "two");
  const auto path = "rooms/" + percent_encode(room);
  const auto gone = put(path + "/redact/" + percent_encode(second) + "/r", bob).text("event_id");
  post(path + "/kick", ada, R"({"user_id":"@bob:sandbox"})");
  put(path + "/state/m.room.topic", ada, R"({"topic":"kept"})");
  put(path + "/state/m.room.name", ada, R"({"name":"Den"})");
  put("profile/@ada:sandbox/displayname", ada, R"({"displayname":"Lady A"})");
  killed();
  EXPECT_EQ(get("profile/@ada:sandbox", "").text("displayname"), "Lady A");
  EXPECT_EQ(box->world().rooms().back()->title, "Den");
  EXPECT_EQ(sent(ada, room, "t1", "one"), first);
  EXPECT_EQ(put(path + "/redact/" + percent_encode(second) + "/r", bob).text("event_id"), gone);
  EXPECT_EQ(get("directory/room/%23den%3Asandbox", "").text("room_id"), room);
  EXPECT_EQ(get(path + "/state/m.room.topic", ada).text("topic"), "kept");
  EXPECT_TRUE(get(path + "/event/" + percent_encode(second), ada)
                  .object()
                  .at("content")
                  .as_object()
                  .empty());
  const auto left = sync(bob, since);
  const auto& part = left.object().at("rooms").at("leave").at(room);
  std::vector<std::string> types;
  for (const auto& event : part.at("timeline").at("events").as_array()) {
    types.emplace_back(event.at("type").as_string());
  }
  EXPECT_EQ(types, (std::vector<std::string>{"m.room.message", "m.room.message", "m.room.redaction",
                                             "m.room.member"}));
  EXPECT_EQ(post("join/" + room, bob).status, 403);
}

TEST_F(MatrixRestart, NothingIsLostOrRepeated) {
  const auto ada = login("ada");
  const auto bob = login("bob");
  const auto room = create_room(ada, R"({"preset":"public_chat","name":"Garden","topic":"t"})");
  join(bob, room);
  const auto since = sync(bob).text("next_batch");
  const auto first = sent(ada, room, "t1", "one");
  const auto second = sent(ada, room, "t2", "two");
  const auto before = get("rooms/" + percent_encode(room) + "/state", ada);
  restart();
  EXPECT_EQ(get("account/whoami", ada).text("user_id"), "@ada:sandbox");
  const auto after = sync(bob, since);
  const auto events = timeline(after, room);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(find_string(events[0], "event_id"), first);
  EXPECT_EQ(find_string(events[1], "event_id"), second);
  EXPECT_FALSE(sync(bob, after.text("next_batch")).object().contains("rooms"));
  const auto states = get("rooms/" + percent_encode(room) + "/state", ada);
  ASSERT_EQ(states.body.as_array().size(), before.body.as_array().size());
  for (std::size_t i = 0; i < states.body.as_array().size(); ++i) {
    EXPECT_EQ(states.body.at(i).at("event_id"), before.body.at(i).at("event_id"));
  }
}

TEST_F(MatrixRestart, TheSameTransactionGivesTheSameEvent) {
  const auto ada = login("ada");
  const auto room = create_room(ada);
  const auto made = sent(ada, room, "txn", "once");
  EXPECT_EQ(sent(ada, room, "txn", "once"), made);
  restart();
  EXPECT_EQ(sent(ada, room, "txn", "once"), made);
  restart();  // from a snapshot of a snapshot
  EXPECT_EQ(sent(ada, room, "txn", "once"), made);
  EXPECT_NE(sent(ada, room, "txn2", "once"), made);
  EXPECT_EQ(bodies(timeline(sync(ada), room)), (std::vector<std::string>{"once", "once"}));
}

TEST_F(MatrixRestart, ATokenAheadOfWhatWasWrittenStaysValid) {
  const auto ada = login("ada");
  const auto bob = login("bob");
  const auto room = create_room(ada);
  join(bob, room);
  // Typing moves the stream and is never written down.
  for (int i = 0; i < 50; ++i) {
    put("rooms/" + percent_encode(room) + "/typing/@ada:sandbox", ada,
        i % 2 == 0 ? R"({"typing":true})" : R"({"typing":false})");
  }
  const auto since = sync(bob).text("next_batch");
  restart();
  sent(ada, room, "t1", "after the restart");
  EXPECT_EQ(bodies(timeline(sync(bob, since), room)),
            std::vector<std::string>{"after the restart"});
}

TEST_F(MatrixRestart, AccountsKeepWhatTheySaved) {
  const auto ada = login("ada", "right");
  const auto room = create_room(ada);
  const auto filter = post("user/@ada:sandbox/filter", ada, R"({"room":{"timeline":{"limit":1}}})")
                          .text("filter_id");
  put("user/@ada:sandbox/account_data/m.direct", ada, R"({"@bob:sandbox":["!x:sandbox"]})");
  put("profile/@ada:sandbox/displayname", ada, R"({"displayname":"Ada L."})");
  const auto event = sent(ada, room, "t", "read me");
  post("rooms/" + percent_encode(room) + "/receipt/m.read/" + percent_encode(event), ada);
  restart();
  EXPECT_EQ(get("user/@ada:sandbox/filter/" + filter, ada).status, 200);
  EXPECT_TRUE(
      get("user/@ada:sandbox/account_data/m.direct", ada).object().contains("@bob:sandbox"));
  EXPECT_EQ(get("profile/@ada:sandbox/displayname", "").text("displayname"), "Ada L.");
  const auto part = joined(sync(ada), room);
  EXPECT_TRUE(part.at("ephemeral").at("events").at(0).at("content").as_object().contains(event));
  EXPECT_EQ(
      post("login", "", R"({"type":"m.login.password","user":"ada","password":"wrong"})").errcode(),
      "M_FORBIDDEN");
}

TEST_F(MatrixRestart, WhatABotHasNotTakenStillWaits) {
  BotSpec spec;
  spec.username = "helper";
  const auto bot = box->create_bot(spec, Platform::Matrix).value();
  const auto eve =
      box->create_person({.name = "eve", .first_name = "Eve", .language = "en"}, Platform::Matrix)
          .value();
  RoomSpec rooms;
  rooms.type = RoomType::Room;
  rooms.title = "Hall";
  rooms.bots = {bot.id};
  rooms.people = {eve.id};
  const auto hall = box->create_room(rooms, Platform::Matrix).value();
  const auto since = sync(bot.token).text("next_batch");
  say(eve.id, hall.id, "waiting");
  EXPECT_EQ(box->pending_updates(), 1U);
  restart();
  EXPECT_EQ(box->pending_updates(), 1U);
  const auto seen = sync(bot.token, since);
  EXPECT_EQ(box->pending_updates(), 0U);
  const auto* rooms_seen = find_object(seen.object(), "rooms");
  ASSERT_NE(rooms_seen, nullptr);
  EXPECT_EQ(rooms_seen->at("join").as_object().size(), 1U);
}

}  // namespace
}  // namespace chorus::sandbox::testing
