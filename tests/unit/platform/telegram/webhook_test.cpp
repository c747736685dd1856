#include "chorus/platform/telegram/webhook.hpp"

#include "unit/platform/telegram/scripted_api.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus::platform {
namespace {

using test::World;

constexpr const char* kUpdate =
    R"({"update_id":10,"message":{"message_id":1,"chat":{"id":5,"type":"private"},"date":1,"text":"x"}})";

struct WebhookTest : testing::Test {
  World world;
  TelegramWebhookReceiver receiver{world.inbox, world.metrics,
                                   [](std::string_view id) -> std::optional<WebhookTarget> {
                                     if (id == "random")
                                       return WebhookTarget{BotId(7), Secret("s3cret")};
                                     if (id == "12:founding token")
                                       return WebhookTarget{BotId(8), Secret()};
                                     return std::nullopt;
                                   }};

  net::Response post(const std::string& path, const std::string& body,
                     const std::string& secret = "s3cret", net::Method method = net::Method::Post) {
    net::Request request;
    request.method = method;
    request.target = path;
    request.body = body;
    if (!secret.empty()) request.headers.add("x-telegram-bot-api-secret-token", secret);
    return world.run(receiver.handle(std::move(request)));
  }
};

TEST_F(WebhookTest, AnUpdateIsAnsweredWhenItIsDurable) {
  const auto response = post("/webhook/telegram/random?x=1", kUpdate);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"ok":true})");
  ASSERT_EQ(world.inbox.updates.size(), 1U);
  EXPECT_EQ(world.inbox.updates[0].update_id, 10);
  EXPECT_EQ(world.inbox.offsets[0], std::nullopt);
}

TEST_F(WebhookTest, TheSecretDecides) {
  for (const char* secret : {"", "s3cre", "s3cret2", "S3cret", "s3crets3cret"}) {
    EXPECT_EQ(post("/webhook/telegram/random", kUpdate, secret).status, 403) << secret;
  }
  EXPECT_TRUE(world.inbox.updates.empty());
}

TEST_F(WebhookTest, AFoundingTokenPathNeedsNoSecret) {
  EXPECT_EQ(post("/webhook/telegram/12%3Afounding%20token", kUpdate, "").status, 200);
  EXPECT_EQ(world.inbox.updates.size(), 1U);
}

TEST_F(WebhookTest, UnknownPathsAre404AndAreNotEchoed) {
  for (const char* path :
       {"/webhook/telegram/99:SECRETTOKEN", "/webhook/telegram/", "/webhook/x"}) {
    const auto response = post(path, kUpdate);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body.find("SECRETTOKEN"), std::string::npos);
  }
  const auto get = post("/webhook/telegram/random", "", "s3cret", net::Method::Get);
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.headers.get("Allow"), "POST");
}

TEST_F(WebhookTest, AFullOrFailingInboxIs503) {
  world.inbox.refusals = {ErrorCode::QueueFull, ErrorCode::Unavailable, ErrorCode::NotFound};
  EXPECT_EQ(post("/webhook/telegram/random", kUpdate).status, 503);
  EXPECT_EQ(post("/webhook/telegram/random", kUpdate).status, 503);
  EXPECT_EQ(post("/webhook/telegram/random", kUpdate).status, 404);
  EXPECT_EQ(world.metrics.sum("chorus_telegram_webhook_refused_total"), 2);
}

TEST_F(WebhookTest, AMalformedUpdateIsCountedAndNeverAskedForAgain) {
  for (const char* body : {"", "{", "[]", R"({"update_id":5,"message":{"text":1}})"}) {
    EXPECT_EQ(post("/webhook/telegram/random", body).status, 200) << body;
  }
  EXPECT_TRUE(world.inbox.updates.empty());
  EXPECT_EQ(world.metrics.sum("chorus_telegram_malformed_updates_total"), 4);
}

}  // namespace
}  // namespace chorus::platform
