#include "chorus/fleet/pacing.hpp"

#include "chorus/fleet/speed_profile.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(Pacing, StaysInItsBounds) {
  Rng rng(3);
  for (int i = 0; i < 500; ++i) {
    const auto length = static_cast<std::size_t>(i);
    const double group =
        to_seconds(pacing_delay(Pacing::Human, {false, false, length, length}, {}, {}, rng));
    EXPECT_GE(group, 0.8);
    EXPECT_LE(group, 12.0);
    const double direct =
        to_seconds(pacing_delay(Pacing::Human, {true, false, length, length}, {}, {}, rng));
    EXPECT_GE(direct, 0.3);
    EXPECT_LE(direct, 3.0);
    EXPECT_LE(to_seconds(pacing_delay(Pacing::Fast, {false, false, length, length}, {}, {}, rng)),
              0.25);
  }
  EXPECT_EQ(pacing_delay(Pacing::None, {false, true, 100, 100}, {}, {}, rng), Duration{});
}

TEST(Pacing, LongAnswersDoNotAllTakeTheSameTime) {
  Rng rng(3);
  int at_the_bound = 0;
  double sum = 0, squares = 0;
  constexpr int kDraws = 1000;
  for (int i = 0; i < kDraws; ++i) {
    const auto letters = 40 + rng.below(80);  // at 45 words a minute 11 to 32 s
    const double d =
        to_seconds(pacing_delay(Pacing::Human, {false, false, 40, letters}, {}, {}, rng));
    at_the_bound += d > 11.9 ? 1 : 0;
    sum += std::log(d);
    squares += std::log(d) * std::log(d);
  }
  EXPECT_LT(at_the_bound, kDraws / 20);
  const double mean = sum / kDraws;
  EXPECT_GT(std::sqrt(squares / kDraws - mean * mean), 0.2) << "people are no metronomes";
}

SpeedProfile profile(const std::string& json) {
  const auto parsed = speed_profile_of(R"({"speed_profile":)" + json + "}");
  EXPECT_TRUE(parsed) << json << ": " << parsed.error().message;
  return parsed ? parsed->profile : SpeedProfile{};
}

std::string refusal(const std::string& json) {
  const auto parsed = speed_profile_of(R"({"speed_profile":)" + json + "}");
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
  return parsed.error().message;
}

TEST(SpeedProfile, NoneIsTheFleetsOwnPace) {
  for (const char* extra : {"", "{}", R"({"speed_profile":null})", R"({"speed_profile":{}})",
                            R"({"active_hours":["09:00-18:00"]})"}) {
    const auto parsed = speed_profile_of(extra);
    ASSERT_TRUE(parsed) << extra;
    EXPECT_EQ(parsed->profile, SpeedProfile{}) << extra;
    EXPECT_TRUE(parsed->without_effect.empty()) << extra;
  }
}

TEST(SpeedProfile, EveryFoundingSpellingIsTaken) {
  const SpeedProfile whole = profile(
      R"({"delay":{"base_delay_seconds":30,"delay_multiplier":2,"jitter_min":0.5,"jitter_max":1.5,
          "min_seconds":3,"max_seconds":90},
          "typing":{"typing_speed_wpm":{"min":40,"max":80},"typing_multiplier":0.5}})");
  EXPECT_EQ(whole.base_delay, Duration(30s));
  EXPECT_DOUBLE_EQ(whole.delay_multiplier, 2);
  EXPECT_DOUBLE_EQ(whole.jitter_min, 0.5);
  EXPECT_DOUBLE_EQ(whole.jitter_max, 1.5);
  EXPECT_EQ(whole.min_delay, Duration(3s));
  EXPECT_EQ(whole.max_delay, Duration(90s));
  EXPECT_DOUBLE_EQ(whole.words_per_minute.value(), 30);
  EXPECT_EQ(profile(R"({"base_delay":30,"multiplier":2,"jitter_min":0.5,"jitter_max":1.5,
                        "delay_min_seconds":3,"seconds_max":90,"wpm":[40,80],
                        "typing_multiplier":0.5})"),
            whole);
  EXPECT_EQ(profile(R"({"delay":{"base_seconds":30,"multiplier":2,"jitter_min":0.5,
                        "jitter_max":1.5,"seconds_min":3,"delay_max_seconds":90},
                        "typing":{"speed_wpm":60,"multiplier":0.5}})"),
            whole);
  EXPECT_EQ(profile(R"({"delay":5,"typing":0.5})").base_delay, Duration(5s));
  EXPECT_DOUBLE_EQ(profile(R"({"delay":5,"typing":0.5})").words_per_minute.value(), 22.5);
  EXPECT_DOUBLE_EQ(profile(R"({"wpm":{"min":2.5,"max":4.5}})").words_per_minute.value(), 12)
      << "the founding default was slower than its own floor";
}

