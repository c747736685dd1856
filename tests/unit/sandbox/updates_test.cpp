#include "sandbox_testing.hpp"

#include <algorithm>

namespace chorus::sandbox::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Updates : public SandboxTest {
 protected:
  Updates() {
    echo = bot("echo_bot");
    ann = person("ann");
    group = room(RoomType::Supergroup, {echo.id}, {ann.id});
  }
  std::string token() const { return echo.token; }

  BotInfo echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(Updates, ShapeOfAMessageUpdate) {
  const auto id = say(ann.id, group.id, "hello");
  const auto text = call(token(), "getUpdates");
  const auto updates = json::parse(text).at("result").as_array();
  ASSERT_EQ(updates.size(), 1u);
  const auto update_id = updates[0].at("update_id").as_int64();
  EXPECT_GE(update_id, 2'000'001);
  EXPECT_LE(update_id, 1'000'000'000);
  EXPECT_EQ(
      text,
      fmt::format(
          R"({{"ok":true,"result":[{{"update_id":{},"message":{{"message_id":{},"from":)"
          R"({{"id":{},"is_bot":false,"first_name":"ann","username":"ann","language_code":"en"}},)"
          R"("chat":{{"id":{},"title":"Room","type":"supergroup"}},"date":{},"text":"hello"}}}}]}})",
          update_id, id.value, ann.id.value, group.id.value, to_unix_seconds(loop.wall_now())));
}

TEST_F(Updates, OffsetConfirms) {
  for (int i = 0; i < 3; ++i) say(ann.id, group.id, "m");
  const auto ids = update_ids(token());
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[1], ids[0] + 1);
  advance(seconds(4));
  EXPECT_EQ(update_ids(token()), ids) << "offset 0 confirms nothing";
  EXPECT_EQ(update_ids(token(), fmt::format(R"({{"offset":{}}})", ids[1])),
            (std::vector{ids[1], ids[2]}));
  advance(seconds(4));
  EXPECT_EQ(update_ids(token()), (std::vector{ids[1], ids[2]}));
  EXPECT_TRUE(update_ids(token(), fmt::format(R"({{"offset":{}}})", ids[2] + 1)).empty());
  EXPECT_EQ(box->pending_updates(), 0u);
}

TEST_F(Updates, NegativeOffsetKeepsTheLast) {
  for (int i = 0; i < 5; ++i) say(ann.id, group.id, "m");
  const auto ids = update_ids(token());
  EXPECT_EQ(update_ids(token(), R"({"offset":-2})"), (std::vector{ids[3], ids[4]}));
  advance(seconds(4));
  EXPECT_EQ(update_ids(token()), (std::vector{ids[3], ids[4]})) << "the others are forgotten";
}

TEST_F(Updates, StrangeOffsetsReplayFromTheHead) {
  say(ann.id, group.id, "m");
  const auto ids = update_ids(token());
  EXPECT_EQ(update_ids(token(), R"({"offset":1})"), ids) << "far below the head";
  EXPECT_EQ(update_ids(token(), fmt::format(R"({{"offset":{}}})", ids[0] + 12)), ids)
      << "more than 10 past the tail";
  EXPECT_EQ(box->pending_updates(), 1u);
  EXPECT_TRUE(update_ids(token(), fmt::format(R"({{"offset":{}}})", ids[0] + 11)).empty());
  EXPECT_EQ(box->pending_updates(), 0u);
}

TEST_F(Updates, LimitIsClamped) {
  for (int i = 0; i < 120; ++i) say(ann.id, group.id, "m");
  EXPECT_EQ(update_ids(token(), R"({"limit":1000})").size(), 100u);
  EXPECT_EQ(update_ids(token(), R"({"limit":7,"offset":-110})").size(), 7u);
  EXPECT_EQ(update_ids(token(), R"({"limit":0,"offset":-109})").size(), 1u);
}

TEST_F(Updates, LongPollWakesAfterTheFirstUpdateAndCoalesces) {
  auto poll = start(token(), "getUpdates", R"({"timeout":30})");
  advance(seconds(5));
  EXPECT_FALSE(poll->done());
  const auto began = loop.now();
  say(ann.id, group.id, "one");
  advance(std::chrono::microseconds(600));
  say(ann.id, group.id, "two");
  advance(std::chrono::microseconds(600));
  EXPECT_FALSE(poll->done()) << "the second one moved the wake-up";
  say(ann.id, group.id, "three");
  step_until([&] { return poll->done(); });
  EXPECT_LE(loop.now() - began, milliseconds(3)) << "at most 2 ms after the first";
  EXPECT_EQ(poll->result().as_array().size(), 3u);
}

TEST_F(Updates, LongPollEndsEmpty) {
  const auto began = loop.now();
  EXPECT_EQ(call(token(), "getUpdates", R"({"timeout":20})"), R"({"ok":true,"result":[]})");
  EXPECT_GE(loop.now() - began, seconds(20));
  EXPECT_LE(loop.now() - began, seconds(20) + milliseconds(2));
}

TEST_F(Updates, TimeoutIsClampedTo50) {
  const auto began = loop.now();
  call(token(), "getUpdates", R"({"timeout":500})");
  EXPECT_LE(loop.now() - began, seconds(50) + milliseconds(2));
}

TEST_F(Updates, TheSameOffsetAtOnceWaitsThreeSeconds) {
  call(token(), "getUpdates", R"({"offset":0})");
  const auto began = loop.now();
  call(token(), "getUpdates", R"({"offset":0})");
  EXPECT_GE(loop.now() - began, seconds(3));
  advance(seconds(4));
  const auto later = loop.now();
  call(token(), "getUpdates", R"({"offset":0})");
  EXPECT_LE(loop.now() - later, milliseconds(2));
}

TEST_F(Updates, TheSameOffsetWithinHalfASecondGetsOne) {
  for (int i = 0; i < 3; ++i) say(ann.id, group.id, "m");
  EXPECT_EQ(update_ids(token()).size(), 3u);
  EXPECT_EQ(update_ids(token()).size(), 1u);
  advance(seconds(1));
  EXPECT_EQ(update_ids(token()).size(), 3u);
}

TEST_F(Updates, ASecondPollEndsTheFirst) {
  auto first = start(token(), "getUpdates", R"({"timeout":30})");
  advance(seconds(1));
  auto second = start(token(), "getUpdates", R"({"timeout":30,"offset":1})");
  advance(milliseconds(5));
  ASSERT_TRUE(first->done()) << "the first conflict is told at once";
  EXPECT_EQ(first->status(), 409);
  EXPECT_EQ(first->body(),
            R"({"ok":false,"error_code":409,"description":"Conflict: terminated by other )"
            R"(getUpdates request; make sure that only one bot instance is running"})");
  EXPECT_FALSE(second->done());
  auto third = start(token(), "getUpdates", R"({"timeout":30,"offset":2})");
  advance(milliseconds(5));
  EXPECT_FALSE(second->done()) << "later ones are delayed by 3 s";
  advance(seconds(3));
  EXPECT_EQ(second->status(), 409);
  EXPECT_FALSE(third->done());
}

