#include "chorus/fleet/floor.hpp"
#include "chorus/fleet/revalidate.hpp"
#include "chorus/fleet/room_log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// The rules of practice.md 3.2 that go beyond addressing and scores; floor_test.cpp has those.
namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using Kind = FloorInput::Kind;

struct Floor3 {
  FleetSettings settings;
  std::vector<FloorCandidate> candidates{3};
  FloorInput input;

  Floor3() {
    for (int i = 0; i < 3; ++i) candidates[static_cast<std::size_t>(i)].bot = BotId(i + 1);
    input.text = "hello everybody";
  }
  FloorDecision decide(std::uint64_t seed = 1) {
    input.candidates = candidates;
    return decide_floor(input, settings, seed);
  }
};

TEST(FloorRules, AQuestionToEverybodyIsAnsweredByOneWhoKnowsOfIt) {
  Floor3 floor;
  const std::vector<std::string> gardens = {"compost", "tomatoes"};
  floor.candidates[1].expertise = gardens;
  floor.input.text = "does anybody know why my tomatoes need so much compost?";
  floor.input.question_to_all = true;
  floor.input.room.people_per_minute = 9;  // it is a rule of its own: people at talk do not bar it
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto decision = floor.decide(seed);
    ASSERT_EQ(decision.chosen, std::vector<BotId>{BotId(2)});
    EXPECT_EQ(decision.by, AddressedBy::OpenQuestion);
  }
  floor.input.text = "does anybody know where the bus stops?";
  EXPECT_EQ(floor.decide().reason, TurnReason::YieldToPeople) << "none of ours knows";
  floor.settings.selector = Selector::Random;
  EXPECT_NE(floor.decide().by, AddressedBy::OpenQuestion) << "the baseline has no such rule";
}

TEST(FloorRules, RecognisesAQuestionToEverybody) {
  EXPECT_TRUE(is_question_to_all("Does anyone know a good book?"));
  EXPECT_TRUE(is_question_to_all("İyi bir roman öneren var mı?"));
  EXPECT_TRUE(is_question_to_all("bilen var mı?"));
  EXPECT_FALSE(is_question_to_all("good morning everybody"));
  EXPECT_FALSE(is_question_to_all("what did you eat yesterday?"));
}

TEST(FloorRules, WhoSpokeLastOfTheBotsMakesRoomAlsoAfterAPersonSpoke) {
  Floor3 floor;
  floor.settings.threshold = 0;
  floor.input.room.last_bot = BotId(1);
  floor.input.room.last_line_is_bots = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto decision = floor.decide(seed);
    ASSERT_TRUE(decision.chosen.empty() || decision.chosen.front() != BotId(1));
  }
  floor.candidates.pop_back();
  EXPECT_FALSE(floor.decide().scores[0].barred) << "of two, both may";
}

TEST(FloorRules, WhatABotRemembersMakesATopicItsOwn) {
  Floor3 floor;
  const double before = floor.decide().scores[2].score;
  floor.candidates[2].remembered = 2;
  EXPECT_GT(floor.decide().scores[2].score, before + 0.2);
}

TEST(FloorRules, RepliesThatBotsHaveGivenCountAgainstAnotherOne) {
  Floor3 floor;
  const double before = floor.decide().scores[0].score;
  floor.input.bot_replies = 2;
  EXPECT_NEAR(floor.decide().scores[0].score, before - 0.2, 1e-9);
  floor.input.bot_replies = 50;
  EXPECT_NEAR(floor.decide().scores[0].score, before - 0.5, 1e-9);
}

TEST(FloorRules, AQuestionThatNobodyAnswersOpensWithTime) {
  Floor3 floor;
  floor.input.kind = Kind::Timer;
  floor.input.text = "is it open on sunday?";
  const double none = floor.decide().scores[0].score;
  floor.input.question_age = 30s;
  const double half = floor.decide().scores[0].score;
  floor.input.question_age = 10min;
  const double whole = floor.decide().scores[0].score;
  EXPECT_GT(half, none);
  EXPECT_NEAR(whole - none, 2 * (half - none), 1e-9);
}

