#include "sandbox_testing.hpp"

#include <algorithm>

namespace chorus::sandbox::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Taken final : public Observer {
 public:
  void on_update_taken(PlatformUserId, PlatformChatId, PlatformMessageId, Duration,
                       Duration exchange, bool webhook) override {
    ++count;
    by_webhook = webhook;
    last_exchange = exchange;
  }
  void on_bot_ready(PlatformUserId) override { ++ready; }
  void on_update_dropped(PlatformUserId, PlatformChatId, PlatformMessageId,
                         DropReason reason) override {
    dropped.push_back(reason);
  }
  int count = 0;
  int ready = 0;
  bool by_webhook = false;
  Duration last_exchange{};
  std::vector<DropReason> dropped;
};

class Webhooks : public SandboxTest {
 protected:
  Webhooks() {
    transport.route("http://127.0.0.1:9000", hook);
    echo = bot("echo_bot");
    ann = person("anna");
    group = room(RoomType::Supergroup, {echo.id}, {ann.id});
    box->add_observer(taken);
  }
  ~Webhooks() override { close(); }
  std::string set(std::string_view rest = R"("url":"http://127.0.0.1:9000/hook")") {
    return call(echo.token, "setWebhook", fmt::format("{{{}}}", rest));
  }
  std::string refused(std::string_view rest) {
    return error(echo.token, "setWebhook", fmt::format("{{{}}}", rest));
  }

