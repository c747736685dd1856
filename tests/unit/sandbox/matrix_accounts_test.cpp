#include "matrix_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using MatrixAccounts = MatrixTest;

TEST_F(MatrixAccounts, WhoLogsInIsKnownAndInvitedToTheDefaultRoom) {
  const auto token = login("stranger");
  const auto seen = sync(token);
  ASSERT_TRUE(seen.object().at("rooms").as_object().contains("invite"));
  EXPECT_EQ(seen.object().at("rooms").at("invite").as_object().size(), 1U);
  const auto who = get("account/whoami", token);
  EXPECT_EQ(who.text("user_id"), "@stranger:sandbox");
  EXPECT_FALSE(who.text("device_id").empty());
  EXPECT_TRUE(box->world().find_name(Platform::Matrix, "stranger")->self_registered);
}

TEST_F(MatrixAccounts, APasswordCountsOnceItIsKnown) {
  login("ada", "right");
  const auto wrong =
      post("login", "", R"({"type":"m.login.password","user":"@ada:sandbox","password":"no"})");
  EXPECT_EQ(wrong.status, 403);
  EXPECT_EQ(wrong.errcode(), "M_FORBIDDEN");
  EXPECT_FALSE(login("@ada:sandbox", "right").empty());
  EXPECT_EQ(post("login", "", R"({"type":"m.login.sso"})").errcode(), "M_UNKNOWN");
}

TEST_F(MatrixAccounts, ALoginOfTheSameDeviceEndsItsOldToken) {
  const std::string body = R"({"type":"m.login.password","user":"ada","password":"x",)"
                           R"("device_id":"PHONE"})";
  const auto first = post("login", "", body);
  EXPECT_EQ(first.text("device_id"), "PHONE");
  const auto second = post("login", "", body);
  EXPECT_EQ(get("account/whoami", first.text("access_token")).errcode(), "M_UNKNOWN_TOKEN");
  EXPECT_EQ(get("account/whoami", second.text("access_token")).status, 200);
}

TEST_F(MatrixAccounts, ATokenLogsIn) {
  BotSpec spec;
  spec.username = "helper";
  const auto bot = box->create_bot(spec, Platform::Matrix).value();
  const auto made = post("login", "", R"({"type":"m.login.token","token":")" + bot.token + R"("})");
  EXPECT_EQ(made.text("user_id"), "@helper:sandbox");
  EXPECT_NE(made.text("access_token"), bot.token);
  EXPECT_EQ(get("account/whoami", bot.token).text("user_id"), "@helper:sandbox");
}

TEST_F(MatrixAccounts, RegistrationAsksForADummyStage) {
  const std::string name = R"("username":"newbie","password":"pw")";
  const auto asked = post("register", "", "{" + name + "}");
  EXPECT_EQ(asked.status, 401);
  EXPECT_FALSE(asked.text("session").empty());
  const auto made = post("register", "",
                         "{" + name + R"(,"auth":{"type":"m.login.dummy","session":")" +
                             asked.text("session") + R"("}})");
  EXPECT_EQ(made.text("user_id"), "@newbie:sandbox");
  EXPECT_EQ(get("account/whoami", made.text("access_token")).status, 200);
  EXPECT_EQ(post("register", "", "{" + name + "}").errcode(), "M_USER_IN_USE");
  EXPECT_EQ(post("register", "", R"({"username":"no spaces"})").errcode(), "M_INVALID_USERNAME");
}

TEST_F(MatrixAccounts, MembershipFollowsTheRules) {
  const auto ada = login("ada");
  const auto bob = login("bob");
  const auto room = create_room(ada, R"({"preset":"private_chat"})");
  const auto path = "rooms/" + percent_encode(room);
  const std::string of_bob = R"({"user_id":"@bob:sandbox"})";
  EXPECT_EQ(post("join/" + room, bob).text("error"), "You are not invited to this room.");
  EXPECT_EQ(post(path + "/invite", ada, of_bob).status, 200);
  EXPECT_EQ(post("join/" + room, bob).status, 200);
  EXPECT_EQ(post("join/" + room, bob).status, 200);
  EXPECT_EQ(post(path + "/invite", ada, of_bob).text("error"),
            "@bob:sandbox is already in the room.");
  EXPECT_EQ(post(path + "/kick", bob, R"({"user_id":"@ada:sandbox"})").status, 403);
  EXPECT_EQ(post(path + "/forget", bob).errcode(), "M_UNKNOWN");
  EXPECT_EQ(post(path + "/ban", ada, of_bob).status, 200);
  EXPECT_EQ(post("join/" + room, bob).text("error"), "@bob:sandbox is banned from the room");
  EXPECT_EQ(post(path + "/unban", ada, of_bob).status, 200);
  EXPECT_EQ(post(path + "/forget", bob).status, 200);
  const auto members = get(path + "/members?membership=join", ada);
  EXPECT_EQ(members.object().at("chunk").as_array().size(), 1U);
  EXPECT_EQ(get(path + "/joined_members", ada).object().at("joined").as_object().size(), 1U);
  EXPECT_EQ(get("joined_rooms", bob).object().at("joined_rooms").as_array().size(), 0U);
}