TEST(FloorRules, WhatRepeatsTheRoomIsWorthLess) {
  Floor3 floor;
  const double fresh = floor.decide().scores[0].score;
  floor.input.novelty = 0;
  EXPECT_NEAR(floor.decide().scores[0].score, fresh - 0.15, 1e-9);
}

TEST(FloorRules, TheHourHasABudgetPerRoomAndForTheFleet) {
  for (const bool of_fleet : {false, true}) {
    Floor3 floor;
    floor.settings.threshold = 0;
    (of_fleet ? floor.settings.fleet_hourly : floor.settings.room_hourly) = 10;
    (of_fleet ? floor.input.fleet_unasked : floor.input.room_unasked) = 10;
    EXPECT_EQ(floor.decide().reason, TurnReason::LoopBudget);
    floor.input.kind = Kind::Timer;
    EXPECT_EQ(floor.decide().reason, TurnReason::LoopBudget);
    floor.input.kind = Kind::Bot;
    floor.input.addressed = {AddressedBy::Mention, {BotId(1)}, false};
    EXPECT_EQ(floor.decide().reason, TurnReason::LoopBudget);
    floor.input.kind = Kind::Person;
    EXPECT_EQ(floor.decide().reason, TurnReason::Sent) << "a person is answered";
  }
}

TEST(FloorRules, ARoomRestsFromItsBotsNotFromItsPeople) {
  Floor3 floor;
  floor.settings.threshold = 0;
  floor.input.resting = true;
  floor.input.kind = Kind::Timer;
  EXPECT_EQ(floor.decide().reason, TurnReason::Resting);
  floor.input.kind = Kind::Person;
  floor.input.addressed = {AddressedBy::Mention, {BotId(1)}, false};
  EXPECT_EQ(floor.decide().reason, TurnReason::Sent);
}

TEST(FloorRules, ABotAnswersAnothersReplyAsOftenAsItIsSetTo) {
  Floor3 floor;
  floor.input.kind = Kind::Bot;
  floor.input.addressed = {AddressedBy::Reply, {BotId(1)}, false};
  int answers = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    answers += floor.decide(seed * 7919).chosen.empty() ? 0 : 1;
  }
  EXPECT_NEAR(answers, 1000, 100);
  floor.input.addressed.by = AddressedBy::Mention;
  for (std::uint64_t seed = 0; seed < 50; ++seed) EXPECT_FALSE(floor.decide(seed).chosen.empty());
}

TEST(FloorRules, TheInnerSelectorNamesItsBestTwo) {
  Floor3 floor;
  floor.settings.selector = Selector::Inner;
  floor.settings.threshold = 0.2;
  const std::vector<std::string> hello = {"hello"};
  floor.candidates[2].interests = hello;
  floor.candidates[0].talkativeness = 0;
  const auto decision = floor.decide();
  EXPECT_EQ(decision.shortlist, (std::vector<BotId>{BotId(3), BotId(2)}));
  floor.settings.threshold = 1;
  EXPECT_TRUE(floor.decide().shortlist.empty()) << "nobody comes near: no call is made";
}

TEST(FloorRules, TheStrongestWishSpeaksAndAWeakOneDoesNot) {
  FloorDecision decision;
  decision.scores = {{BotId(1), 0.8, {}, 3}, {BotId(2), 0.7, {}, 5}};
  decision.shortlist = {BotId(1), BotId(2)};
  decide_by_wishes(decision, false);
  EXPECT_EQ(decision.chosen, std::vector<BotId>{BotId(2)});
  decision.scores[1].motivation = 3;
  decide_by_wishes(decision, false);
  EXPECT_TRUE(decision.chosen.empty());
  EXPECT_EQ(decision.reason, TurnReason::Nobody);
  decide_by_wishes(decision, true);
  EXPECT_EQ(decision.chosen, std::vector<BotId>{BotId(1)}) << "after a silence 3 is enough";
}

// ------------------------------------------------------------------------ what the log tells

