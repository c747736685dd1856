#include "sandbox_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Control : public SandboxTest {
 protected:
  PendingPtr ask(net::Method method, std::string_view path, std::string body = {},
                 std::string host = "127.0.0.1:8090") {
    net::Request request;
    request.method = method;
    request.target = fmt::format("/control/v1{}", path);
    request.headers.add("Host", std::move(host));
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    return start(box->control_handler(), std::move(request));
  }
  json::value answer(const PendingPtr& pending, int status = 200) {
    step_until([&] { return pending->done(); });
    EXPECT_EQ(pending->status(), status) << pending->body();
    return json::parse(pending->body());
  }
  json::value post(std::string_view path, std::string body, int status = 200) {
    return answer(ask(net::Method::Post, path, std::move(body)), status);
  }
  json::value get(std::string_view path, int status = 200) {
    return answer(ask(net::Method::Get, path), status);
  }
};

TEST_F(Control, MakesAndListsEverything) {
  const auto made = post("/bots", R"({"username":"echo_bot","privacy":true})");
  EXPECT_EQ(made.at("username").as_string(), "echo_bot");
  const std::string token(made.at("token").as_string());
  EXPECT_EQ(result(token, "getMe").at("can_read_all_group_messages").as_bool(), false);
  post("/people", R"({"name":"anna","first_name":"Anna"})");
  const auto group = post("/rooms", R"({"type":"supergroup","title":"Hall","bots":["echo_bot"],)"
                                    R"("people":["anna","newcomer"]})");
  EXPECT_EQ(get("/bots").as_array().size(), 1u);
  EXPECT_EQ(get("/people").as_array().size(), 2u) << "an unknown name makes that person";
  const auto rooms = get("/rooms").as_array();
  ASSERT_EQ(rooms.size(), 1u);
  EXPECT_EQ(rooms[0].at("name").as_string(), "Hall");
  EXPECT_EQ(rooms[0].at("id"), group.at("id"));
  answer(ask(net::Method::Delete, "/rooms/Hall"));
  answer(ask(net::Method::Delete, "/people/anna"));
  answer(ask(net::Method::Delete, "/bots/echo_bot"));
  EXPECT_EQ(error(token, "getMe"), "Unauthorized");
  EXPECT_EQ(get("/bots").as_array().size(), 0u);
}

TEST_F(Control, StatsTellTheCallsOfEachMethod) {
  const auto made = post("/bots", R"({"username":"echo_bot"})");
  const std::string token(made.at("token").as_string());
  result(token, "getMe");
  result(token, "getMe");
  error(token, "sendMessage", R"({"chat_id":12345,"text":"nobody is here"})");
  const auto methods = get("/stats").at("by_method").as_array();
  ASSERT_EQ(methods.size(), 2u);
  EXPECT_EQ(methods[0].at("door").as_string(), "telegram");
  EXPECT_EQ(methods[0].at("method").as_string(), "getme");
  EXPECT_EQ(methods[0].at("count").as_int64(), 2);
  EXPECT_EQ(methods[0].at("statuses").at("200").as_int64(), 2);
  const auto& within = methods[0].at("at_most_ms").as_array();
  ASSERT_FALSE(within.empty());
  EXPECT_EQ(within.back().as_array()[1].as_int64(), 2) << "both were answered within a minute";
  EXPECT_EQ(methods[1].at("method").as_string(), "sendmessage");
  EXPECT_EQ(methods[1].at("statuses").at("400").as_int64(), 1);
}

TEST(CallTally, NamesThatStrangersInventShareOneEntry) {
  CallTally tally;
  for (std::size_t i = 0; i < 3 * CallTally::kMaxMethods; ++i) {
    tally.add("telegram", fmt::format("method{}", i), 404, milliseconds(1));
  }
  const auto& methods = tally.doors().find("telegram")->second;
  EXPECT_EQ(methods.size(), CallTally::kMaxMethods + 1);
  EXPECT_EQ(methods.find("other")->second.count, 2 * CallTally::kMaxMethods);
}

TEST(CallTally, ATimeCountsInEveryBoundThatHoldsIt) {
  CallTally tally;
  tally.add("telegram", "getupdates", 200, milliseconds(3));
  tally.add("telegram", "getupdates", 200, std::chrono::minutes(2));
  const auto& one = tally.doors().find("telegram")->second.find("getupdates")->second;
  EXPECT_EQ(one.count, 2u);
  EXPECT_EQ(one.at_most[1], 0u) << "2 ms";
  EXPECT_EQ(one.at_most[2], 1u) << "5 ms";
  EXPECT_EQ(one.at_most.back(), 1u) << "a minute";
  EXPECT_NEAR(one.seconds, 120.003, 1e-9);
}