TEST_F(Updates, APollThatReturnsAtOnceEndsNobody) {
  auto held = start(token(), "getUpdates", R"({"timeout":30,"offset":1})");
  advance(seconds(5));
  EXPECT_EQ(call(token(), "getUpdates", R"({"timeout":0,"offset":0})"),
            R"({"ok":true,"result":[]})");
  advance(milliseconds(5));
  EXPECT_FALSE(held->done());
  say(ann.id, group.id, "m");
  step_until([&] { return held->done(); });
  EXPECT_EQ(held->status(), 200);
}

TEST_F(Updates, RemovedBotEndsItsPoll) {
  auto poll = start(token(), "getUpdates", R"({"timeout":30})");
  advance(seconds(1));
  ASSERT_TRUE(box->remove_bot(echo.id));
  advance(milliseconds(5));
  EXPECT_EQ(poll->status(), 401);
}

TEST_F(Updates, ResetWhileAPollWaits) {
  auto poll = start(token(), "getUpdates", R"({"timeout":30})");
  advance(seconds(1));
  box->world().reset();
  advance(milliseconds(5));
  EXPECT_EQ(poll->status(), 401);
}

class CallCounter final : public Observer {
 public:
  void on_call(PlatformUserId, std::string_view, int, PlatformChatId, int) override { ++calls; }
  int calls = 0;
};

TEST_F(Updates, AHeldPollIsDroppedWhenTheSandboxStops) {
  CallCounter counter;
  box->add_observer(counter);
  auto poll = start(token(), "getUpdates", R"({"timeout":30})");
  advance(seconds(1));
  close();
  EXPECT_EQ(poll->status(), 429);
  EXPECT_EQ(poll->response->headers.get("Retry-After"), "5");
  EXPECT_EQ(counter.calls, 0) << "no 429 that a bot has earned";
}

