#include "chorus/fleet/floor.hpp"
#include "chorus/fleet/pacing.hpp"
#include "chorus/fleet/persona/pack.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include "support/fleet_rig.hpp"
#include "support/zones_on_file.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// What a character's fields do in a running fleet, and how its versions come and go.
namespace chorus {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kGroup = -1001;

struct PersonaRig : test::FleetRig {
  explicit PersonaRig(fleet::FleetSettings s = quick()) : FleetRig(std::move(s)) {
    settings.zones = &zones;
  }
  /// One bot of that persona in a group that talks by itself every five minutes for a day.
  std::uint64_t said_in(const std::string& persona, Duration time) {
    settings.talk_interval = 5min;
    settings.loop_soft = settings.loop_hard = 0;
    settings.burst = 0;
    settings.duplicate_similarity = 2;
    start();
    const BotId bot = add_bot("1:a", persona);
    store::RoomRow room;
    room.chat = PlatformChatId(kGroup);
    room.kind = store::ChatKind::Supergroup;
    const auto made = test::drive(loop, fleet->ensure_room(room));
    EXPECT_TRUE(made);
    EXPECT_TRUE(test::drive(loop, fleet->set_membership(made->id, bot, true)));
    run_for(time);
    return fleet->status().sent;
  }
  std::string prompt_of(const std::string& persona) {
    std::string system;
    generator->script = [&](const fleet::GenerationRequest& request) -> Result<std::string> {
      requests.push_back(request);
      system = request.lines.front().text;
      return "fine words";
    };
    start();
    const BotId bot = add_bot("1:a", persona);
    EXPECT_TRUE(accept(bot, private_message(5, "hello there")));
    run_for(1s);
    return system;
  }
  test::ZonesOnFile zones;
  std::vector<fleet::GenerationRequest> requests;
};

TEST(PersonaEngine, TheHourlyCapOfTheCardHolds) {
  PersonaRig free, capped;
  const auto without = free.said_in(R"({"version":2,"name":"Ada"})", 10h);
  const auto with = capped.said_in(R"({"version":2,"name":"Ada","hourly_cap":2})", 10h);
  EXPECT_GT(without, 40U);
  EXPECT_LE(with, 20U);
  EXPECT_GE(with, 15U);
  EXPECT_GT(capped.reason("budget"), 0);
}

TEST(PersonaEngine, TheFleetsCapHoldsWhereItIsTheSmaller) {
  auto settings = PersonaRig::quick();
  settings.bot_hourly = 1;
  PersonaRig rig(settings);
  EXPECT_LE(rig.said_in(R"({"version":2,"name":"Ada","hourly_cap":5})", 10h), 10U);
}

TEST(PersonaEngine, ItSpeaksByItselfInItsHoursOnly) {
  PersonaRig rig;  // the simulated clock starts at 12:00 UTC, 15:00 in Istanbul
  const auto said = rig.said_in(
      R"({"version":2,"hours":{"zone":"Europe/Istanbul","active":["09:00-15:59"]}})", 1h);
  EXPECT_GT(said, 3U);
  rig.run_for(16h);
  EXPECT_EQ(rig.fleet->status().sent, said) << "it is before nine there";
  EXPECT_GT(rig.reason("quiet"), 0);
  rig.run_for(3h);
  EXPECT_GT(rig.fleet->status().sent, said);
}

TEST(PersonaEngine, AQuestionIsAnsweredAtAnyHour) {
  PersonaRig rig;
  rig.start();
  const BotId bot =
      rig.add_bot("1:a", R"({"version":2,"hours":{"zone":"UTC","active":["03:00-03:01"]}})");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(5, "what do you think?")));
  rig.run_for(1s);
  EXPECT_EQ(rig.fleet->status().sent, 1U);
}

TEST(PersonaEngine, TemperatureAndTokensAreTheCardsWithinTheFleets) {
  PersonaRig rig;
  rig.prompt_of(R"({"version":2,"generation":{"temperature":0.3,"max_tokens":50}})");
  ASSERT_EQ(rig.requests.size(), 1U);
  EXPECT_EQ(rig.requests[0].temperature, 0.3);
  EXPECT_EQ(rig.requests[0].max_tokens, 50);
  PersonaRig dear;
  dear.prompt_of(R"({"version":2,"generation":{"max_tokens":2000}})");
  EXPECT_EQ(dear.requests.at(0).max_tokens, dear.settings.max_tokens);
  EXPECT_EQ(dear.requests.at(0).temperature, dear.settings.llm_temperature);
}

