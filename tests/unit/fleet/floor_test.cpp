#include "chorus/fleet/floor.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using Kind = FloorInput::Kind;

struct Scene {
  FleetSettings settings;
  std::vector<FloorCandidate> candidates;
  FloorInput input;

  explicit Scene(int bots) {
    for (int i = 1; i <= bots; ++i) {
      FloorCandidate c;
      c.bot = BotId(i);
      candidates.push_back(c);
    }
    input.text = "hello everybody";
  }
  FloorDecision decide(std::uint64_t seed = 1) {
    input.candidates = candidates;
    return decide_floor(input, settings, seed);
  }
  std::map<BotId, int> tally(int draws) {
    std::map<BotId, int> out;
    for (int i = 0; i < draws; ++i) {
      const auto decision = decide(static_cast<std::uint64_t>(i) * 7919 + 1);
      ++out[decision.chosen.empty() ? BotId{} : decision.chosen.front()];
    }
    return out;
  }
  void address(std::vector<BotId> bots, AddressedBy by = AddressedBy::Mention) {
    input.addressed.by = by;
    input.addressed.bots = std::move(bots);
  }
};

TEST(Floor, WhoIsAddressedAnswersAndNobodyElse) {
  Scene scene(10);
  scene.address({BotId(7)});
  const auto decision = scene.decide();
  EXPECT_EQ(decision.chosen, std::vector<BotId>{BotId(7)});
  EXPECT_EQ(decision.reason, TurnReason::Sent);
}

TEST(Floor, TheSameSeedDecidesTheSame) {
  Scene scene(20);
  scene.settings.threshold = 0.1;
  const auto once = scene.decide(99);
  const auto again = scene.decide(99);
  EXPECT_EQ(once.chosen, again.chosen);
  EXPECT_EQ(once.to_json(), again.to_json());
}

TEST(Floor, GeneralReasonsComeFirst) {
  Scene scene(3);
  scene.address({BotId(1)});
  scene.input.paused = true;
  EXPECT_EQ(scene.decide().reason, TurnReason::Paused);
  scene.input.paused = false;
  scene.input.room_enabled = false;
  EXPECT_EQ(scene.decide().reason, TurnReason::Disabled);
  scene.input.room_enabled = true;
  scene.input.age = 121s;
  EXPECT_EQ(scene.decide().reason, TurnReason::Stale);
  scene.input.private_chat = true;
  EXPECT_EQ(scene.decide().reason, TurnReason::Sent) << "private chats wait longer";
  scene.candidates.clear();
  EXPECT_EQ(scene.decide().reason, TurnReason::NotMember);
}

TEST(Floor, AnAddressedBotThatMayNotSpeakSaysWhy) {
  for (const auto bar : {TurnReason::Disabled, TurnReason::Unauthorized, TurnReason::OutboxFull,
                         TurnReason::StoppedByPerson}) {
    Scene scene(3);
    scene.candidates[1].barred = bar;
    scene.address({BotId(2)});
    const auto decision = scene.decide();
    EXPECT_TRUE(decision.chosen.empty());
    EXPECT_EQ(decision.reason, bar);
  }
  Scene quiet(3);
  quiet.candidates[1].barred = TurnReason::Quiet;
  quiet.address({BotId(2)});
  EXPECT_FALSE(quiet.decide().chosen.empty()) << "who is asked answers, also at night";
  Scene stranger(3);
  stranger.address({BotId(99)});
  EXPECT_EQ(stranger.decide().reason, TurnReason::NotMember);
}

TEST(Floor, AMessageToSomebodyElseIsLeftAlone) {
  Scene scene(5);
  scene.settings.threshold = 0;
  scene.input.addressed.to_others = true;
  EXPECT_EQ(scene.decide().reason, TurnReason::NotForUs);
  scene.settings.selector = Selector::Random;
  scene.settings.reply_probability = 1;
  EXPECT_EQ(scene.decide().reason, TurnReason::Sent) << "the baseline knows no addressee";
}

