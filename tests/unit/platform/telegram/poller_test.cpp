#include "chorus/platform/telegram/poller.hpp"

#include "chorus/base/json.hpp"

#include "unit/platform/telegram/scripted_api.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus::platform {
namespace {

using test::bot_access;
using test::World;

std::string update(std::int64_t id, const std::string& text = "hi") {
  return R"({"update_id":)" + std::to_string(id) +
         R"(,"message":{"message_id":1,"from":{"id":5,"first_name":"P"},"chat":{"id":5,"type":)"
         R"("private"},"date":1700000000,"text":")" +
         text + "\"}}";
}

struct PollerTest : testing::Test {
  World world;
  TelegramPoller poller{
      world.loop, world.transport, world.inbox, world.metrics, {.base = world.base}};
  ~PollerTest() override { world.run(poller.close()); }

  void run_for(Duration d) { world.loop.run_until(world.loop.now() + d); }
  std::optional<std::int64_t> offset_of(std::size_t call) const {
    return find_int(parse_json(world.api.seen.at(call).body)->get_object(), "offset");
  }
  std::optional<std::int64_t> limit_of(std::size_t call) const {
    return find_int(parse_json(world.api.seen.at(call).body)->get_object(), "limit");
  }
};

TEST_F(PollerTest, AsksConfirmsAndAsksAgain) {
  world.api.ok("[" + update(10) + "," + update(11) + "]");
  poller.start(bot_access(), 0);
  run_for(std::chrono::seconds(5));
  ASSERT_EQ(world.inbox.updates.size(), 2U);
  EXPECT_EQ(world.inbox.offsets, (std::vector<std::optional<std::int64_t>>{12}));
  ASSERT_EQ(world.api.seen.size(), 2U);
  EXPECT_EQ(world.api.seen[0].body,
            R"({"limit":100,"timeout":30,"allowed_updates":["message","edited_message",)"
            R"("channel_post","edited_channel_post","callback_query","my_chat_member",)"
            R"("message_reaction"]})");
  EXPECT_EQ(offset_of(1), 12);
  EXPECT_EQ(world.api.held, 1U);
  EXPECT_TRUE(poller.is_polling(BotId(7)));
}

TEST_F(PollerTest, AnIdlePollIsNoFailure) {
  poller.start(bot_access(), 5);
  run_for(std::chrono::minutes(10));
  EXPECT_EQ(world.api.seen.size(), 20U);
  EXPECT_EQ(offset_of(3), 5);
  EXPECT_EQ(world.metrics.sum("chorus_telegram_poll_failures_total"), 0);
}

TEST_F(PollerTest, StopCancelsTheHeldPoll) {
  poller.start(bot_access(), 0);
  run_for(std::chrono::seconds(1));
  ASSERT_EQ(world.api.held, 1U);
  poller.stop(BotId(7));
  run_for(std::chrono::milliseconds(10));
  EXPECT_EQ(world.api.held, 0U);
  EXPECT_FALSE(poller.is_polling(BotId(7)));
  run_for(std::chrono::minutes(5));
  EXPECT_EQ(world.api.seen.size(), 1U);
}

TEST_F(PollerTest, WhatTheInboxRefusesIsAskedForAgain) {
  world.inbox.refusals = {ErrorCode::Unavailable, ErrorCode::QueueFull};
  for (int i = 0; i < 3; ++i) world.api.ok("[" + update(10) + "]");
  poller.start(bot_access(), 3);
  run_for(std::chrono::seconds(10));
  EXPECT_EQ(world.inbox.updates.size(), 1U);
  ASSERT_EQ(world.api.seen.size(), 4U);
  EXPECT_EQ(offset_of(1), 3);
  EXPECT_EQ(offset_of(2), 3);
  EXPECT_EQ(offset_of(3), 11);
  EXPECT_GE(world.api.seen[1].at - world.api.seen[0].at, std::chrono::milliseconds(500));
}

TEST_F(PollerTest, ABotThatTheInboxDoesNotKnowIsLeftAlone) {
  world.inbox.refusals = {ErrorCode::NotFound};
  world.api.ok("[" + update(10) + "]");
  poller.start(bot_access(), 0);
  run_for(std::chrono::minutes(5));
  EXPECT_EQ(world.api.seen.size(), 1U);
  EXPECT_FALSE(poller.is_polling(BotId(7)));
}

TEST_F(PollerTest, AMalformedUpdateIsSkippedAndTheRestArrives) {
  world.api.ok(R"([{"update_id":10,"message":{"chat":5}},)" + update(11) + "]");
  world.api.ok(R"([{"update_id":12,"message":"x"}])");
  poller.start(bot_access(), 0);
  run_for(std::chrono::seconds(1));
  ASSERT_EQ(world.inbox.updates.size(), 1U);
  EXPECT_EQ(world.inbox.offsets, (std::vector<std::optional<std::int64_t>>{12, 13}));
  EXPECT_EQ(world.metrics.sum("chorus_telegram_malformed_updates_total"), 2);
  EXPECT_EQ(offset_of(2), 13);
}