TEST(PersonaEngine, TheLengthIsDrawnByTheProfile) {
  PersonaRig brief, full;
  EXPECT_NE(brief.prompt_of(R"({"version":2,"length":{"short":1}})").find("one or two short"),
            std::string::npos);
  EXPECT_NE(full.prompt_of(R"({"version":2,"length":{"long":1}})").find("three or four"),
            std::string::npos);
  Rng rng(3);
  int counts[3] = {};
  for (int i = 0; i < 2000; ++i) {
    ++counts[static_cast<int>(fleet::draw_length({0.55, 0.35, 0.10}, rng))];
  }
  EXPECT_NEAR(counts[0], 1100, 100);
  EXPECT_NEAR(counts[1], 700, 100);
  EXPECT_NEAR(counts[2], 200, 60);
}

TEST(PersonaEngine, TheWholeCardReachesThePromptAndFactsAreFiction) {
  PersonaRig rig;
  const std::string prompt = rig.prompt_of(R"({"version":2,"name":"Ada","tone":"dry",
      "expertise":["ropes"],"emotion":{"mood":["calm","wry"],"empathy":0.9,"energy":0.1,
      "signature_phrases":["Slowly."]},
      "stances":[{"topic":"tides","text":"They return.","confidence":0.9}],
      "facts":[{"text":"lives on a boat","fictional":true}]})");
  for (const auto* line : {"Mood: calm, wry", "Feeling: notices how others feel",
                           "Energy: slow and quiet", "Knows well: ropes",
                           "Opinion on tides (sure): They return.", "Says now and then: Slowly."}) {
    EXPECT_NE(prompt.find(line), std::string::npos) << line << " in\n" << prompt;
  }
  const auto fiction = prompt.find("story is fiction");
  const auto fact = prompt.find("- lives on a boat");
  ASSERT_NE(fiction, std::string::npos);
  ASSERT_NE(fact, std::string::npos);
  EXPECT_LT(fiction, fact);
}

TEST(PersonaEngine, WhoKnowsASubjectScoresAboveWhoOnlyLikesIt) {
  const std::vector<std::string> ropes = {"ropes"}, tea = {"tea"};
  fleet::FloorCandidate knows, likes, neither;
  knows.bot = BotId(1);
  knows.expertise = ropes;
  likes.bot = BotId(2);
  likes.interests = ropes;
  neither.bot = BotId(3);
  neither.expertise = tea;
  neither.interests = tea;
  const std::vector<fleet::FloorCandidate> candidates = {knows, likes, neither};
  fleet::FloorInput input;
  input.candidates = candidates;
  for (const auto* text : {"I bought new ropes", "which ropes hold best?"}) {
    input.text = text;
    const auto decision = fleet::decide_floor(input, {}, 1);
    ASSERT_EQ(decision.scores.size(), 3U);
    EXPECT_GT(decision.scores[0].score, decision.scores[1].score) << text;
    EXPECT_GT(decision.scores[1].score, decision.scores[2].score) << text;
  }
}

TEST(PersonaEngine, ASlowTypistTakesLonger) {
  double slow = 0, fast = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng a(seed), b(seed);
    slow += to_seconds(
        fleet::pacing_delay(fleet::Pacing::Human, {false, false, 40, 40}, {20, 3}, {}, a));
    fast += to_seconds(
        fleet::pacing_delay(fleet::Pacing::Human, {false, false, 40, 40}, {200, 0.3}, {}, b));
  }
  EXPECT_GT(slow, 2 * fast);
}

// ----------------------------------------------------------------------------------- versions