TEST_F(Control, MessagesByLongPoll) {
  bot("echo_bot");
  post("/rooms", R"({"title":"Hall","type":"group","bots":["echo_bot"]})");
  const auto first = post("/messages", R"({"room":"Hall","from":"anna","text":"one"})");
  const auto id = first.at("message_id").as_int64();
  auto waiting = ask(net::Method::Get, fmt::format("/messages?room=Hall&after={}&wait=30", id));
  advance(seconds(1));
  EXPECT_FALSE(waiting->done());
  post("/messages",
       fmt::format(R"({{"room":"Hall","from":"anna","text":"two","reply_to":{}}})", id));
  const auto found = answer(waiting).as_array();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].at("text").as_string(), "two");
  EXPECT_EQ(found[0].at("reply_to").as_int64(), id);
  EXPECT_EQ(found[0].at("from").as_string(), "anna");
  EXPECT_FALSE(found[0].at("is_bot").as_bool());
}

TEST_F(Control, MessagesBringTheirFormattingAndRoomsTheirNewest) {
  const auto echo = bot("echo_bot");
  post("/rooms", R"({"title":"Hall","bots":["echo_bot"],"people":["anna"]})");
  EXPECT_TRUE(get("/rooms").as_array().at(0).at("last").is_null());
  const auto id = get("/rooms").as_array().at(0).at("id").as_int64();
  call(echo.token, "sendMessage",
       fmt::format(R"({{"chat_id":{},"text":"<b>bold</b> 🙂 <i>x</i>","parse_mode":"HTML"}})", id));
  post("/messages", R"({"room":"Hall","from":"anna","text":"plain"})");
  const auto messages = get("/messages?room=Hall").as_array();
  ASSERT_EQ(messages.size(), 2u);
  const auto& entities = messages[0].at("entities").as_array();
  ASSERT_EQ(entities.size(), 2u);
  EXPECT_EQ(entities[0].at("type").as_string(), "bold");
  EXPECT_EQ(entities[1].at("offset").as_int64(), 8) << "in UTF-16";
  EXPECT_TRUE(messages[1].at("entities").as_array().empty());
  const auto last = get("/rooms").as_array().at(0).at("last");
  EXPECT_EQ(last.at("text").as_string(), "plain");
  EXPECT_EQ(last.at("from_name").as_string(), "anna");
  EXPECT_EQ(last.at("at"), messages[1].at("at"));
}

TEST_F(Control, PrivateChatsMentionsAndButtons) {
  const auto echo = bot("echo_bot");
  post("/messages", R"({"bot":"echo_bot","from":"anna","text":"/start"})");
  const auto anna = box->world().find_name("anna")->id.value;
  result(echo.token, "sendMessage",
         fmt::format(R"({{"chat_id":{},"text":"?","reply_markup":{{"inline_keyboard":)"
                     R"([[{{"text":"Yes","callback_data":"y"}}]]}}}})",
                     anna));
  const auto shown = get("/messages?room=private:echo_bot:anna").as_array();
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[1].at("reply_markup").at("inline_keyboard").at(0).at(0).at("text").as_string(),
            "Yes");
  post("/messages",
       fmt::format(R"({{"bot":"echo_bot","from":"anna","reply_to":{},"callback":"y"}})",
                   shown[1].at("message_id").as_int64()));
  post("/rooms", R"({"title":"Hall","type":"supergroup","bots":["echo_bot"]})");
  post("/messages", R"({"room":"Hall","from":"anna","text":"hi","mention":"echo_bot"})");
  std::vector<std::string> kinds;
  for (const auto& update : result(echo.token, "getUpdates").as_array()) {
    for (const auto& [key, value] : update.as_object()) {
      if (key != "update_id") kinds.emplace_back(key);
    }
  }
  EXPECT_EQ(kinds.front(), "message");
  EXPECT_EQ(kinds[1], "callback_query");
  EXPECT_EQ(box->world().find_room_name("Hall")->messages.back().text, "@echo_bot hi");
}