TEST_F(PollerTest, ABrokenAnswerIsIsolatedOneByOne) {
  world.api.answer(200, R"({"ok":true,"result":[)" + update(10) + R"(,{"update_id":11,"mess)");
  world.api.ok("[" + update(10) + "]");
  world.api.answer(200, R"({"ok":true,"result":[{"update_id":11,"message":{"text":"\x"}}]})");
  world.api.answer(200, R"({"ok":true,"result":[{"update_id":11,"message":{"text":"\x"}}]})");
  world.api.ok("[" + update(12) + "]");
  poller.start(bot_access(), 10);
  run_for(std::chrono::seconds(20));
  ASSERT_EQ(world.inbox.updates.size(), 2U);
  EXPECT_EQ(world.inbox.updates[1].update_id, 12);
  EXPECT_EQ(limit_of(0), 100);
  EXPECT_EQ(limit_of(1), 1);
  EXPECT_EQ(limit_of(3), 1);
  EXPECT_EQ(limit_of(5), 100);
  EXPECT_EQ(world.metrics.sum("chorus_telegram_malformed_updates_total"), 1);
}

TEST_F(PollerTest, UpdatesWithoutAnyReadableIdAreSteppedOver) {
  for (int i = 0; i < 3; ++i) world.api.ok(R"([{"message":{}}])");
  poller.start(bot_access(), 10);
  run_for(std::chrono::seconds(30));
  EXPECT_EQ(world.inbox.offsets, (std::vector<std::optional<std::int64_t>>{11}));
  EXPECT_EQ(offset_of(3), 11);
}

TEST_F(PollerTest, AnUnauthorizedBotIsReportedAndNotAskedAgain) {
  world.api.error(401, "Unauthorized");
  poller.start(bot_access(), 0);
  run_for(std::chrono::minutes(10));
  EXPECT_EQ(world.inbox.unauthorized, std::vector<std::string>{"Unauthorized"});
  EXPECT_EQ(world.api.seen.size(), 1U);
  EXPECT_FALSE(poller.is_polling(BotId(7)));
}

TEST_F(PollerTest, AConflictIsReportedAndRetriedSlowly) {
  world.api.error(409,
                  "Conflict: terminated by other getUpdates request; make sure that only one bot "
                  "instance is running");
  poller.start(bot_access(), 0);
  run_for(std::chrono::minutes(1));
  EXPECT_EQ(world.inbox.conflicts.size(), 1U);
  ASSERT_EQ(world.api.seen.size(), 2U);
  EXPECT_GE(world.api.seen[1].at - world.api.seen[0].at, std::chrono::seconds(30));
  EXPECT_EQ(world.metrics.sum("chorus_telegram_poll_failures_total"), 0);
}

TEST_F(PollerTest, AnActiveWebhookIsDeleted) {
  world.api.error(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook "
      "to delete the webhook first");
  poller.start(bot_access(), 0);
  run_for(std::chrono::seconds(5));
  ASSERT_EQ(world.api.seen.size(), 3U);
  EXPECT_TRUE(world.api.seen[1].target.ends_with("/deleteWebhook"));
  EXPECT_EQ(world.api.seen[1].body, "{}");  // pending updates stay
  EXPECT_TRUE(world.inbox.conflicts.empty());
  EXPECT_EQ(world.api.held, 1U);
}

TEST_F(PollerTest, FailuresPauseLongerAndLonger) {
  for (int i = 0; i < 5; ++i) world.api.error(502, "Bad Gateway");
  world.api.drop();
  poller.start(bot_access(), 0);
  run_for(std::chrono::minutes(5));
  ASSERT_GE(world.api.seen.size(), 7U);
  const auto gap = [this](std::size_t i) {
    return world.api.seen[i + 1].at - world.api.seen[i].at;
  };
  EXPECT_LE(gap(0), std::chrono::milliseconds(1001));
  EXPECT_GE(gap(4), std::chrono::seconds(8));
  EXPECT_LE(gap(5), std::chrono::seconds(33));
  EXPECT_EQ(world.metrics.sum("chorus_telegram_poll_failures_total"), 6);
}

TEST_F(PollerTest, AFloodAnswerIsHonouredInFull) {
  world.api.error(429, "Too Many Requests: retry after 40", R"({"retry_after":40})");
  poller.start(bot_access(), 0);
  run_for(std::chrono::minutes(1));
  ASSERT_EQ(world.api.seen.size(), 2U);
  EXPECT_GE(world.api.seen[1].at - world.api.seen[0].at, std::chrono::seconds(40));
}

TEST_F(PollerTest, ANewStartTakesTheNewToken) {
  poller.start(bot_access(), 0);
  run_for(std::chrono::seconds(1));
  poller.start(bot_access("99:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"), 4);
  run_for(std::chrono::seconds(1));
  ASSERT_EQ(world.api.seen.size(), 2U);
  EXPECT_TRUE(world.api.seen[1].target.starts_with("/bot99:"));
  EXPECT_EQ(world.api.held, 1U);
}

}  // namespace
}  // namespace chorus::platform