TEST(PersonaVersions, ANewOneWithAClaimIsRefusedAndNothingChanges) {
  PersonaRig rig;
  rig.start();
  const BotId bot = rig.add_bot("1:a", R"({"version":2,"name":"Ada"})");
  const auto refused = test::drive(
      rig.loop, rig.fleet->set_persona(bot, R"({"version":2,"description":"You are a human."})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(refused.error().message.find("persona.description"), std::string::npos);
  EXPECT_EQ(test::drive(rig.loop, rig.fleet->persona_versions(bot))->size(), 1U);
}

TEST(PersonaVersions, AnImportedOneWithAClaimLandsDisabledWithItsRewrite) {
  PersonaRig rig;
  rig.start();
  const BotId bot = rig.add_bot("1:a", R"({"version":2,"name":"Ada","tone":"dry"})");
  const std::string before = rig.fleet->find_bot(bot)->persona;
  const auto imported = test::drive(
      rig.loop,
      rig.fleet->import_persona(
          bot, R"({"name":"Bo","persona_hint":"You are a human who sings. Likes tea."})"));
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->stored.version, 2);
  EXPECT_FALSE(imported->stored.enabled);
  EXPECT_NE(imported->stored.findings.find("\"rule\":\"human\""), std::string::npos);
  EXPECT_EQ(rig.fleet->find_bot(bot)->persona, before);
  rig.stop();
  rig.restart();
  EXPECT_EQ(rig.fleet->find_bot(bot)->persona, before) << "it stays disabled through a restart";
  const auto rolled = test::drive(rig.loop, rig.fleet->rollback_persona(bot, 2));
  ASSERT_FALSE(rolled) << "a disabled version cannot be rolled back to";
  const auto accepted = test::drive(rig.loop, rig.fleet->accept_rewrite(bot, 2));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(*accepted, 3);
  const auto now = fleet::parse_persona(rig.fleet->find_bot(bot)->persona);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->description, "You are an automated character who sings. Likes tea.");
  EXPECT_EQ(test::drive(rig.loop, rig.fleet->accept_rewrite(bot, 3)).error().code,
            ErrorCode::Conflict);
  EXPECT_EQ(test::drive(rig.loop, rig.fleet->accept_rewrite(bot, 2)).error().message,
            "the rewrite of version 2 is what it lives by already");
}

TEST(PersonaVersions, AnImportOfAnOlderShapeIsStoredInTheNewOne) {
  PersonaRig rig;
  rig.start();
  const BotId bot = rig.add_bot("1:a");
  const auto imported =
      test::drive(rig.loop, rig.fleet->import_persona(bot, R"({"name":"Bo","style":"short"})"));
  ASSERT_TRUE(imported);
  EXPECT_TRUE(imported->stored.enabled);
  EXPECT_NE(rig.fleet->find_bot(bot)->persona.find("\"version\": 2"), std::string::npos);
}

TEST(PersonaVersions, ARollbackIsANewVersionEqualToTheOld) {
  PersonaRig rig;
  rig.start();
  const BotId bot = rig.add_bot("1:a", R"({"version":2,"name":"Ada","tone":"dry"})");
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_persona(bot, "gardener")));
  EXPECT_EQ(test::drive(rig.loop, rig.fleet->rollback_persona(bot, 2)).error().code,
            ErrorCode::Conflict);
  const auto rolled = test::drive(rig.loop, rig.fleet->rollback_persona(bot, 1));
  ASSERT_TRUE(rolled) << rolled.error().message;
  EXPECT_EQ(*rolled, 3);
  const auto versions = test::drive(rig.loop, rig.fleet->persona_versions(bot)).value();
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions[0].document, versions[2].document);
  EXPECT_EQ(versions[1].origin, "shipped gardener");
  EXPECT_EQ(versions[2].origin, "rollback to 1");
  EXPECT_EQ(rig.fleet->find_bot(bot)->persona, versions[2].document);
  EXPECT_EQ(test::drive(rig.loop, rig.fleet->rollback_persona(bot, 9)).error().code,
            ErrorCode::NotFound);
}

TEST(PersonaVersions, AStoreThatIsGoneLeavesTheCharacterAsItWas) {
  PersonaRig rig;
  rig.start();
  const BotId bot = rig.add_bot("1:a", R"({"version":2,"name":"Ada"})");
  const std::string before = rig.fleet->find_bot(bot)->persona;
  rig.store->failing = {"add_persona"};
  EXPECT_FALSE(test::drive(rig.loop, rig.fleet->set_persona(bot, "gardener")));
  EXPECT_EQ(rig.fleet->find_bot(bot)->persona, before);
}

TEST(PersonaVersions, UnknownNamesAndZonesAreRefused) {
  PersonaRig rig;
  rig.start();
  const BotId bot = rig.add_bot("1:a");
  const auto name = test::drive(rig.loop, rig.fleet->set_persona(bot, "gardner"));
  ASSERT_FALSE(name);
  EXPECT_NE(name.error().message.find("did you mean 'gardener'?"), std::string::npos);
  const auto zone = test::drive(
      rig.loop, rig.fleet->set_persona(bot, R"({"version":2,"hours":{"zone":"Europe/Atlantis"}})"));
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().message.find("Europe/Atlantis"), std::string::npos);
}

}  // namespace
}  // namespace chorus