TEST(SpeedProfile, WhatCannotBeIsRefusedByName) {
  EXPECT_EQ(refusal("[]"), "speed_profile: must be an object");
  EXPECT_EQ(refusal(R"({"delay":"slow"})"), "speed_profile.delay: must be an object or a number");
  EXPECT_EQ(refusal(R"({"delay":{"min_seconds":"2"}})"),
            "speed_profile.delay.min_seconds: must be a number from 0 to 180");
  EXPECT_EQ(refusal(R"({"base_delay_seconds":-1})"),
            "speed_profile.base_delay_seconds: must be a number from 0 to 180");
  EXPECT_EQ(refusal(R"({"typing":{"wpm":{"min":40}}})"),
            "speed_profile.typing.wpm: must be a number from 0 to 1000");
  EXPECT_EQ(refusal(R"({"min_seconds":20,"max_seconds":10})"),
            "speed_profile: min_seconds must not be above max_seconds");
  EXPECT_EQ(refusal(R"({"jitter_min":2})"),
            "speed_profile: jitter_min must not be above jitter_max");
}

TEST(SpeedProfile, WhatChangesNothingIsSaid) {
  const auto parsed = speed_profile_of(
      R"({"speed_profile":{"fast":1,"typing":{"mood":"x"},"delay":{"min_seconds":4}}})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->without_effect,
            (std::vector<std::string>{"speed_profile.fast", "speed_profile.typing.mood",
                                      "jitter and bounds without base_delay_seconds"}));
}

TEST(Pacing, ASlowTypistTakesLongerWithinTheSameBounds) {
  const auto mean = [](const SpeedProfile& speed, bool private_chat, std::size_t answer) {
    Rng rng(5);
    double sum = 0;
    for (int i = 0; i < 200; ++i) {
      const Duration d =
          pacing_delay(Pacing::Human, {private_chat, false, 20, answer}, {}, speed, rng);
      EXPECT_LE(d, private_chat ? 3s : 12s);
      sum += to_seconds(d);
    }
    return sum / 200;
  };
  const double plain = mean({}, false, 15);
  EXPECT_GT(mean(profile(R"({"wpm":15})"), false, 15), plain + 1.5);
  EXPECT_LT(mean(profile(R"({"wpm":900})"), false, 15), plain - 1.5);
  EXPECT_GT(mean(profile(R"({"delay_multiplier":3})"), false, 15), plain + 0.5);
  EXPECT_LE(mean(profile(R"({"wpm":15,"base_delay":100})"), true, 300), 3.0)
      << "who asked in private does not wait for a slow bot";
}

TEST(Pacing, TheBaseDelayStandsBeforeWhatNobodyAskedFor) {
  const SpeedProfile slow =
      profile(R"({"base_delay_seconds":60,"min_seconds":20,"max_seconds":100})");
  Rng rng(5);
  double sum = 0;
  for (int i = 0; i < 500; ++i) {
    const Duration unasked = pacing_delay(Pacing::Human, {false, true, 0, 0}, {}, slow, rng);
    EXPECT_GE(unasked, 20s);
    EXPECT_LE(unasked, 100s);
    sum += to_seconds(unasked);
    EXPECT_LE(pacing_delay(Pacing::Human, {false, false, 0, 0}, {}, slow, rng), 12s);
    EXPECT_LE(pacing_delay(Pacing::Fast, {false, true, 0, 0}, {}, slow, rng), 250ms);
  }
  EXPECT_GT(sum / 500, 40);
  EXPECT_LT(sum / 500, 70);
  EXPECT_EQ(pacing_delay(Pacing::None, {false, true, 0, 0}, {}, slow, rng), Duration{});
}

