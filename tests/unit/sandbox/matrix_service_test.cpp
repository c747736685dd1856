#include "matrix_testing.hpp"
#include "support/temp_dir.hpp"

#include <set>

namespace chorus::sandbox::testing {
namespace {

/// An application service that keeps what it got.
class Receiver final : public net::Handler {
 public:
  explicit Receiver(rt::Loop& loop) : loop_(loop) {}
  rt::Task<net::Response> handle(net::Request request) override {
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    const bool down = loop_.now() < down_until;
    if (delay > Duration{}) (void)co_await rt::sleep_for(loop_, delay);
    --under_way;
    if (down) co_return net::Response::empty(502);
    tokens.insert(std::string(request.headers.get("Authorization")));
    targets.push_back(request.target);
    const auto body = parse_json(request.body);
    if (body && body->get_object().contains("events")) {
      const auto& list = body->at("events").as_array();
      largest = std::max(largest, list.size());
      for (const auto& event : list) events.push_back(event.as_object());
    }
    co_return net::Response::json(answer_status, "{}");
  }
  [[nodiscard]] std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (const auto& event : events) {
      if (find_string(event, "type") != "m.room.message") continue;
      out.emplace_back(find_string(*find_object(event, "content"), "body").value_or(""));
    }
    return out;
  }

  std::vector<json::object> events;
  std::vector<std::string> targets;
  std::set<std::string> tokens;
  MonoTime down_until{};
  Duration delay{};
  int answer_status = 200;
  int under_way = 0;
  int most_under_way = 0;
  std::size_t largest = 0;

 private:
  rt::Loop& loop_;
};

class MatrixServices : public MatrixTest {
 protected:
  void SetUp() override {
    transport.route("http://127.0.0.1:9", receiver);
    proto::matrix::Registration registration;
    registration.id = "fleet";
    registration.url = "http://127.0.0.1:9";
    registration.as_token = "as-secret";
    registration.hs_token = "hs-secret";
    registration.sender_localpart = "fleet";
    registration.rate_limited = false;
    registration.users = {{"@bot_.*:sandbox", true}};
    const auto added = control(net::Method::Post, "/control/v1/appservices",
                               proto::matrix::encode_registration(registration));
    ASSERT_EQ(added.status, 200) << json::serialize(added.body);
  }
  void TearDown() override { close(); }  // while the receiver is there
  MatrixAnswer control(net::Method method, std::string path, std::string body) {
    return answer(
        start(box->control_handler(), request(method, std::move(path), "", std::move(body))));
  }
  MatrixAnswer enrol(std::string_view localpart) {
    return post("register", "as-secret",
                fmt::format(R"({{"type":"m.login.application_service","username":"{}",)"
                            R"("inhibit_login":true}})",
                            localpart));
  }
  static std::string as(std::string_view path, std::string_view localpart) {
    return fmt::format("{}?user_id=%40{}%3Asandbox", path, localpart);
  }
  Receiver receiver{loop};
};

TEST_F(MatrixServices, ItsUsersRegisterAndActThroughIt) {
  EXPECT_EQ(enrol("bot_one").text("user_id"), "@bot_one:sandbox");
  EXPECT_EQ(enrol("bot_one").errcode(), "M_USER_IN_USE");
  EXPECT_EQ(enrol("somebody").errcode(), "M_EXCLUSIVE");
  EXPECT_EQ(
      post("register", "", R"({"username":"bot_mine","auth":{"type":"m.login.dummy"}})").errcode(),
      "M_EXCLUSIVE");
  EXPECT_EQ(get("account/whoami", "as-secret").text("user_id"), "@fleet:sandbox");
  EXPECT_EQ(get(as("account/whoami", "bot_one"), "as-secret").text("user_id"), "@bot_one:sandbox");
  login("ada");
  const auto refused = get(as("account/whoami", "ada"), "as-secret");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.text("error"),
            "Application service cannot masquerade as this user (@ada:sandbox).");
}