TEST_F(Updates, AllowedUpdatesApplyWhenMade) {
  call(token(), "getUpdates", R"({"allowed_updates":["edited_message"]})");
  const auto id = say(ann.id, group.id, "not wanted");
  auto* where = box->world().find_room(group.id);
  auto* who = box->world().find_account(ann.id);
  ASSERT_TRUE(box->world().person_edits(*who, *where, id, "changed"));
  auto updates = result(token(), "getUpdates", R"({"offset":-9})").as_array();
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_TRUE(updates[0].as_object().contains("edited_message"));
  EXPECT_EQ(updates[0].at("edited_message").at("edit_date").as_int64(),
            to_unix_seconds(loop.wall_now()));

  call(token(), "getUpdates", R"({"offset":-8,"allowed_updates":"rubbish"})");
  EXPECT_NE(call(token(), "getWebhookInfo").find(R"("allowed_updates":["edited_message"])"),
            std::string::npos)
      << "what cannot be read changes nothing";
  call(token(), "getUpdates", R"({"offset":-7,"allowed_updates":["no_such_type"]})");
  EXPECT_EQ(call(token(), "getWebhookInfo").find("allowed_updates"), std::string::npos)
      << "only unknown names mean the default";
}

TEST_F(Updates, MessagesExpireAfterADay) {
  say(ann.id, group.id, "old");
  advance(hours(23));
  say(ann.id, group.id, "newer");
  advance(hours(1) + seconds(1));
  EXPECT_EQ(update_ids(token()).size(), 1u);
}

TEST_F(Updates, ButtonsExpireAfter150Seconds) {
  call(token(), "sendMessage",
       fmt::format(R"({{"chat_id":{},"text":"?","reply_markup":{{"inline_keyboard":)"
                   R"([[{{"text":"Yes","callback_data":"y"}}]]}}}})",
                   group.id.value));
  PersonMessage press;
  press.from = ann.id;
  press.room = group.id;
  press.reply_to = box->last_bot_message(group.id)->id;
  press.callback = "Yes";
  ASSERT_TRUE(box->post(press));
  say(ann.id, group.id, "after");
  advance(seconds(149));
  const auto in_time = result(token(), "getUpdates").as_array();
  ASSERT_EQ(in_time.size(), 2u);
  const auto query = in_time[0].at("callback_query");
  EXPECT_EQ(query.at("data").as_string(), "y");
  EXPECT_EQ(query.at("message").at("text").as_string(), "?");
  advance(seconds(4));
  EXPECT_EQ(result(token(), "getUpdates").as_array().size(), 1u);
}

TEST_F(Updates, AFullQueueDropsTheNew) {
  EventQueue queue(Rng(1), {.events = 2, .bytes = 100, .event_bytes = 50});
  const auto event = [](std::size_t size) {
    auto made = std::make_shared<Event>();
    made->body = std::string(size, 'x');
    made->expires = WallTime(hours(1000));
    return made;
  };
  EXPECT_FALSE(queue.push(event(51), MonoTime{})) << "one event is too large";
  EXPECT_TRUE(queue.push(event(50), MonoTime{}));
  EXPECT_TRUE(queue.push(event(50), MonoTime{}));
  EXPECT_FALSE(queue.push(event(1), MonoTime{})) << "bytes and events are full";
  const auto first = queue.head();
  queue.confirm(first);
  EXPECT_TRUE(queue.push(event(50), MonoTime{}));
  EXPECT_EQ(queue.from(0, 9).size(), 2u);
  EXPECT_EQ(queue.from(0, 9).front()->number, first + 1);
}

TEST_F(Updates, NumbersBeginAnewAfterAWeekOfSilence) {
  EventQueue queue(Rng(1), {});
  auto event = std::make_shared<Event>();
  ASSERT_TRUE(queue.push(event, MonoTime(seconds(1))));
  const auto first = queue.head();
  queue.confirm(first);
  ASSERT_TRUE(queue.push(event, MonoTime(hours(24 * 6))));
  EXPECT_EQ(queue.head(), first + 1);
  queue.confirm(first + 1);
  ASSERT_TRUE(queue.push(event, MonoTime(hours(24 * 14))));
  EXPECT_NE(queue.head(), first + 2);
}

}  // namespace
}  // namespace chorus::sandbox::testing