TEST(Floor, PeopleAmongThemselvesAreLeftAlone) {
  Scene scene(5);
  scene.settings.threshold = 0;
  scene.input.room.people_per_minute = 3;
  EXPECT_EQ(scene.decide().reason, TurnReason::YieldToPeople);
  scene.address({BotId(1)});
  EXPECT_FALSE(scene.decide().chosen.empty()) << "but a named bot answers";
}

TEST(Floor, RelevanceDecidesMoreThanChance) {
  Scene scene(5);
  const std::vector<std::string> interests = {"football", "stadium"};
  scene.candidates[3].interests = interests;
  scene.input.text = "who watched the football match in the stadium?";
  scene.settings.threshold = 0.3;
  const auto tally = scene.tally(500);
  EXPECT_GT(tally.at(BotId(4)), 400);
}

TEST(Floor, SilenceIsACandidateOfItsOwn) {
  Scene scene(3);
  const auto tally = scene.tally(300);
  EXPECT_EQ(tally.at(BotId{}), 300) << "small talk stays below the threshold";
  scene.settings.threshold = 0.30;
  const auto lively = scene.tally(300);
  EXPECT_GT(lively.at(BotId{}), 30);
  EXPECT_LT(lively.at(BotId{}), 270);
}

TEST(Floor, BotTalkRaisesTheThresholdAndSilenceLowersIt) {
  Scene scene(3);
  const double plain = scene.decide().threshold;
  scene.input.room.bot_share = 1;
  scene.input.room.since_bot = 1s;
  EXPECT_GT(scene.decide().threshold, plain + 0.3);
  scene.input.room.bot_share = 0;
  scene.input.room.since_bot.reset();
  scene.input.room.gap = 30min;
  EXPECT_LT(scene.decide().threshold, plain - 0.2);
}

TEST(Floor, WhoSpokeMuchMakesRoomForOthers) {
  Scene scene(4);
  scene.settings.threshold = 0.1;
  scene.input.room.utterances_last_hour = 100;
  scene.candidates[0].spoken_last_hour = 97;
  for (int i = 1; i < 4; ++i) scene.candidates[static_cast<std::size_t>(i)].spoken_last_hour = 1;
  const auto tally = scene.tally(500);
  const auto first = tally.contains(BotId(1)) ? tally.at(BotId(1)) : 0;
  EXPECT_LT(first, tally.at(BotId(2)) / 2);
}

TEST(Floor, TheLastSpeakerIsNotTheNextWhenOthersCan) {
  Scene scene(3);
  scene.settings.threshold = 0.1;
  scene.input.kind = Kind::Timer;
  scene.input.room.last_bot = BotId(2);
  scene.input.room.last_line_is_bots = true;
  scene.input.room.run = 1;
  EXPECT_FALSE(scene.tally(300).contains(BotId(2)));
  Scene alone(1);
  alone.settings.threshold = 0.1;
  alone.input.kind = Kind::Timer;
  alone.input.room.last_bot = BotId(1);
  alone.input.room.last_line_is_bots = true;
  alone.input.room.run = 2;
  EXPECT_EQ(alone.decide().reason, TurnReason::JustSpoke) << "a burst has an end";
}

TEST(Floor, LoopBudgetsHoldWhereNoPersonAsked) {
  Scene scene(3);
  scene.input.room.bot_turns = 20;
  scene.input.kind = Kind::Timer;
  EXPECT_EQ(scene.decide().reason, TurnReason::LoopBudget);
  scene.input.kind = Kind::Bot;
  scene.address({BotId(1)});
  EXPECT_EQ(scene.decide().reason, TurnReason::LoopBudget);
  scene.settings.loop_soft = 0;
  EXPECT_EQ(scene.decide().reason, TurnReason::Sent);
  scene.input.room.bot_turns = 100;
  EXPECT_EQ(scene.decide().reason, TurnReason::LoopBudget) << "the hard budget";
  scene.settings.loop_hard = 0;
  EXPECT_EQ(scene.decide().reason, TurnReason::Sent);
  scene.input.depth = 6;
  EXPECT_EQ(scene.decide().reason, TurnReason::LoopBudget) << "replies upon replies";
  scene.input.depth = 0;
  scene.candidates[0].pair_turns = 20;
  EXPECT_EQ(scene.decide().reason, TurnReason::LoopBudget) << "one pair";
  scene.input.kind = Kind::Person;
  scene.input.room.bot_turns = 1000;
  EXPECT_EQ(scene.decide().reason, TurnReason::Sent) << "a person is always answered";
}