TEST_F(Control, Actions) {
  const auto echo = bot("echo_bot");
  post("/rooms", R"({"title":"Hall","type":"supergroup","bots":["echo_bot"]})");
  const auto id = post("/messages", R"({"room":"Hall","from":"anna","text":"one"})")
                      .at("message_id")
                      .as_int64();
  const auto act = [&](std::string_view type, std::string_view rest) {
    post("/actions", fmt::format(R"({{"type":"{}",{}}})", type, rest));
  };
  const auto on = fmt::format(R"("room":"Hall","from":"anna","message_id":{})", id);
  act("react", on + R"(,"emoji":"👍")");
  act("edit", on + R"(,"text":"changed")");
  auto& message = *box->world().find_room_name("Hall")->find(PlatformMessageId(id));
  EXPECT_EQ(message.text, "changed");
  EXPECT_EQ(message.reactions.size(), 1u);
  act("delete", on);
  EXPECT_TRUE(message.deleted);
  act("join", R"("room":"Hall","who":"bobby")");
  act("promote", R"("room":"Hall","who":"echo_bot")");
  EXPECT_EQ(box->world().find_room_name("Hall")->member(echo.id)->standing,
            Standing::Administrator);
  act("leave", R"("room":"Hall","who":"bobby")");
  act("upload", R"("room":"Hall","from":"anna","content":"file text","file_name":"a.txt")");
  EXPECT_EQ(box->world().find_room_name("Hall")->messages.back().kind, MessageKind::Document);
  post("/messages", R"({"bot":"echo_bot","from":"anna","text":"hi"})");
  act("block", R"("bot":"echo_bot","from":"anna")");
  EXPECT_TRUE(box->world().find_private(echo.id, box->world().find_name("anna")->id)->blocked);
  act("unblock", R"("bot":"echo_bot","from":"anna")");
  post("/actions", R"({"type":"dance"})", 400);
}

TEST_F(Control, EveryWrongInputGetsOneClearLine) {
  bot("echo_bot");
  post("/rooms", R"({"title":"Hall","bots":["echo_bot"],"people":["anna"]})");
  post("/messages", R"({"room":"Hall","from":"anna","text":"x"})");
  const auto people = get("/people").as_array().size();
  const auto refused = [&](std::string_view path, std::string body, int status = 400) {
    const auto said = post(path, std::move(body), status);
    return std::string(said.at("error").at("message").as_string());
  };
  EXPECT_EQ(refused("/bots", R"({"usrname":"x"})"),
            "'usrname' is unknown, did you mean 'username'?");
  EXPECT_EQ(refused("/bots", R"({"privacy":"yes"})"), "'privacy' must be true or false");
  EXPECT_EQ(refused("/bots", R"({"platform":"icq"})"),
            "unknown platform 'icq'; it is telegram or matrix");
  EXPECT_EQ(refused("/bots", R"({"token":"12:short"})"),
            "a token is NUMBER:SECRET, the secret 24 or more letters, digits, '-' or '_'");
  EXPECT_EQ(refused("/people", R"({"colour":"red"})"),
            "'colour' is unknown; there are platform, name, first_name, language");
  EXPECT_EQ(refused("/rooms", R"({"title":5})"), "'title' must be a text");
  EXPECT_EQ(refused("/rooms", R"({"bots":[{}]})"), "'bots' must be a list of names or ids");
  EXPECT_EQ(refused("/messages", R"({"room":"Hall","from":"anna","text":"x","reply_to":"one"})"),
            "'reply_to' must be a whole number");
  EXPECT_EQ(refused("/messages", R"({"room":"Hall","from":"echo_bot","text":"x"})"),
            "'echo_bot' is a bot, not a person");
  EXPECT_EQ(refused("/actions",
                    R"({"type":"react","room":"Hall","from":"anna","message_id":1,"emoji":"x"})"),
            "'x' is none of Telegram's reactions, such as 👍 or ❤");
  EXPECT_EQ(refused("/actions", R"({"type":"leave","room":"Hall","who":"ana"})", 404),
            "there is no person 'ana'");
  EXPECT_EQ(refused("/faults", R"({"match":{"method":"sendMesage"},"fault":{"status":500}})"),
            "fault: 'method' 'sendMesage' is unknown: a method of the Bot API, webhook or llm");
  EXPECT_EQ(refused("/faults", R"({"match":{"platform":"icq"},"fault":{"status":500}})"),
            "fault: 'platform' 'icq' is unknown: telegram, matrix or llm");
  EXPECT_EQ(refused("/reset", R"({"hard":true})"),
            "'hard' is unknown: this takes an empty object, {}");
  EXPECT_EQ(refused("/reset", " "), "the body is empty: send a JSON object");
  EXPECT_EQ(get("/people").as_array().size(), people) << "nobody was made on the way";
  get("/messages?room=Hall&after=x", 400);
  get("/messages?room=private:nobody:anna", 404);
  EXPECT_TRUE(get("/messages?room=private:echo_bot:anna").as_array().empty()) << "it may begin";
  post("/messages", R"({"room":"Hall","from":"anna","text":"x","reply_to":null})");
}

TEST_F(Control, FaultsByName) {
  const auto echo = bot("echo_bot");
  const auto id = post("/faults", R"({"match":{"bot":"echo_bot","method":"getMe"},)"
                                  R"("fault":{"status":500}})")
                      .at("id")
                      .as_int64();
  EXPECT_EQ(error(echo.token, "getMe"), "Internal Server Error");
  answer(ask(net::Method::Delete, fmt::format("/faults/{}", id)));
  EXPECT_EQ(result(echo.token, "getMe").at("id").as_int64(), echo.id.value);
  const auto refused = post("/faults", R"({"fault":{"sttus":500}})", 400);
  EXPECT_NE(refused.at("error").at("message").as_string().find("'sttus' is unknown"),
            std::string::npos);
}

