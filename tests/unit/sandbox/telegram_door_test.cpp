#include "sandbox_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

class TelegramDoor : public SandboxTest {};

net::Request get(std::string target) {
  net::Request request;
  request.target = std::move(target);
  return request;
}

TEST_F(TelegramDoor, GetMeOfASelfRegisteredBot) {
  EXPECT_EQ(call(kToken, "getMe"),
            R"({"ok":true,"result":{"id":1001,"is_bot":true,"first_name":"sandbox_1001_bot",)"
            R"("username":"sandbox_1001_bot","can_join_groups":true,)"
            R"("can_read_all_group_messages":true,"supports_inline_queries":false,)"
            R"("can_connect_to_business":false,"has_main_web_app":false}})");
}

TEST_F(TelegramDoor, SelfRegistrationJoinsTheDefaultRoom) {
  call(kToken, "getMe");
  const auto* room = box->world().find_room_name("default");
  ASSERT_NE(room, nullptr);
  EXPECT_EQ(room->type, RoomType::Supergroup);
  ASSERT_EQ(room->bots.size(), 1u);
  EXPECT_EQ(room->bots.front()->id, PlatformUserId(1001));
}

TEST_F(TelegramDoor, EveryAnswerIsMarkedAndJson) {
  const auto ok = send(get(fmt::format("/bot{}/getMe", kToken)));
  EXPECT_EQ(ok.headers.get("X-Chorus-Sandbox"), "1");
  EXPECT_EQ(ok.headers.get("Content-Type"), "application/json");
  const auto bad = send(get("/nothing"));
  EXPECT_EQ(bad.status, 404);
  EXPECT_EQ(bad.body, R"({"ok":false,"error_code":404,"description":"Not Found"})");
  EXPECT_EQ(bad.headers.get("X-Chorus-Sandbox"), "1");
  EXPECT_EQ(send(get("/bot" + std::string(kToken))).status, 404);
}

TEST_F(TelegramDoor, AbsoluteUriIsRefused) {
  EXPECT_EQ(send(get("http://h/bot1:x/getMe")).body,
            R"({"ok":false,"error_code":404,"description":"Not Found: absolute URI is specified )"
            R"(in the Request-Line"})");
}

TEST_F(TelegramDoor, OtherMethodsThanGetAndPost) {
  net::Request request = get(fmt::format("/bot{}/getMe", kToken));
  request.method = net::Method::Put;
  const auto answer = send(request);
  EXPECT_EQ(answer.status, 501);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_TRUE(answer.close);
}

TEST_F(TelegramDoor, TokensThatCannotBe) {
  constexpr auto kInvalid =
      R"({"ok":false,"error_code":401,"description":"Unauthorized: invalid token specified"})";
  constexpr auto kPlain = R"({"ok":false,"error_code":401,"description":"Unauthorized"})";
  const std::string secret(35, 'A');
  EXPECT_EQ(call("0123:" + secret, "getMe"), kInvalid);
  EXPECT_EQ(call("abc", "getMe"), kInvalid);
  EXPECT_EQ(call("18014398509481984:" + secret, "getMe"), kInvalid);
  EXPECT_EQ(call("7:" + std::string(90, 'A'), "getMe"), kInvalid);
  EXPECT_EQ(call("7:short", "getMe"), kPlain);
  EXPECT_EQ(call("7:AAAAAAAAAAAA!AAAAAAAAAAAAAAAAAAAAAA", "getMe"), kPlain);
}

TEST_F(TelegramDoor, WrongSecretAndRemovedBots) {
  call(kToken, "getMe");
  const auto other = "1001:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
  EXPECT_EQ(error(other, "getMe"), "Unauthorized");
  ASSERT_TRUE(box->remove_bot(PlatformUserId(1001)));
  EXPECT_EQ(error(kToken, "getMe"), "Unauthorized");
  EXPECT_EQ(error(kToken, "noSuchMethod"), "Unauthorized") << "the token is checked first";
}

TEST_F(TelegramDoor, PercentEncodedToken) {
  EXPECT_EQ(send(get("/bot1001%3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/getMe")).status, 200);
}

TEST_F(TelegramDoor, MethodNames) {
  EXPECT_EQ(result(kToken, "GETME").at("id").as_int64(), 1001);
  EXPECT_EQ(call(kToken, "noSuchMethod"),
            R"({"ok":false,"error_code":404,"description":"Not Found: method not found"})");
  EXPECT_EQ(call(kToken, "getAvailableGifts"), R"({"ok":true,"result":{"gifts":[]}})");
  EXPECT_EQ(box->world().counters().validated_only, 1u) << "answered in its shape, and counted so";
  net::Request request = get(fmt::format("/bot{}/?method=getMe", kToken));
  EXPECT_EQ(send(request).status, 200) << "an empty method in the path is taken from a parameter";
}