TEST(Floor, ABotsMessageWithoutANameIsNobodysTurn) {
  Scene scene(3);
  scene.settings.threshold = 0;
  scene.input.kind = Kind::Bot;
  EXPECT_EQ(scene.decide().reason, TurnReason::NotForUs);
}

TEST(Floor, TheRandomSelectorIsUniform) {
  Scene scene(4);
  scene.settings.selector = Selector::Random;
  scene.settings.reply_probability = 0.5;
  const auto tally = scene.tally(4000);
  EXPECT_NEAR(tally.at(BotId{}), 2000, 150);
  for (int i = 1; i <= 4; ++i) EXPECT_NEAR(tally.at(BotId(i)), 500, 100);
}

TEST(Floor, WhenAllAreBarredTheCommonReasonIsTold) {
  Scene scene(3);
  scene.settings.threshold = 0;
  scene.candidates[0].barred = TurnReason::Quiet;
  scene.candidates[1].barred = TurnReason::Quiet;
  scene.candidates[2].barred = TurnReason::Disabled;
  EXPECT_EQ(scene.decide().reason, TurnReason::Quiet);
}

TEST(Addressing, FindsWhoIsMeant) {
  const std::vector<Callable> bots = {{BotId(1), PlatformUserId(11), "ada_bot", "ada"},
                                      {BotId(2), PlatformUserId(12), "ben_bot", "ben"}};
  const auto ask = [&](AddressingInput input) { return addressed_to(input, bots); };
  const std::vector<std::string> mention = {"ADA_bot"};
  const std::vector<std::string> stranger = {"somebody"};
  const std::vector<std::string> both = {"ben_bot", "ada_bot", "ben_bot"};
  EXPECT_EQ(ask({.text = "x", .mentions = mention}).bots, std::vector<BotId>{BotId(1)});
  EXPECT_EQ(ask({.text = "x", .mentions = both}).bots, (std::vector<BotId>{BotId(2), BotId(1)}));
  EXPECT_TRUE(ask({.text = "x", .mentions = stranger}).to_others);
  EXPECT_EQ(ask({.text = "x", .reply_to_user = PlatformUserId(12)}).by, AddressedBy::Reply);
  EXPECT_TRUE(ask({.text = "x", .reply_to_user = PlatformUserId(99)}).to_others);
  EXPECT_EQ(ask({.text = "x", .reply_to_bot = BotId(2)}).bots, std::vector<BotId>{BotId(2)});
  EXPECT_EQ(ask({.text = "/a@ben_bot", .command_target = "ben_bot"}).by, AddressedBy::Command);
  EXPECT_TRUE(ask({.text = "/a@other_bot", .command_target = "other_bot"}).to_others);
  EXPECT_EQ(ask({.text = "x", .private_bot = BotId(1)}).by, AddressedBy::PrivateChat);
  EXPECT_EQ(ask({.text = "Ada, what do you think?"}).by, AddressedBy::Vocative);
  EXPECT_TRUE(ask({.text = "Ada said so yesterday"}).bots.empty());
}