TEST_F(MatrixAccounts, ARoomBeginsInTheOrderOfTheSpecification) {
  const auto ada = login("ada");
  login("bob");
  const auto room = create_room(
      ada, R"({"preset":"trusted_private_chat","name":"N","topic":"T","room_alias_name":"den",)"
           R"("initial_state":[{"type":"m.custom","content":{"a":1}}],"invite":["@bob:sandbox"]})");
  const auto page = get("rooms/" + room + "/messages?dir=f&limit=50", ada);
  std::vector<std::string> types;
  for (const auto& event : page.object().at("chunk").as_array()) {
    types.emplace_back(event.at("type").as_string());
  }
  EXPECT_EQ(types,
            (std::vector<std::string>{"m.room.create", "m.room.member", "m.room.power_levels",
                                      "m.room.canonical_alias", "m.room.join_rules",
                                      "m.room.history_visibility", "m.room.guest_access",
                                      "m.custom", "m.room.name", "m.room.topic", "m.room.member"}));
  const auto levels = get("rooms/" + room + "/state/m.room.power_levels", ada);
  EXPECT_EQ(levels.object().at("users").at("@bob:sandbox").as_int64(), 100);
  EXPECT_EQ(get("directory/room/%23den%3Asandbox", "").text("room_id"), room);
  EXPECT_EQ(post("createRoom", ada, R"({"room_alias_name":"den"})").errcode(), "M_ROOM_IN_USE");
  EXPECT_EQ(post("createRoom", ada, R"({"room_version":"1"})").errcode(),
            "M_UNSUPPORTED_ROOM_VERSION");
}

TEST_F(MatrixAccounts, AProfileShowsInEveryRoom) {
  const auto ada = login("ada");
  const auto room = create_room(ada);
  EXPECT_EQ(put("profile/@ada:sandbox/displayname", ada, R"({"displayname":"Lady"})").status, 200);
  EXPECT_EQ(get("rooms/" + room + "/state/m.room.member/@ada:sandbox", ada).text("displayname"),
            "Lady");
  EXPECT_EQ(put("profile/@bob:sandbox/displayname", ada, R"({"displayname":"x"})").status, 403);
  EXPECT_EQ(get("profile/@nobody:sandbox", "").errcode(), "M_NOT_FOUND");
}

TEST_F(MatrixAccounts, WhatClientsAskAtTheirStartIsAnswered) {
  const auto ada = login("ada");
  EXPECT_EQ(answer(begin(request(net::Method::Get, "/_matrix/client/versions", ""))).status, 200);
  for (const auto* path : {"capabilities", "pushrules/", "pushrules", "joined_rooms", "devices",
                           "keys/changes", "voip/turnServer"}) {
    EXPECT_EQ(get(path, ada).status, 200) << path;
  }
  EXPECT_EQ(get("user/@ada:sandbox/account_data/m.direct", ada).status, 404);
  EXPECT_EQ(get("room_keys/version", ada).errcode(), "M_NOT_FOUND");
  EXPECT_EQ(put("user/@ada:sandbox/account_data/m.push_rules", ada).status, 405);
  const auto options = answer(begin(request(net::Method::Options, "/_matrix/client/v3/sync", "")));
  EXPECT_EQ(options.status, 200);
  EXPECT_EQ(options.headers.get("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(options.headers.get("X-Chorus-Sandbox"), "1");
}

class MatrixLimited : public MatrixTest {
 protected:
  MatrixLimited() {
    close();
    Sandbox::Options options;
    options.matrix_profile = "synapse-default";
    open(std::move(options));
  }
};

TEST_F(MatrixLimited, TheEleventhMessageWaitsAndIsToldSoInBothForms) {
  const auto ada = login("ada");
  const auto room = create_room(ada);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(send_text(ada, room, fmt::format("t{}", i), "x").status, 200);
  }
  const auto began = loop.now();
  const auto refused = send_text(ada, room, "t10", "x");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.errcode(), "M_LIMIT_EXCEEDED");
  const auto wait = refused.object().at("retry_after_ms").as_int64();
  EXPECT_GT(wait, 4000);
  EXPECT_EQ(refused.headers.get("Retry-After"), "5");
  EXPECT_GE(loop.now() - began, std::chrono::milliseconds(500));  // held back
  advance(std::chrono::milliseconds(wait) - (loop.now() - began) + std::chrono::milliseconds(2));
  EXPECT_EQ(send_text(ada, room, "t10", "x").status, 200);
}

