#include "matrix_rig.hpp"

// The homeserver pushes to the fleet as an application service.
namespace chorus::platform::testing {
namespace {

constexpr BotId kOne(1);
constexpr BotId kTwo(2);

class MatrixServiceRig : public MatrixRig {
 protected:
  void SetUp() override {
    register_service();
    ada = login("ada");
    room = create_room(ada, R"({"preset":"private_chat","name":"Garden"})");
  }
  std::vector<fleet::BotAccess> bots() {
    return {access(kOne, "@bot_one:sandbox"), access(kTwo, "@bot_two:sandbox")};
  }
  void begin_service(bool known = false) {
    begin(service_options(), known ? bots() : std::vector<fleet::BotAccess>{});
    for (auto& bot : bots()) {
      ASSERT_TRUE(run(adapter->port().identify(bot)));
      adapter->start(bot);
    }
  }
  net::Response push(std::string body, std::string_view token, std::string_view path = {}) {
    auto made = request(net::Method::Put,
                        path.empty() ? "/_matrix/app/v1/transactions/1" : std::string(path), token,
                        std::move(body));
    auto pending = start(adapter->http(), std::move(made));
    step_until([&] { return pending->done(); });
    return pending->response.value_or(net::Response());
  }
  std::string ada, room;
};

TEST_F(MatrixServiceRig, EveryBotOfTheRoomHearsAndOthersDoNot) {
  begin_service();
  invite(ada, room, "@bot_one:sandbox");
  step_until([&] { return is_member(ada, room, "@bot_one:sandbox"); });
  sent(ada, room, "a", "only one is here");
  invite(ada, room, "@bot_two:sandbox");
  step_until([&] { return is_member(ada, room, "@bot_two:sandbox"); });
  sent(ada, room, "b", "both are here");
  step_until([&] { return !inbox.texts(kTwo).empty() && inbox.texts(kOne).size() >= 2; });
  EXPECT_EQ(inbox.texts(kOne), (std::vector<std::string>{"only one is here", "both are here"}));
  EXPECT_EQ(inbox.texts(kTwo), std::vector<std::string>{"both are here"});
  EXPECT_EQ(inbox.message(kOne, "both are here").message,
            inbox.message(kTwo, "both are here").message);
}

TEST_F(MatrixServiceRig, ATransactionThatComesAgainIsReadOnce) {
  begin_service();
  invite(ada, room, "@bot_one:sandbox");
  step_until([&] { return is_member(ada, room, "@bot_one:sandbox"); });
  invite(ada, room, "@bot_two:sandbox");
  step_until([&] { return is_member(ada, room, "@bot_two:sandbox"); });
  sent(ada, room, "a", "both are here");
  step_until([&] { return !inbox.texts(kOne).empty() && !inbox.texts(kTwo).empty(); });
  const auto line = [&](std::string_view event, std::string_view from) {
    return fmt::format(R"({{"events":[{{"type":"m.room.message","event_id":"{}","room_id":"{}",)"
                       R"("sender":"{}","origin_server_ts":1,)"
                       R"("content":{{"msgtype":"m.text","body":"hello"}}}}]}})",
                       event, room, from);
  };
  const auto path = "/_matrix/app/v1/transactions/77";
  const auto before = adapter->echoes();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(push(line("$own", "@bot_one:sandbox"), "hs-secret", path).status, 200);
  }
  EXPECT_EQ(adapter->echoes(), before + 1) << "one line that one other bot heard";
  EXPECT_EQ(push(line("$other", "@ada:sandbox"), "hs-secret", path).status, 200);
  EXPECT_EQ(inbox.texts(kOne), (std::vector<std::string>{"both are here", "hello"}))
      << "an id is used again by a server that was set up anew";
}

TEST_F(MatrixServiceRig, RoomsOfOnePushAreAskedAboutSideBySide) {
  begin_service();
  std::string events;
  for (int i = 0; i < 64; ++i) {
    events += fmt::format(
        R"({}{{"type":"m.room.member","state_key":"@bot_one:sandbox","sender":"@bot_one:sandbox",)"
        R"("room_id":"!r{}:sandbox","event_id":"$j{}","origin_server_ts":1767614400000,)"
        R"("content":{{"membership":"join"}}}})",
        i == 0 ? "" : ",", i, i);
  }
  const auto began = loop.now();
  EXPECT_EQ(push("{\"events\":[" + events + "]}", "hs-secret").status, 200);
  // A question takes 2 ms: one after the other they would take 128.
  EXPECT_LT(loop.now() - began, std::chrono::milliseconds(100));
}

TEST_F(MatrixServiceRig, WhatTheInboxDoesNotTakeComesAgainOnceAndInOrder) {
  begin_service();
  invite(ada, room, "@bot_one:sandbox");
  step_until([&] { return is_member(ada, room, "@bot_one:sandbox"); });
  inbox.gone = true;
  for (int i = 0; i < 5; ++i) sent(ada, room, fmt::format("t{}", i), fmt::format("line {}", i));
  advance(std::chrono::seconds(3));
  EXPECT_TRUE(inbox.texts(kOne).empty());
  inbox.gone = false;
  step_until([&] { return inbox.texts(kOne).size() >= 5; });
  EXPECT_EQ(inbox.texts(kOne),
            (std::vector<std::string>{"line 0", "line 1", "line 2", "line 3", "line 4"}));
}

TEST_F(MatrixServiceRig, ARestartKnowsItsBotsBeforeTheFirstTransaction) {
  begin_service();
  invite(ada, room, "@bot_one:sandbox");
  step_until([&] { return is_member(ada, room, "@bot_one:sandbox"); });
  sent(ada, room, "a", "before");
  step_until([&] { return !inbox.texts(kOne).empty(); });
  end();
  // Restored from what was noted, and nothing started yet.
  begin(service_options(), bots());
  const auto pushed =
      push(fmt::format(R"({{"events":[{{"type":"m.room.message","event_id":"$x","room_id":"{}",)"
                       R"("sender":"@ada:sandbox","origin_server_ts":1,)"
                       R"("content":{{"msgtype":"m.text","body":"at once"}}}}]}})",
                       room),
           "hs-secret");
  EXPECT_EQ(pushed.status, 200);
  EXPECT_EQ(inbox.texts(kOne), (std::vector<std::string>{"before", "at once"}));
  EXPECT_TRUE(inbox.texts(kTwo).empty());
}

TEST_F(MatrixServiceRig, NothingIsConfirmedBeforeItsBotsAreKnown) {
  adapter = std::make_unique<MatrixPlatform>(
      MatrixPlatform::Parts{loop, transport, *store, inbox, metrics, Rng(11)}, service_options());
  EXPECT_EQ(push(R"({"events":[]})", "hs-secret").status, 503);
  ASSERT_TRUE(run(adapter->restore(bots())));
  EXPECT_EQ(push(R"({"events":[]})", "hs-secret").status, 200);
}

TEST_F(MatrixServiceRig, OnlyTheHomeserverMayPush) {
  begin_service();
  EXPECT_EQ(push(R"({"events":[]})", "").status, 401);
  const auto wrong = push(R"({"events":[]})", "guessed");
  EXPECT_EQ(wrong.status, 403);
  EXPECT_EQ(wrong.body.find("guessed"), std::string::npos);
  EXPECT_EQ(push(R"({"events":[]})", "hs-secret").status, 200);
  EXPECT_EQ(
      push(R"({"events":[]})", "", "/_matrix/app/v1/transactions/2?access_token=hs-secret").status,
      200);
  EXPECT_EQ(push("no json", "hs-secret").status, 200) << "it would come again for ever";
  EXPECT_EQ(push("{}", "hs-secret", "/_matrix/app/v1/else").status, 404);
}

TEST_F(MatrixServiceRig, ABotThatLeavesHearsNoMore) {
  begin_service();
  invite(ada, room, "@bot_one:sandbox");
  invite(ada, room, "@bot_two:sandbox");
  step_until([&] {
    return is_member(ada, room, "@bot_one:sandbox") && is_member(ada, room, "@bot_two:sandbox");
  });
  EXPECT_EQ(
      post("rooms/" + percent_encode(room) + "/kick", ada, R"({"user_id":"@bot_two:sandbox"})")
          .status,
      200);
  sent(ada, room, "a", "after");
  step_until([&] { return !inbox.texts(kOne).empty(); });
  EXPECT_TRUE(inbox.texts(kTwo).empty());
  EXPECT_EQ(inbox.kept.at(kTwo).back().member_status, "left");
}

class MatrixListenerRig : public MatrixServiceRig {};

TEST_F(MatrixListenerRig, OneAccountListensForAllBotsOfItsRooms) {
  const auto nova = login("nova");
  const auto rex = login("rex");
  auto with = options(MatrixMode::Listener);
  const auto ear = login("ear");
  with.listener_token = Secret(ear);
  const auto hall = create_room(ada);
  const auto other = create_room(ada);
  for (const auto& token : {ear, nova}) join(token, hall);
  join(ear, other);
  join(rex, other);
  begin(with);
  adapter->start(access(kOne, nova));
  adapter->start(access(kTwo, rex));
  advance(std::chrono::seconds(2));
  sent(ada, hall, "a", "to nova");
  sent(ada, other, "b", "to rex");
  step_until([&] { return !inbox.texts(kOne).empty() && !inbox.texts(kTwo).empty(); });
  EXPECT_EQ(inbox.texts(kOne), std::vector<std::string>{"to nova"});
  EXPECT_EQ(inbox.texts(kTwo), std::vector<std::string>{"to rex"});
  // Its invitations are looked for now and then.
  const auto late = create_room(ada);
  join(ear, late);
  invite(ada, late, "@nova:sandbox");
  step_until([&] { return is_member(ada, late, "@nova:sandbox"); }, std::chrono::minutes(10));
  EXPECT_TRUE(is_member(ada, late, "@nova:sandbox"));
}

}  // namespace
}  // namespace chorus::platform::testing