TEST(Addressing, ABotIsAlsoCalledByTheNameThatItsOperatorOrItsCardGivesIt) {
  const std::vector<std::string> others = {"ada", "analyst"};
  const std::vector<Callable> bots = {
      {BotId(1), PlatformUserId(11), "ada_bot", "ada of the tea society", others},
      {BotId(2), PlatformUserId(12), "ben_bot", "ben"}};
  const auto ask = [&](std::string_view text) { return addressed_to({.text = text}, bots); };
  for (const char* text : {"Ada, what do you think?", "What do you think, Analyst?",
                           "Hello Ada of the Tea Society, good morning"}) {
    EXPECT_EQ(ask(text).by, AddressedBy::Vocative) << text;
    EXPECT_EQ(ask(text).bots, std::vector<BotId>{BotId(1)}) << text;
  }
  EXPECT_TRUE(ask("The analyst said so yesterday").bots.empty());
}

TEST(Addressing, ANameCallsOnlyWhereItIsCalled) {
  EXPECT_TRUE(is_vocative("Ayşe, sence?", "Ayşe"));
  EXPECT_FALSE(is_vocative("Ayşe dün dedi ki", "Ayşe"));
  EXPECT_TRUE(is_vocative("Hey Ada how are you", "Ada"));
  EXPECT_TRUE(is_vocative("What do you say, ADA?", "Ada"));
  EXPECT_TRUE(is_vocative("Ada?", "Ada"));
  EXPECT_FALSE(is_vocative("Adam, come here", "Ada"));
  EXPECT_FALSE(is_vocative("I met Ada", "Ada"));
  EXPECT_FALSE(is_vocative("x", "x")) << "one letter is no name";
}

TEST(RoomLog, CountsWhoSpeaksAndForgetsTheOldest) {
  RoomLog log(3, 10, true);
  MonoTime now{};
  std::int64_t id = 0;
  const auto say = [&](BotId bot, std::int64_t author, const char* text) {
    RoomLine line;
    line.message = PlatformMessageId(++id);
    line.row = MessageRowId(id);
    line.bot = bot;
    line.author = PlatformUserId(author);
    line.from_bot = static_cast<bool>(bot);
    line.text = text;
    line.at = now;
    return log.add(line);
  };
  EXPECT_TRUE(say({}, 1, "one"));
  EXPECT_TRUE(say(BotId(5), 55, "two"));
  now += 10s;
  EXPECT_TRUE(say(BotId(6), 66, "three"));
  EXPECT_TRUE(say(BotId(6), 66, "a fourth and longer line"));
  EXPECT_EQ(log.lines().size(), 3U);
  const auto facts = log.facts(now + 1s);
  EXPECT_EQ(facts.bot_turns, 3U);
  EXPECT_EQ(facts.run, 2U);
  EXPECT_EQ(facts.last_bot, BotId(6));
  EXPECT_TRUE(facts.last_line_is_bots);
  EXPECT_EQ(facts.people_per_minute, 1U);
  EXPECT_EQ(log.spoken_last_hour(BotId(6), now), 2U);
  EXPECT_EQ(log.pair_turns(BotId(6), PlatformUserId(55), now), 1U);
  EXPECT_TRUE(log.repeats("A fourth, and longer line!", 0.6));
  say({}, 1, "me again");
  EXPECT_EQ(log.facts(now).bot_turns, 0U);
  EXPECT_EQ(log.facts(now + 2h).utterances_last_hour, 0U);
}

TEST(RoomLog, TheSameMessageIsOneLineWhoeverBringsIt) {
  RoomLog log(10, 10, true);
  RoomLine line;
  line.message = PlatformMessageId(7);
  line.text = "hello";
  EXPECT_TRUE(log.add(line));
  EXPECT_FALSE(log.add(line));
  RoomLine group;
  group.owner = BotId(1);
  group.message = PlatformMessageId(20);
  group.author = PlatformUserId(3);
  group.text = "basic group";
  EXPECT_TRUE(log.add(group));
  RoomLine other = group;
  other.owner = BotId(2);
  other.message = PlatformMessageId(31);
  EXPECT_FALSE(log.add(other));
  ASSERT_NE(log.find(BotId(2), PlatformMessageId(31)), nullptr);
  RoomLine repeated = other;
  repeated.message = PlatformMessageId(32);
  EXPECT_TRUE(log.add(repeated)) << "the same person said the same words again";
}

}  // namespace
}  // namespace chorus::fleet