/// How long after its decision the first message that nobody asked for leaves.
Duration first_unasked_delay(const std::string& extra, bool set_later) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.pacing = Pacing::Human;
  settings.talk_interval = 60s;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada", {}, false, set_later ? std::string() : extra);
  if (set_later) {
    EXPECT_TRUE(test::drive(rig.loop, rig.fleet->set_extra(bot, extra)));
    rig.stop();
    rig.restart();
    rig.run_for(1s);
  }
  EXPECT_TRUE(rig.accept(bot, rig.group_message(1, "hi")));
  rig.run_for(5s);
  const std::size_t before = rig.platform->sends.size();
  while (rig.fleet->status().outbox_queued == 0) rig.run_for(100ms);
  const MonoTime decided = rig.loop.now();
  rig.platform->typing.clear();
  while (rig.platform->sends.size() == before) rig.run_for(100ms);
  EXPECT_LE(rig.platform->typing.size(), 4U) << "it types at the end of a long pause only";
  return rig.platform->sends.back().at - decided;
}

TEST(Pacing, AFleetAppliesTheProfileOfEachBot) {
  const std::string slow =
      R"({"speed_profile":{"delay":{"base_delay_seconds":60,"min_seconds":50,"max_seconds":70}}})";
  EXPECT_LE(first_unasked_delay("", false), 12s);
  EXPECT_GE(first_unasked_delay(slow, false), 49s);
  EXPECT_GE(first_unasked_delay(slow, true), 49s) << "and after a restart";
}

TEST(Pacing, ASlowBotDoesNotSpeakIntoWhatPeopleSaidMeanwhile) {
  fleet::FleetSettings settings = FleetRig::quick();
  settings.pacing = Pacing::Human;
  settings.threshold = 0;
  settings.yield_people_per_minute = 0;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot(
      "ada", {}, false,
      R"({"speed_profile":{"base_delay_seconds":60,"min_seconds":50,"max_seconds":70}})");
  for (int i = 0; i < 100 && rig.fleet->status().outbox_queued == 0; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "what about thing " + std::to_string(i))));
    rig.run_for(1s);
  }
  ASSERT_EQ(rig.fleet->status().outbox_queued, 1U);
  ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "never mind")));
  rig.run_for(1ms);
  EXPECT_EQ(rig.counts().outbox_cancelled, 1U);
  EXPECT_TRUE(rig.platform->sends.empty());
  for (int i = 0; i < 100 && rig.fleet->status().outbox_queued == 0; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(1, "and thing " + std::to_string(i))));
    rig.run_for(100ms);
  }
  EXPECT_EQ(rig.fleet->status().outbox_queued, 1U) << "the floor is free again at once";
}

TEST(Pacing, AProfileThatCannotBeIsNoBot) {
  FleetRig rig;
  rig.start();
  NewBot bot;
  bot.name = "ada";
  bot.token = Secret("ada");
  bot.extra = R"({"speed_profile":{"base_delay_seconds":"soon"}})";
  const auto refused = test::drive(rig.loop, rig.fleet->add_bot(bot));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refused.error().message,
            "speed_profile.base_delay_seconds: must be a number from 0 to 180");
  EXPECT_TRUE(rig.fleet->bots().empty());
  const BotId made = rig.add_bot("ada");
  EXPECT_FALSE(test::drive(rig.loop, rig.fleet->set_extra(made, bot.extra)));
  EXPECT_EQ(rig.fleet->find_bot(made)->extra, "") << "nothing changed";
}

}  // namespace
}  // namespace chorus::fleet