struct Log {
  RoomLog log{30, 100, true};
  MonoTime now{};
  std::int64_t id = 0;
  std::int64_t say(std::int64_t author, std::string text, BotId bot = {}, std::int64_t reply = 0) {
    RoomLine line;
    line.message = PlatformMessageId(++id);
    line.row = MessageRowId(id);
    line.author = PlatformUserId(author);
    line.bot = bot;
    line.from_bot = static_cast<bool>(bot);
    line.text = std::move(text);
    line.at = now;
    if (reply != 0) line.reply_to = PlatformMessageId(reply);
    log.add(std::move(line));
    now += 5s;
    return id;
  }
  Revalidation revalidated(std::int64_t trigger, std::string_view draft = {}) {
    const RoomLine* line = log.find_row(MessageRowId(trigger));
    std::vector<const RoomLine*> later;
    for (const auto& l : log.lines()) {
      if (l.row.value > trigger) later.push_back(&l);
    }
    return revalidate(line, later, draft);
  }
};

TEST(FloorRules, ABotThatAskedIsMeantByTheNextWordsOfWhomItAsked) {
  Log talk;
  const auto first = talk.say(1, "my tomatoes are small");
  talk.say(100, "how often do you water them?", BotId(7), first);
  talk.say(1, "every morning");
  EXPECT_EQ(talk.log.open_pair(PlatformUserId(1), talk.now), BotId(7));
  EXPECT_FALSE(talk.log.open_pair(PlatformUserId(2), talk.now)) << "somebody else was not asked";
  talk.say(1, "and in the evening");
  EXPECT_FALSE(talk.log.open_pair(PlatformUserId(1), talk.now)) << "the pair is closed";
  Log late;
  late.say(100, "why?", BotId(7), late.say(1, "no"));
  late.now += 5min;
  late.say(1, "good evening");
  EXPECT_FALSE(late.log.open_pair(PlatformUserId(1), late.now));
}

TEST(FloorRules, TheLogKnowsNoveltyThreadsAndOpenQuestions) {
  Log talk;
  talk.say(1, "the river is high today");
  EXPECT_DOUBLE_EQ(talk.log.novelty(), 1);
  talk.say(2, "the river is high today!");
  EXPECT_LT(talk.log.novelty(), 0.1);
  const auto question = talk.say(1, "who has seen the bridge?");
  ASSERT_NE(talk.log.open_question(), nullptr);
  EXPECT_EQ(talk.log.open_question()->row, MessageRowId(question));
  const auto answer = talk.say(100, "it stands", BotId(7), question);
  EXPECT_EQ(talk.log.open_question(), nullptr);
  const auto more = talk.say(1, "and the road", {}, answer);
  talk.say(101, "closed", BotId(8), more);
  EXPECT_EQ(talk.log.bot_replies(*talk.log.find_row(MessageRowId(question))), 2U);
  EXPECT_EQ(talk.log.bot_replies(talk.log.lines().front()), 0U);
}

TEST(FloorRules, AnUnaskedMessageIsTakenBackWhenItsTimeIsOver) {
  Log talk;
  const auto question = talk.say(1, "how do I repair a bicycle chain?");
  EXPECT_EQ(talk.revalidated(question), Revalidation::Send);
  talk.say(2, "good evening");
  EXPECT_EQ(talk.revalidated(question), Revalidation::Send) << "one line is no new topic";
  talk.say(3, "is dinner ready yet?");
  EXPECT_EQ(talk.revalidated(question), Revalidation::TopicMoved);
  EXPECT_EQ(talk.revalidated(question, "after dinner, with oil"), Revalidation::Send);
  talk.say(2, "with a link tool", {}, question);
  EXPECT_EQ(talk.revalidated(question, "after dinner, with oil"), Revalidation::AnsweredMeanwhile);
  Log more;
  const auto asked = more.say(1, "how do I repair a bicycle chain?");
  more.say(1, "it is a very old one");
  EXPECT_EQ(more.revalidated(asked), Revalidation::Revise) << "who is answered has said more";
  EXPECT_EQ(revalidate(nullptr, {}, "hi"), Revalidation::Send);
  const RoomLine* newest = &talk.log.lines().back();
  EXPECT_EQ(revalidate(nullptr, std::span(&newest, 1), "hi"), Revalidation::TopicMoved);
}

}  // namespace
}  // namespace chorus::fleet