TEST_F(Control, LedgerStatsAndReset) {
  const auto shy = bot("shy_bot", true);
  post("/rooms", R"({"title":"Hall","type":"supergroup","bots":["shy_bot"]})");
  for (int i = 0; i < 12; ++i) post("/messages", R"({"room":"Hall","from":"anna","text":"x"})");
  const auto ledger = get("/ledger");
  EXPECT_EQ(ledger.at("person_messages").as_int64(), 12);
  EXPECT_EQ(ledger.at("withheld_by_privacy_mode").as_int64(), 12);
  call(shy.token, "getAvailableGifts");
  EXPECT_EQ(get("/stats").at("validated_only").as_int64(), 1);
  post("/reset", "{}");
  EXPECT_EQ(get("/ledger").at("person_messages").as_int64(), 0);
  EXPECT_EQ(get("/rooms").as_array().size(), 0u);
}

TEST_F(Control, StatsOnlyWhenAllDoorsListen) {
  close();
  Sandbox::Options options;
  options.seed = 7;
  box = std::make_unique<Sandbox>(loop, options, transport, metrics);
  get("/stats", 503);
}

TEST_F(Control, KeepsStrangersOut) {
  const auto foreign = ask(net::Method::Get, "/bots", {}, "evil.example");
  answer(foreign, 403);
  net::Request form;
  form.method = net::Method::Post;
  form.target = "/control/v1/reset";
  form.headers.add("Host", "localhost:8090");
  form.headers.add("Content-Type", "text/plain");
  form.body = "{}";
  const auto refused = start(box->control_handler(), form);
  answer(refused, 400);
  const auto fine = ask(net::Method::Get, "/bots");
  answer(fine);
  EXPECT_FALSE(fine->response->headers.has("Access-Control-Allow-Origin"));
}

TEST_F(Control, TheChatPage) {
  net::Request request;
  request.headers.add("Host", "127.0.0.1");
  const auto page = start(box->control_handler(), request);
  step_until([&] { return page->done(); });
  EXPECT_EQ(page->status(), 200);
  EXPECT_EQ(page->response->headers.get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(page->body().find("<!doctype html>"), std::string::npos);
  for (const auto* part : {"chat.css", "chat.js", "state.js", "text.js", "message.js",
                           "composer.js", "side.js", "welcome.js"}) {
    request.target = fmt::format("/page/{}", part);
    const auto file = start(box->control_handler(), request);
    step_until([&] { return file->done(); });
    EXPECT_EQ(file->status(), 200) << part;
    EXPECT_EQ(file->body().find("://fonts"), std::string::npos);
  }
}

class EventSink final : public net::BodyWriter {
 public:
  rt::Task<Result<void>> write(std::string chunk) override {
    text += chunk;
    co_return Result<void>{};
  }
  [[nodiscard]] bool closed() const override { return is_closed; }
  std::string text;
  bool is_closed = false;
};

TEST_F(Control, EventStream) {
  const auto echo = bot("echo_bot");
  post("/rooms", R"({"title":"Hall","type":"supergroup","bots":["echo_bot"]})");
  const auto opened = ask(net::Method::Get, "/events");
  step_until([&] { return opened->done(); });
  ASSERT_TRUE(opened->response->stream);
  EventSink sink;
  bool ended = false;
  const auto pump = [](net::StreamBody stream, EventSink* to, bool* done) -> rt::Task<void> {
    (void)co_await stream(*to);  // ends when the sink closes
    *done = true;
  };
  rt::spawn(scope, "events", +pump, opened->response->stream, &sink, &ended);
  advance(milliseconds(5));
  post("/messages", R"({"room":"Hall","from":"anna","text":"hello"})");
  const auto hall = box->world().find_room_name("Hall")->id.value;
  call(echo.token, "sendChatAction", fmt::format(R"({{"chat_id":{},"action":"typing"}})", hall));
  call(echo.token, "sendMessage", fmt::format(R"({{"chat_id":{},"text":"echo"}})", hall));
  advance(milliseconds(5));
  const auto typing = sink.text.find("event: typing");
  EXPECT_NE(typing, std::string::npos) << sink.text;
  EXPECT_NE(sink.text.find(R"("text":"hello")"), std::string::npos);
  EXPECT_GT(sink.text.find(R"("text":"echo")"), typing);
  sink.is_closed = true;
  advance(seconds(11));
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace chorus::sandbox::testing