  static constexpr auto kSet = R"({"ok":true,"result":true,"description":"Webhook was set"})";
  Hook hook{loop};
  Taken taken;
  BotInfo echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(Webhooks, SetAndDelete) {
  EXPECT_EQ(set(), kSet);
  EXPECT_EQ(taken.ready, 1);
  EXPECT_TRUE(hook.bodies.empty()) << "verification sends no request";
  EXPECT_EQ(set(), R"({"ok":true,"result":true,"description":"Webhook is already set"})");
  EXPECT_EQ(call(echo.token, "deleteWebhook"),
            R"({"ok":true,"result":true,"description":"Webhook was deleted"})");
  EXPECT_EQ(call(echo.token, "deleteWebhook"),
            R"({"ok":true,"result":true,"description":"Webhook is already deleted"})");
  EXPECT_EQ(call(echo.token, "setWebhook", R"({"url":""})"),
            R"({"ok":true,"result":true,"description":"Webhook is already deleted"})");
}

TEST_F(Webhooks, Validation) {
  EXPECT_EQ(refused(R"("url":"http://")"), "Bad Request: invalid webhook URL specified");
  EXPECT_EQ(
      refused(R"("url":"http://127.0.0.1:9000/","secret_token":")" + std::string(257, 'a') + '"'),
      "Bad Request: secret token is too long");
  EXPECT_EQ(refused(R"("url":"http://127.0.0.1:9000/","secret_token":"a b")"),
            "Bad Request: secret token contains unallowed characters");
  advance(seconds(2));
  EXPECT_EQ(refused(R"("url":"https://example.org/hook")"),
            "Bad Request: bad webhook: the sandbox delivers to loopback addresses only");
  advance(seconds(2));
  EXPECT_EQ(refused(R"("url":"http://127.0.0.1:9999/")"),
            "Bad Request: bad webhook: Connection refused");
  EXPECT_EQ(call(echo.token, "getWebhookInfo"),
            R"({"ok":true,"result":{"url":"","has_custom_certificate":false,)"
            R"("pending_update_count":0}})");
}

TEST_F(Webhooks, OncePerSecond) {
  EXPECT_EQ(set(), kSet);
  EXPECT_EQ(refused(R"("url":"http://127.0.0.1:9000/other")"), "Too Many Requests: retry after 1");
  advance(seconds(1));
  EXPECT_EQ(set(R"("url":"http://127.0.0.1:9000/other")"), kSet);
}

TEST_F(Webhooks, DeliveryWithSecret) {
  set(R"("url":"http://user:pass@127.0.0.1:9000/hook?x=1","secret_token":"s3cret")");
  say(ann.id, group.id, "hello");
  advance(milliseconds(10));
  ASSERT_EQ(hook.bodies.size(), 1u);
  const auto& request = hook.requests[0];
  EXPECT_EQ(request.target, "/hook?x=1");
  EXPECT_EQ(request.method, net::Method::Post);
  EXPECT_EQ(request.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(request.headers.get("X-Telegram-Bot-Api-Secret-Token"), "s3cret");
  EXPECT_EQ(request.headers.get("Authorization"), "Basic dXNlcjpwYXNz");
  const auto update = json::parse(hook.bodies[0]);
  EXPECT_EQ(update.at("message").at("text").as_string(), "hello");
  EXPECT_EQ(box->pending_updates(), 0u);
  EXPECT_EQ(taken.count, 1);
  EXPECT_TRUE(taken.by_webhook);
  EXPECT_GT(taken.last_exchange, Duration{});
}

TEST_F(Webhooks, WhatWaitedIsDelivered) {
  say(ann.id, group.id, "before");
  set();
  advance(milliseconds(10));
  EXPECT_EQ(hook.bodies.size(), 1u);
  call(echo.token, "deleteWebhook");
  say(ann.id, group.id, "dropped");
  advance(seconds(2));
  set(R"("url":"http://127.0.0.1:9000/hook","drop_pending_updates":true)");
  advance(milliseconds(10));
  EXPECT_EQ(hook.bodies.size(), 1u);
  EXPECT_EQ(taken.dropped, std::vector{DropReason::DroppedByBot});
}

TEST_F(Webhooks, GetUpdatesConflicts) {
  auto poll = start(echo.token, "getUpdates", R"({"timeout":30})");
  advance(seconds(1));
  EXPECT_EQ(set(), kSet);
  advance(milliseconds(5));
  EXPECT_EQ(poll->body(),
            R"({"ok":false,"error_code":409,"description":"Conflict: terminated by setWebhook )"
            R"(request"})");
  EXPECT_EQ(error(echo.token, "getUpdates"),
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to "
            "delete the webhook first");
}

TEST_F(Webhooks, OrderInAChatParallelOverChats) {
  hook.delay = milliseconds(50);
  set();
  std::vector<RoomInfo> rooms;
  for (int i = 0; i < 5; ++i) rooms.push_back(room(RoomType::Supergroup, {echo.id}, {ann.id}));
  for (int n = 0; n < 3; ++n) {
    for (const auto& where : rooms) say(ann.id, where.id, fmt::format("{}", n));
  }
  advance(milliseconds(1));
  EXPECT_EQ(hook.under_way, 5) << "one per chat";
  advance(seconds(1));
  EXPECT_EQ(hook.bodies.size(), 15u);
  EXPECT_EQ(hook.most_under_way, 5);
  std::map<std::int64_t, std::string> order;
  for (const auto& body : hook.bodies) {
    const auto message = json::parse(body).at("message");
    order[message.at("chat").at("id").as_int64()] += message.at("text").as_string();
  }
  for (const auto& [chat, texts] : order) EXPECT_EQ(texts, "012");
}

TEST_F(Webhooks, MaxConnections) {
  hook.delay = milliseconds(50);
  set(R"("url":"http://127.0.0.1:9000/hook","max_connections":2)");
  for (int i = 0; i < 5; ++i) {
    say(ann.id, room(RoomType::Supergroup, {echo.id}, {ann.id}).id, "x");
  }
  advance(seconds(1));
  EXPECT_EQ(hook.bodies.size(), 5u);
  EXPECT_EQ(hook.most_under_way, 2);
}

TEST_F(Webhooks, ConnectionsOpenTenPerHalfSecond) {
  hook.delay = seconds(5);
  set();
  for (int i = 0; i < 25; ++i) {
    say(ann.id, room(RoomType::Supergroup, {echo.id}, {ann.id}).id, "x");
  }
  advance(milliseconds(100));
  EXPECT_EQ(hook.under_way, 10);
  advance(milliseconds(500));
  EXPECT_EQ(hook.under_way, 20);
  advance(milliseconds(500));
  EXPECT_EQ(hook.under_way, 25);
}

TEST_F(Webhooks, RetriesWithGrowingDelays) {
  for (int i = 0; i < 5; ++i) hook.answers.push_back(Hook::status(500));
  set();
  say(ann.id, group.id, "x");
  advance(minutes(2));
  ASSERT_EQ(hook.bodies.size(), 6u);
  for (const auto& body : hook.bodies) EXPECT_EQ(body, hook.bodies[0]) << "the same update id";
  const std::vector<Duration> expected = {Duration{}, seconds(2), seconds(4), seconds(8),
                                          seconds(16)};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto gap = hook.times[i + 1] - hook.times[i];
    EXPECT_GE(gap, expected[i]);
    EXPECT_LE(gap, expected[i] + milliseconds(600));
  }
  EXPECT_EQ(box->pending_updates(), 0u);
  const auto info = result(echo.token, "getWebhookInfo");
  EXPECT_EQ(info.at("last_error_message").as_string(),
            "Wrong response from the webhook: 500 Internal Server Error");
  EXPECT_EQ(info.at("ip_address").as_string(), "127.0.0.1");
}

TEST_F(Webhooks, RetryAfterIsObeyed) {
  auto busy = Hook::status(429);
  busy.headers.add("Retry-After", "30");
  hook.answers.push_back(busy);
  set();
  say(ann.id, group.id, "x");
  advance(seconds(29));
  EXPECT_EQ(hook.bodies.size(), 1u);
  advance(seconds(2));
  EXPECT_EQ(hook.bodies.size(), 2u);
}

TEST_F(Webhooks, AFailingChatDoesNotHoldOthers) {
  hook.answers.push_back(Hook::status(500));
  hook.answers.push_back(Hook::status(500));
  set();
  say(ann.id, group.id, "stuck");
  advance(milliseconds(10));
  const auto other = room(RoomType::Supergroup, {echo.id}, {ann.id});
  say(ann.id, other.id, "free");
  advance(milliseconds(600));
  ASSERT_EQ(hook.bodies.size(), 3u);
  EXPECT_NE(hook.bodies[2].find("free"), std::string::npos);
}

TEST_F(Webhooks, UndeliverableUpdatesExpire) {
  hook.fallback = Hook::status(503);
  set();
  say(ann.id, group.id, "x");
  advance(hours(25));
  EXPECT_EQ(box->pending_updates(), 0u);
  EXPECT_EQ(taken.dropped, std::vector{DropReason::Expired});
  EXPECT_EQ(taken.count, 0);
  EXPECT_GT(hook.bodies.size(), 24u * 3600 / 121) << "the delay is capped";
}

TEST_F(Webhooks, GoneFor23HoursClosesTheWebhook) {
  hook.fallback = Hook::status(410);
  set();
  say(ann.id, group.id, "x");
  advance(hours(22));
  EXPECT_EQ(result(echo.token, "getWebhookInfo").at("url").as_string(),
            "http://127.0.0.1:9000/hook");
  advance(hours(2));
  EXPECT_EQ(result(echo.token, "getWebhookInfo").at("url").as_string(), "");
}

TEST_F(Webhooks, AReplyInTheAnswerIsExecuted) {
  set();
  hook.answers.push_back(net::Response::json(
      200,
      fmt::format(R"({{"method":"sendMessage","chat_id":{},"text":"inline"}})", group.id.value)));
  say(ann.id, group.id, "hello");
  advance(milliseconds(20));
  EXPECT_EQ(box->last_bot_message(group.id)->text, "inline");
  hook.answers.push_back(
      net::Response::json(200, R"({"method":"deleteWebhook","drop_pending_updates":true})"));
  say(ann.id, group.id, "again");
  advance(milliseconds(20));
  EXPECT_EQ(result(echo.token, "getWebhookInfo").at("url").as_string(),
            "http://127.0.0.1:9000/hook")
      << "some methods are refused there";
}

TEST_F(Webhooks, InfoOfASetWebhook) {
  set(R"("url":"http://127.0.0.1:9000/hook","max_connections":7,"allowed_updates":["message"])");
  EXPECT_EQ(call(echo.token, "getWebhookInfo"),
            R"({"ok":true,"result":{"url":"http://127.0.0.1:9000/hook",)"
            R"("has_custom_certificate":false,"pending_update_count":0,"max_connections":7,)"
            R"("ip_address":"<unknown>","allowed_updates":["message"]}})");
}

TEST_F(Webhooks, RemovedBotStopsDelivery) {
  hook.delay = seconds(1);
  set();
  say(ann.id, group.id, "one");
  say(ann.id, group.id, "two");
  advance(milliseconds(10));
  ASSERT_TRUE(box->remove_bot(echo.id));
  advance(seconds(5));
  EXPECT_EQ(hook.bodies.size(), 1u);
}

}  // namespace
}  // namespace chorus::sandbox::testing
