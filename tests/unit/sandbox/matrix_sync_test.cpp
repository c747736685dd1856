#include "matrix_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

class MatrixSync : public MatrixTest {
 protected:
  void SetUp() override {
    ada = login("ada");
    bob = login("bob");
    room = create_room(ada);
    join(bob, room);
  }
  std::string ada, bob, room;
};

TEST_F(MatrixSync, TwoUsersTalk) {
  const auto first = sync(bob);
  ASSERT_EQ(first.status, 200);
  const auto event = sent(ada, room, "t1", "good morning");
  const auto next = sync(bob, first.text("next_batch"));
  const auto events = timeline(next, room);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(find_string(events[0], "event_id"), event);
  EXPECT_EQ(find_string(events[0], "sender"), "@ada:sandbox");
  EXPECT_EQ(bodies(events), std::vector<std::string>{"good morning"});
  EXPECT_FALSE(events[0].contains("room_id"));
}

TEST_F(MatrixSync, ALongPollEndsWithTheMessage) {
  const auto since = sync(bob).text("next_batch");
  auto poll =
      begin(request(net::Method::Get, "/_matrix/client/v3/sync?timeout=30000&since=" + since, bob));
  advance(std::chrono::seconds(3));
  EXPECT_FALSE(poll->done());
  sent(ada, room, "t1", "wake up");
  const auto woken = answer(poll);
  EXPECT_EQ(bodies(timeline(woken, room)), std::vector<std::string>{"wake up"});
}

TEST_F(MatrixSync, ALongPollEndsEmptyAtItsTimeout) {
  const auto since = sync(bob).text("next_batch");
  const auto began = loop.now();
  const auto done = sync(bob, since, "timeout=2000");
  EXPECT_EQ(done.status, 200);
  EXPECT_FALSE(done.text("next_batch").empty());
  EXPECT_GE(loop.now() - began, std::chrono::seconds(2));
}

TEST_F(MatrixSync, TheSameTokenTwiceGivesTheSameEvents) {
  const auto since = sync(bob).text("next_batch");
  sent(ada, room, "t1", "one");
  EXPECT_EQ(bodies(timeline(sync(bob, since), room)), std::vector<std::string>{"one"});
  sent(ada, room, "t2", "two");
  EXPECT_EQ(bodies(timeline(sync(bob, since), room)), (std::vector<std::string>{"one", "two"}));
}

TEST_F(MatrixSync, TwentyFiveEventsBehindALimitOfTenAreBackfilled) {
  const auto since = sync(bob).text("next_batch");
  std::vector<std::string> wanted;
  for (int i = 0; i < 25; ++i) {
    wanted.push_back(fmt::format("message {}", i));
    sent(ada, room, fmt::format("t{}", i), wanted.back());
  }
  const auto gap = sync(bob, since);
  const auto part = joined(gap, room);
  const auto& line = part.at("timeline").as_object();
  EXPECT_TRUE(line.at("limited").as_bool());
  auto newest = bodies(timeline(gap, room));
  ASSERT_EQ(newest.size(), 10U);
  EXPECT_EQ(newest.front(), "message 15");
  std::vector<std::string> older;
  std::string from(line.at("prev_batch").as_string());
  while (!from.empty()) {
    const auto page = get(fmt::format("rooms/{}/messages?dir=b&limit=6&from={}&to={}",
                                      percent_encode(room), from, since),
                          bob);
    ASSERT_EQ(page.status, 200);
    for (const auto& event : page.object().at("chunk").as_array()) {
      EXPECT_EQ(find_string(event.as_object(), "room_id"), room);
      older.insert(older.begin(), std::string(event.at("content").at("body").as_string()));
    }
    from = page.text("end");
  }
  older.insert(older.end(), newest.begin(), newest.end());
  EXPECT_EQ(older, wanted);
}

TEST_F(MatrixSync, AnInvitationShowsTheRoomAndOnesOwnMembership) {
  const auto carl = login("carl");
  const auto since = sync(carl).text("next_batch");
  const auto secret =
      create_room(ada, R"({"preset":"private_chat","name":"Secret","invite":["@carl:sandbox"],)"
                       R"("is_direct":true})");
  const auto seen = sync(carl, since);
  const auto& invite = seen.object().at("rooms").at("invite").at(secret).at("invite_state");
  bool own = false;
  bool create = false;
  for (const auto& event : invite.at("events").as_array()) {
    create = create || event.at("type") == "m.room.create";
    if (event.at("type") == "m.room.member" && event.at("state_key") == "@carl:sandbox") {
      own = event.at("content").at("membership") == "invite" &&
            event.at("content").at("is_direct").as_bool();
    }
  }
  EXPECT_TRUE(own);
  EXPECT_TRUE(create);
  join(carl, secret);
  const auto here = sync(carl, seen.text("next_batch"));
  const auto part = joined(here, secret);
  EXPECT_TRUE(part.at("timeline").at("limited").as_bool());
  EXPECT_FALSE(here.object().at("rooms").as_object().contains("invite"));
}