TEST_F(TelegramDoor, ParametersFromEverywhereFirstWins) {
  call(kToken, "getMe");
  const auto chat = box->world().find_room_name("default")->id.value;
  net::Request request;
  request.method = net::Method::Post;
  request.target = fmt::format("/bot{}/sendMessage?text=from+query&chat_id={}", kToken, chat);
  request.headers.add("Content-Type", "application/json");
  request.body = R"({"text":"from body","disable_notification":"true"})";
  EXPECT_NE(send(request).body.find(R"("text":"from query")"), std::string::npos);

  request.target = fmt::format("/bot{}/sendMessage", kToken);
  request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = fmt::format("chat_id={}&text=a%2Bb+c&text=second", chat);
  EXPECT_NE(send(request).body.find(R"("text":"a+b c")"), std::string::npos);

  request.headers.set("Content-Type", "multipart/form-data; boundary=XX");
  request.body = fmt::format(
      "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n{}\r\n--XX\r\n"
      "content-disposition:form-data;name=\"text\"\r\n\r\nmultipart\r\n--XX--\r\n",
      chat);
  EXPECT_NE(send(request).body.find(R"("text":"multipart")"), std::string::npos);

  request.headers.set("Content-Type", "application/json");
  request.body = fmt::format(R"({{"chat_id":"{}","text":12}})", chat);
  EXPECT_NE(send(request).body.find(R"("text":"12")"), std::string::npos)
      << "numbers and strings are the same";
}

TEST_F(TelegramDoor, BodiesThatCannotBeRead) {
  net::Request request;
  request.method = net::Method::Post;
  request.target = fmt::format("/bot{}/sendMessage", kToken);
  request.headers.add("Content-Type", "application/json");
  request.body = "null";
  EXPECT_NE(send(request).body.find("Bad Request: chat_id is empty"), std::string::npos);
  request.body = R"({"chat_id": 5, "text": )";
  EXPECT_NE(send(request).body.find("Bad Request: chat not found"), std::string::npos)
      << "what stood before the fault counts";
  request.headers.remove("Content-Type");
  request.body = R"({"chat_id": 5})";
  EXPECT_NE(send(request).body.find("Bad Request: chat_id is empty"), std::string::npos);
  request.headers.set("Content-Type", "multipart/form-data; boundary=XX");
  request.body = "rubbish";
  const auto fatal = send(request);
  EXPECT_EQ(fatal.status, 400);
  EXPECT_TRUE(fatal.body.empty());
  EXPECT_TRUE(fatal.close);
  request.headers.set("Content-Type", "application/json");
  request.body = R"({"text":")" + std::string(1024 * 1024 + 1, 'x') + R"("})";
  const auto large = send(request);
  EXPECT_EQ(large.status, 413);
  EXPECT_TRUE(large.body.empty());
}

TEST_F(TelegramDoor, TheTestEnvironmentHasABotOfItsOwn) {
  const auto id_of = [&](const json::value& user) { return user.at("id").as_int64(); };
  const auto main = id_of(result(kToken, "getMe"));
  const auto test = id_of(result(kToken, "test/getMe"));
  EXPECT_NE(test, main);
  EXPECT_LT(test, std::int64_t{1} << 53) << "exact in every client";
  EXPECT_EQ(id_of(result(kToken, "test/getMe")), test);
  const auto* room = box->world().find_room_name("default");
  EXPECT_EQ(room->bots.size(), 2u) << "one world, two bots";
  Hook hook{loop};
  transport.route("http://127.0.0.1:9000", hook);
  call(kToken, "test/setWebhook", R"({"url":"http://127.0.0.1:9000/"})");
  EXPECT_EQ(result(kToken, "getWebhookInfo").at("url").as_string(), "");
  EXPECT_EQ(result(kToken, "test/getWebhookInfo").at("url").as_string(), "http://127.0.0.1:9000/");
  EXPECT_EQ(error(kToken, "test/noSuchMethod"), "Not Found: method not found");
  call(kToken, "test/deleteWebhook");
}

TEST_F(TelegramDoor, TheTestEnvironmentHasAQueueOfItsOwn) {
  call(kToken, "getMe");
  call(kToken, "test/getMe");
  const auto ann = person("anna");
  say(ann.id, box->world().find_room_name("default")->id, "hello");
  EXPECT_EQ(result(kToken, "getUpdates").as_array().size(), 1u);
  const auto first = result(kToken, "getUpdates").as_array().at(0).at("update_id").as_int64();
  EXPECT_EQ(
      result(kToken, "getUpdates", fmt::format(R"({{"offset":{}}})", first + 1)).as_array().size(),
      0u);
  EXPECT_EQ(result(kToken, "test/getUpdates").as_array().size(), 1u) << "not confirmed there";
}

}  // namespace
}  // namespace chorus::sandbox::testing