TEST_F(MatrixServices, TheUserIsNotInTheKeyOfItsTransactions) {
  enrol("bot_one");
  enrol("bot_two");
  const auto ada = login("ada");
  const auto room = create_room(ada);
  for (const auto* bot : {"bot_one", "bot_two"}) {
    EXPECT_EQ(post(as("join/" + room, bot), "as-secret").status, 200);
  }
  const auto send_as = [&](std::string_view bot) {
    return put(as("rooms/" + room + "/send/m.room.message/same", bot), "as-secret",
               R"({"msgtype":"m.text","body":"x"})")
        .text("event_id");
  };
  const auto first = send_as("bot_one");
  EXPECT_EQ(send_as("bot_two"), first);
}

TEST_F(MatrixServices, EveryEventComesOncePerService) {
  enrol("bot_one");
  enrol("bot_two");
  const auto ada = login("ada");
  const auto room = create_room(ada);
  sent(ada, room, "t0", "before anybody is there");
  for (const auto* bot : {"bot_one", "bot_two"}) {
    EXPECT_EQ(
        post("rooms/" + room + "/invite", ada, fmt::format(R"({{"user_id":"@{}:sandbox"}})", bot))
            .status,
        200);
    EXPECT_EQ(post(as("join/" + room, bot), "as-secret").status, 200);
  }
  sent(ada, room, "t1", "hello");
  advance(std::chrono::seconds(1));
  EXPECT_EQ(receiver.bodies(), std::vector<std::string>{"hello"});
  EXPECT_EQ(receiver.tokens, std::set<std::string>{"Bearer hs-secret"});
  EXPECT_EQ(receiver.most_under_way, 1);
  std::set<std::string> ids;
  for (const auto& event : receiver.events) {
    EXPECT_EQ(find_string(event, "room_id"), room);
    EXPECT_TRUE(ids.insert(std::string(*find_string(event, "event_id"))).second);
  }
  EXPECT_EQ(receiver.targets.front(), "/_matrix/app/v1/transactions/1");
}

TEST_F(MatrixServices, OneThatIsRegisteredAgainMovesAndGetsWhatHasWaited) {
  enrol("bot_one");
  const auto ada = login("ada");
  const auto room = create_room(ada);
  EXPECT_EQ(post("rooms/" + room + "/invite", ada, R"({"user_id":"@bot_one:sandbox"})").status,
            200);
  EXPECT_EQ(post(as("join/" + room, "bot_one"), "as-secret").status, 200);
  const auto registration = [](std::string_view url, std::string_view token) {
    return fmt::format(R"({{"id":"fleet","url":"{}","as_token":"{}","hs_token":"hs-secret",)"
                       R"("sender_localpart":"fleet","namespaces":{{"users":[]}}}})",
                       url, token);
  };
  const auto again = [&](std::string_view url, std::string_view token) {
    return control(net::Method::Post, "/control/v1/appservices", registration(url, token)).status;
  };
  receiver.down_until = loop.now() + std::chrono::hours(1);
  sent(ada, room, "t1", "while nobody is there");
  advance(std::chrono::seconds(1));
  EXPECT_TRUE(receiver.bodies().empty());
  Receiver there(loop);
  transport.route("http://127.0.0.1:10", there);
  EXPECT_EQ(again("http://127.0.0.1:10", "another-secret"), 409);
  EXPECT_EQ(again("http://192.0.2.1:10", "as-secret"), 400);
  EXPECT_EQ(again("http://127.0.0.1:10", "as-secret"), 200);
  sent(ada, room, "t2", "where it is now");
  advance(std::chrono::seconds(10));
  EXPECT_TRUE(receiver.bodies().empty());
  EXPECT_EQ(there.bodies(), (std::vector<std::string>{"while nobody is there", "where it is now"}));
  close();  // while both are there
}

