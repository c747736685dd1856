#include "chorus/fleet/reply_target.hpp"

#include "chorus/fleet/time_context.hpp"
#include "chorus/fleet/topics.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;

struct Talk {
  RoomLog log{50, 100, true};
  MonoTime now{};
  std::int64_t id = 0;
  void say(std::string text, BotId bot = {}, std::int64_t reply = 0) {
    RoomLine line;
    line.message = PlatformMessageId(++id);
    line.row = MessageRowId(id);
    line.author = PlatformUserId(bot ? 1000 + bot.value : 1);
    line.bot = bot;
    line.from_bot = static_cast<bool>(bot);
    line.text = std::move(text);
    line.at = now;
    if (reply != 0) line.reply_to = PlatformMessageId(reply);
    log.add(std::move(line));
  }
};

TEST(ReplyTarget, PointsFollowTheTable) {
  Talk talk;
  const std::vector<std::string> interests = {"river"};
  const std::vector<std::string> topics = {"boats"};
  ReplyView view{.bot = BotId(1),
                 .folded_name = "ada",
                 .username = "ada_bot",
                 .interests = interests,
                 .expertise = {},
                 .topics = topics,
                 .empathy = 0.9};
  talk.say("the river has no boats");
  const auto plain = score_reply_targets(talk.log, view, talk.now);
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_DOUBLE_EQ(plain[0].points, 8 + 3 + 2.5 + 1.5);
  EXPECT_DOUBLE_EQ(score_reply_targets(talk.log, view, talk.now + 5min)[0].points, 14);
  EXPECT_DOUBLE_EQ(score_reply_targets(talk.log, view, talk.now + 20min)[0].points, 13);
  EXPECT_DOUBLE_EQ(score_reply_targets(talk.log, view, talk.now + 2h)[0].points, 11);
  talk.say("what do you think, ada?");
  EXPECT_DOUBLE_EQ(score_reply_targets(talk.log, view, talk.now)[0].points, 8 + 3 + 4 + 3 + 15);
  talk.say("me too", BotId(2), 2);
  const auto answered = score_reply_targets(talk.log, view, talk.now);
  EXPECT_DOUBLE_EQ(answered[0].points, 33 - 1.5) << "a bot has answered it";
  EXPECT_DOUBLE_EQ(answered[2].points, 2.5 + 3) << "a bot's own line";
}

TEST(ReplyTarget, TheBestThreeAreDrawnByWeightAndNeverTheBotsOwnLines) {
  Talk talk;
  for (int i = 0; i < 40; ++i)
    talk.say("line " + std::to_string(i), i % 2 == 0 ? BotId(1) : BotId());
  const ReplyView view{.bot = BotId(1),
                       .folded_name = {},
                       .username = {},
                       .interests = {},
                       .expertise = {},
                       .topics = {}};
  const auto scores = score_reply_targets(talk.log, view, talk.now);
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[0].line->row, MessageRowId(40)) << "of equal ones the newest";
  Rng rng(1);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(draw_reply_target(scores, rng)->line->bot);
  EXPECT_EQ(draw_reply_target({}, rng), nullptr);
  std::string json;
  JsonWriter w(json);
  write_reply_scores(w, scores);
  EXPECT_NE(json.find("\"under_3_min\":1"), std::string::npos);
  EXPECT_EQ(json.find("line 39"), std::string::npos) << "no text is stored in the clear";
}

TEST(TimeContext, SaysTheHourWhereTheCharacterLivesAndALongPause) {
  const WallTime monday = WallTime(std::chrono::seconds(1767628800));  // 2026-01-05 16:00 UTC
  EXPECT_EQ(time_context(monday, TimeZone(), {}), "It is Monday afternoon, 16:00.");
  EXPECT_EQ(time_context(monday, TimeZone::fixed(9h), 5min), "It is Tuesday night, 01:00.");
  EXPECT_EQ(time_context(monday, TimeZone::fixed(-30min), 3h + 10min),
            "It is Monday afternoon, 15:30. Before this, nobody had spoken for 3 hours.");
  EXPECT_EQ(time_context(monday, TimeZone(), 11min),
            "It is Monday afternoon, 16:00. Before this, nobody had spoken for 11 minutes.");
}

TEST(Topics, AreTextsOrObjectsAndBounded) {
  const auto topics = read_topics(
      R"({"topics":["BIST",{"name":"boats","keywords":["sail",3,"mast"],"language":"en"},7,"",{}]})");
  ASSERT_EQ(topics.size(), 2U);
  EXPECT_EQ(topics[0].name, "BIST");
  EXPECT_EQ(topics[1].keywords, (std::vector<std::string>{"sail", "mast"}));
  EXPECT_TRUE(read_topics("").empty());
  EXPECT_TRUE(read_topics("[1]").empty());
  EXPECT_TRUE(read_topics("{not json").empty());
  std::string many = "{\"topics\":[\"a\"";
  for (int i = 0; i < 200; ++i) many += ",\"b\"";
  EXPECT_EQ(read_topics(many + "]}").size(), 50U);
}

}  // namespace
}  // namespace chorus::fleet