TEST_F(MatrixSync, LeftRoomsAreToldOnce) {
  auto since = sync(bob).text("next_batch");
  EXPECT_EQ(post("rooms/" + percent_encode(room) + "/leave", bob).status, 200);
  const auto left = sync(bob, since);
  EXPECT_TRUE(left.object().at("rooms").at("leave").as_object().contains(room));
  sent(ada, room, "t9", "he is gone");
  const auto later = sync(bob, left.text("next_batch"));
  EXPECT_FALSE(later.object().contains("rooms"));
}

TEST_F(MatrixSync, OnlyTheSendersDeviceSeesItsTransactionId) {
  const auto since_ada = sync(ada).text("next_batch");
  const auto since_bob = sync(bob).text("next_batch");
  sent(ada, room, "my-txn", "hello");
  const auto own = timeline(sync(ada, since_ada), room);
  EXPECT_EQ(find_string(*find_object(own.at(0), "unsigned"), "transaction_id"), "my-txn");
  const auto other = timeline(sync(bob, since_bob), room);
  EXPECT_FALSE(find_object(other.at(0), "unsigned")->contains("transaction_id"));
}

TEST_F(MatrixSync, AFilterKeepsTypingAwayAndLimitsTheTimeline) {
  const std::string filter = percent_encode(
      R"({"room":{"timeline":{"limit":2,"types":["m.room.message"]},"ephemeral":{"types":[]}}})");
  const auto since = sync(bob).text("next_batch");
  EXPECT_EQ(put("rooms/" + percent_encode(room) + "/typing/@ada:sandbox", ada, R"({"typing":true})")
                .status,
            200);
  EXPECT_FALSE(sync(bob, since, "filter=" + filter).object().contains("rooms"));
  const auto plain = sync(bob, since);
  const auto part = joined(plain, room);
  const auto& note = part.at("ephemeral").at("events").at(0);
  EXPECT_EQ(note.at("content").at("user_ids").at(0), "@ada:sandbox");
  for (int i = 0; i < 5; ++i) sent(ada, room, fmt::format("f{}", i), fmt::format("{}", i));
  EXPECT_EQ(bodies(timeline(sync(bob, since, "filter=" + filter), room)),
            (std::vector<std::string>{"3", "4"}));
}

TEST_F(MatrixSync, LazyMembersAreThoseWhoSpeak) {
  const auto filter = percent_encode(R"({"room":{"state":{"lazy_load_members":true},)"
                                     R"("timeline":{"limit":1}}})");
  sent(ada, room, "t1", "hello");
  const auto seen = sync(bob, {}, "filter=" + filter);
  std::vector<std::string> members;
  const auto part = joined(seen, room);
  for (const auto& event : part.at("state").at("events").as_array()) {
    if (event.at("type") == "m.room.member")
      members.emplace_back(event.at("state_key").as_string());
  }
  EXPECT_EQ(members, (std::vector<std::string>{"@ada:sandbox", "@bob:sandbox"}));
}

TEST_F(MatrixSync, TypingEndsByItself) {
  put("rooms/" + percent_encode(room) + "/typing/@ada:sandbox", ada,
      R"({"typing":true,"timeout":1000})");
  const auto since = sync(bob).text("next_batch");
  const auto ended = sync(bob, since, "timeout=30000");
  const auto part = joined(ended, room);
  EXPECT_TRUE(
      part.at("ephemeral").at("events").at(0).at("content").at("user_ids").as_array().empty());
}

TEST_F(MatrixSync, AnUnknownTokenIsRefusedAndALoggedOutPollEnds) {
  EXPECT_EQ(sync(bob, "s999999999").status, 400);
  EXPECT_EQ(sync(bob, "nonsense").errcode(), "M_UNKNOWN");
  const auto since = sync(bob).text("next_batch");
  auto poll =
      begin(request(net::Method::Get, "/_matrix/client/v3/sync?timeout=30000&since=" + since, bob));
  advance(std::chrono::milliseconds(5));
  EXPECT_EQ(post("logout", bob).status, 200);
  const auto ended = answer(poll);
  EXPECT_EQ(ended.status, 401);
  EXPECT_EQ(ended.errcode(), "M_UNKNOWN_TOKEN");
}

}  // namespace
}  // namespace chorus::sandbox::testing