TEST_F(MatrixServices, AThousandUsersDownForTenSecondsGetEveryEventOnceInOrder) {
  constexpr int kUsers = 1000;
  constexpr int kRooms = 20;
  const auto ada = login("ada");
  std::vector<std::string> rooms;
  for (int r = 0; r < kRooms; ++r) rooms.push_back(create_room(ada));
  for (int u = 0; u < kUsers; ++u) {
    const auto name = fmt::format("bot_{}", u);
    ASSERT_EQ(enrol(name).status, 200);
    ASSERT_EQ(
        post(as("join/" + rooms[static_cast<std::size_t>(u % kRooms)], name), "as-secret").status,
        200);
  }
  advance(std::chrono::seconds(1));
  receiver.events.clear();
  receiver.targets.clear();
  receiver.down_until = loop.now() + std::chrono::seconds(10);
  std::vector<std::string> wanted;
  for (int i = 0; i < 1000; ++i) {
    wanted.push_back(fmt::format("event {}", i));
    sent(ada, rooms[static_cast<std::size_t>(i % kRooms)], fmt::format("t{}", i), wanted.back());
    if (i % 100 == 0) advance(std::chrono::seconds(1));
  }
  advance(std::chrono::seconds(30));
  EXPECT_EQ(receiver.bodies(), wanted);
  EXPECT_LE(receiver.largest, 100U);
  EXPECT_EQ(receiver.most_under_way, 1);
  EXPECT_EQ(box->pending_updates(), 0U);
  const auto listed = control(net::Method::Get, "/control/v1/appservices", "");
  EXPECT_EQ(listed.body.at(0).at("waiting").as_int64(), 0);
}

TEST_F(MatrixServices, APushThatWasNotAnsweredComesAgainTheSame) {
  enrol("bot_one");
  const auto ada = login("ada");
  const auto room = create_room(ada);
  post(as("join/" + room, "bot_one"), "as-secret");
  advance(std::chrono::seconds(1));
  receiver.targets.clear();
  receiver.answer_status = 500;
  sent(ada, room, "t1", "first");
  advance(std::chrono::milliseconds(100));
  sent(ada, room, "t2", "second");
  advance(std::chrono::seconds(3));
  receiver.answer_status = 200;
  advance(std::chrono::seconds(10));
  ASSERT_GE(receiver.targets.size(), 3U);
  EXPECT_EQ(receiver.targets[0], receiver.targets[1]);
  EXPECT_NE(receiver.targets.back(), receiver.targets[0]);
  // Twice or more the first, always alone; then the second.
  const auto bodies = receiver.bodies();
  EXPECT_EQ(bodies.front(), "first");
  EXPECT_EQ(bodies[1], "first");
  EXPECT_EQ(bodies.back(), "second");
}

class MatrixServicesKept : public MatrixServices {
 protected:
  void SetUp() override {
    close();
    reopen();
    MatrixServices::SetUp();
  }
  void reopen() {
    Sandbox::Options options;
    options.data = folder.path().string();
    open(std::move(options));
    ASSERT_EQ(start_error, "");
  }
  chorus::test::TempDir folder;
};

TEST_F(MatrixServicesKept, ARestartRepeatsWhatMayHaveArrivedAndLosesNothing) {
  enrol("bot_one");
  const auto ada = login("ada");
  const auto room = create_room(ada);
  post(as("join/" + room, "bot_one"), "as-secret");
  sent(ada, room, "t0", "taken");
  advance(std::chrono::seconds(1));
  EXPECT_EQ(receiver.bodies(), std::vector<std::string>{"taken"});
  receiver.answer_status = 500;
  sent(ada, room, "t1", "unanswered");
  advance(std::chrono::milliseconds(100));
  sent(ada, room, "t2", "behind it");
  const auto under_way = receiver.targets.back();
  receiver.events.clear();
  receiver.targets.clear();
  receiver.answer_status = 200;
  close();
  reopen();
  advance(std::chrono::seconds(1));
  EXPECT_EQ(receiver.bodies(), (std::vector<std::string>{"unanswered", "behind it"}));
  ASSERT_EQ(receiver.targets.size(), 2U);
  EXPECT_EQ(receiver.targets[0], under_way);
  EXPECT_EQ(sent(ada, room, "t2", "behind it"), find_string(receiver.events.back(), "event_id"));
  receiver.events.clear();
  close();
  reopen();
  advance(std::chrono::seconds(1));
  EXPECT_TRUE(receiver.events.empty());
}

}  // namespace
}  // namespace chorus::sandbox::testing