TEST_F(MatrixLimited, AFailureIsNotRememberedForItsTransaction) {
  const auto ada = login("ada");
  const auto room = create_room(ada);
  for (int i = 0; i < 10; ++i) send_text(ada, room, fmt::format("t{}", i), "x");
  EXPECT_EQ(send_text(ada, room, "late", "x").status, 429);
  advance(std::chrono::seconds(10));
  EXPECT_EQ(send_text(ada, room, "late", "x").status, 200);
}

TEST_F(MatrixAccounts, FaultsMeetTheCallsThatTheyName) {
  const auto ada = login("ada");
  const auto room = create_room(ada);
  FaultSpec fault;
  fault.match.platform = "matrix";
  fault.match.method = "send";
  fault.action.status = 429;
  fault.action.retry_after = 7;
  fault.times = 1;
  ASSERT_TRUE(box->add_fault(fault));
  EXPECT_EQ(get("account/whoami", ada).status, 200);
  const auto refused = send_text(ada, room, "t", "x");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.object().at("retry_after_ms").as_int64(), 7000);
  EXPECT_EQ(send_text(ada, room, "t", "x").status, 200);
  fault.action = {};
  fault.action.drop = FaultAction::Drop::After;
  ASSERT_TRUE(box->add_fault(fault));
  auto pending = begin(request(net::Method::Put,
                               "/_matrix/client/v3/rooms/" + room + "/send/m.room.message/lost",
                               ada, R"({"msgtype":"m.text","body":"made"})"));
  step_until([&] { return pending->done(); });
  EXPECT_TRUE(pending->response->drop);
  EXPECT_EQ(bodies(timeline(sync(ada), room)).back(), "made");
}

TEST_F(MatrixAccounts, ObserversHearOfSendsAndOfTokensThatOpenNothing) {
  struct Heard final : Observer {
    void on_send(PlatformUserId, PlatformChatId room, std::uint64_t content, int status) override {
      sends.emplace_back(room.value, content, status);
    }
    void on_unauthorized(std::uint64_t token) override { tokens.push_back(token); }
    std::vector<std::tuple<std::int64_t, std::uint64_t, int>> sends;
    std::vector<std::uint64_t> tokens;
  } heard;
  const auto ada = login("ada");
  const auto room = create_room(ada);
  box->add_observer(heard);
  FaultSpec fault;
  fault.match.platform = "matrix";
  fault.match.method = "send";
  fault.action.status = 429;
  fault.times = 1;
  ASSERT_TRUE(box->add_fault(fault));
  send_text(ada, room, "t", "x");
  send_text(ada, room, "t", "x");
  get("account/whoami", "nonsense");
  box->remove_observer(heard);
  ASSERT_EQ(heard.sends.size(), 2u);
  EXPECT_NE(std::get<0>(heard.sends[0]), 0) << "a fault names the room, too";
  EXPECT_EQ(std::get<0>(heard.sends[0]), std::get<0>(heard.sends[1]));
  EXPECT_EQ(std::get<1>(heard.sends[0]), std::get<1>(heard.sends[1]));
  EXPECT_EQ(std::get<2>(heard.sends[0]), 429);
  EXPECT_EQ(std::get<2>(heard.sends[1]), 200);
  EXPECT_EQ(heard.tokens.size(), 1u);
}

}  // namespace
}  // namespace chorus::sandbox::testing
