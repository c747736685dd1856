#include "chorus/app/founding/import_plan.hpp"

#include "founding_testing.hpp"
#include <gtest/gtest.h>

#include <algorithm>

namespace chorus::app {
namespace {

ImportPlan plan_of(const FoundingTables& tables, const ImportPresent& present = {},
                   const ImportOptions& options = founding_options()) {
  ManualClock clock(options.now);
  IdSource ids(clock, Rng(1));
  return plan_import(tables, present, options, ids);
}

/// The reason for which a row was left out.
bool is_left(const ImportPlan& plan, const std::string& table, std::string_view why,
             std::string_view name) {
  for (const auto& [key, reason] : plan.tally.left()) {
    if (key.first != table || key.second.find(why) == std::string::npos) continue;
    if (std::ranges::find(reason.names, name) != reason.names.end()) return true;
  }
  return false;
}

bool notes(const ImportPlan& plan, std::string_view words) {
  return std::ranges::any_of(plan.tally.notes(), [&](const std::string& note) {
    return note.find(words) != std::string::npos;
  });
}

TEST(ImportPlan, EveryRowOfTheFileIsAccountedForOnce) {
  const auto plan = plan_of(founding_tables());
  for (const auto& [table, count] : plan.tally.counts()) {
    EXPECT_EQ(count.taken + count.present + count.left, count.in_file) << table;
  }
  EXPECT_EQ(plan.tally.of("bots"), (ImportTally::Count{6, 3, 0, 3}));
  EXPECT_EQ(plan.tally.of("messages"), (ImportTally::Count{12, 5, 0, 7}));
  EXPECT_EQ(plan.tally.of("bot_memories"), (ImportTally::Count{5, 1, 0, 4}));
}

TEST(ImportPlan, BotsLandSwitchedOffWithTheirTokens) {
  const auto plan = plan_of(founding_tables());
  ASSERT_EQ(plan.bots.size(), 3U);
  EXPECT_EQ(plan.bots[0].token.reveal(), "1001:ada-secret");
  EXPECT_EQ(plan.bots[0].username, "ada_bot");
  EXPECT_EQ(plan.bots[1].token.reveal(), "1002:bob-secret");
  EXPECT_EQ(plan.bots[2].token.reveal(), "1003:plain-secret");
  EXPECT_EQ(plan.bots[2].name, "Ada (3)");
  for (const auto& bot : plan.bots) {
    EXPECT_EQ(bot.state, store::BotState::Disabled);
    EXPECT_NE(bot.state_reason.find("one token, one poller"), std::string::npos);
  }
  EXPECT_TRUE(is_left(plan, "bots", "does not open", "Eve"));
  EXPECT_TRUE(is_left(plan, "bots", "one token, one poller", "Twin"));
  EXPECT_TRUE(is_left(plan, "bots", "NUMBER:SECRET", "Odd"));
  EXPECT_EQ(plan.unreadable, std::vector<std::string>{"Eve"});
  EXPECT_TRUE(notes(plan, "Ada (3): its token stood there unprotected"));
  EXPECT_TRUE(notes(plan, "Bob: it was switched off"));
}

TEST(ImportPlan, NoTokenStandsInTheAccount) {
  const auto text = plan_of(founding_tables()).tally.to_text();
  for (const auto* secret : {"ada-secret", "bob-secret", "plain-secret", "eve-secret", "gAAAA"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
}

TEST(ImportPlan, WithoutAKeySealedTokensAreNamed) {
  auto options = founding_options();
  options.key.reset();
  const auto plan = plan_of(founding_tables(), {}, options);
  EXPECT_EQ(plan.unreadable, (std::vector<std::string>{"Ada", "Bob", "Eve"}));
  EXPECT_TRUE(is_left(plan, "bots", "no key was given", "Ada"));
}

TEST(ImportPlan, ATokenWithoutTheOldCryptoPackageIsTurnedBack) {
  auto tables = founding_tables();
  std::string text = "1009:secret";
  std::ranges::reverse(text);
  tables.rows["bots"][0]["token"] = "dev:" + crypto::to_base64url(text);
  EXPECT_EQ(plan_of(tables).bots[0].token.reveal(), "1009:secret");
}

TEST(ImportPlan, CardsOfBothShapesAreRead) {
  const auto plan = plan_of(founding_tables());
  ASSERT_EQ(plan.personas.size(), 2U);
  EXPECT_TRUE(plan.personas[0].enabled);
  const auto card = *parse_json(plan.personas[0].document);
  EXPECT_EQ(card.at("name"), "Ada");
  EXPECT_EQ(card.at("stances").at(0).at("text"), "Green before black.");
  EXPECT_EQ(parse_json(plan.personas[1].document)->at("style").at("notes"), "concise");
}

TEST(ImportPlan, ACardThatClaimsToBeHumanIsStoredSwitchedOffWithARewrite) {
  const auto plan = plan_of(founding_tables());
  ASSERT_EQ(plan.personas.size(), 2U);
  EXPECT_FALSE(plan.personas[1].enabled);
  EXPECT_FALSE(plan.personas[1].findings.empty());
  EXPECT_FALSE(plan.personas[1].rewrite.empty());
  EXPECT_TRUE(notes(plan, "persona Bob: stored switched off"));
}

TEST(ImportPlan, RoomsFollowTheKindOfTheirChat) {
  const auto plan = plan_of(founding_tables());
  ASSERT_EQ(plan.rooms.size(), 2U);
  EXPECT_EQ(plan.rooms[0].kind, store::ChatKind::Supergroup);
  EXPECT_FALSE(plan.rooms[0].owner);
  EXPECT_EQ(parse_json(plan.rooms[0].extra)->at("topics").at(1), "coffee");
  EXPECT_EQ(plan.rooms[1].kind, store::ChatKind::Group);
  EXPECT_EQ(plan.rooms[1].owner, plan.bots[0].id);
  EXPECT_FALSE(plan.rooms[1].enabled);
  EXPECT_TRUE(is_left(plan, "chats", "no number", "By name"));
  EXPECT_TRUE(is_left(plan, "chats", "which bot", "Silent"));
}

TEST(ImportPlan, LinesKeepTheirAuthorsAndAreDone) {
  const auto plan = plan_of(founding_tables());
  ASSERT_EQ(plan.messages.size(), 5U);
  const auto& said = *plan.messages[0].message;
  EXPECT_EQ(said.direction, store::Direction::Out);
  EXPECT_EQ(said.bot, plan.bots[0].id);
  EXPECT_EQ(said.author.value, 1001);
  const auto& heard = *plan.messages[1].message;
  EXPECT_EQ(heard.direction, store::Direction::In);
  EXPECT_EQ(heard.author.value, 9001);
  EXPECT_EQ(heard.author_name, "ann");
  EXPECT_EQ(heard.reply_to, PlatformMessageId(501));
  EXPECT_EQ(plan.messages[1].inbox.person.value, 9001);
  EXPECT_EQ(plan.messages[2].message->message.value, -3) << "a line without a number gets one";
  EXPECT_EQ(plan.messages[4].message->owner, plan.bots[0].id);
  for (const auto& update : plan.messages) {
    EXPECT_EQ(update.inbox.state, store::InboxState::Done);
    EXPECT_LT(update.inbox.update_id, 0);
  }
}

TEST(ImportPlan, WhatIsNoLineSaysWhy) {
  const auto plan = plan_of(founding_tables());
  EXPECT_TRUE(is_left(plan, "messages", "neither a bot nor a person", "4"));
  EXPECT_TRUE(is_left(plan, "messages", "older than 30 days", "5"));
  EXPECT_TRUE(is_left(plan, "messages", "its bot is left out", "6"));
  EXPECT_TRUE(is_left(plan, "messages", "chat is not known", "9"));
  EXPECT_TRUE(is_left(plan, "messages", "no text", "10"));
  EXPECT_TRUE(is_left(plan, "messages", "date cannot be read", "11"));
  EXPECT_TRUE(is_left(plan, "messages", "several bots heard", "12"));
}

TEST(ImportPlan, MemoriesPassTheGate) {
  const auto plan = plan_of(founding_tables());
  ASSERT_EQ(plan.memories.size(), 1U);
  EXPECT_EQ(plan.memories[0].kind, "preference");
  EXPECT_EQ(plan.memories[0].strength, 900);
  EXPECT_EQ(plan.memories[0].uses, 3);
  EXPECT_TRUE(is_left(plan, "bot_memories", "twice", "2"));
  EXPECT_TRUE(is_left(plan, "bot_memories", "type is not known", "3"));
  EXPECT_TRUE(is_left(plan, "bot_memories", "gate of memories", "4"));
  EXPECT_TRUE(is_left(plan, "bot_memories", "its bot is left out", "5"));
}

TEST(ImportPlan, SettingsAreTypedOrSayWhyNot) {
  const auto plan = plan_of(founding_tables());
  EXPECT_EQ(plan.yaml,
            (std::vector<std::string>{"bot_hourly: 12", "reply_probability: 0.4", "pacing: fast"}));
  EXPECT_TRUE(is_left(plan, "settings", "did it mean 'reply_probability'", "replay_probability"));
  EXPECT_TRUE(is_left(plan, "settings", "until you enable", "simulation_active"));
  EXPECT_TRUE(is_left(plan, "settings", "does not fit", "short_reaction_probability"));
}

TEST(ImportPlan, PeopleOfTheOldPanelAreLeftOutAloud) {
  const auto plan = plan_of(founding_tables());
  EXPECT_EQ(plan.tally.of("api_users"), (ImportTally::Count{1, 0, 0, 1}));
}

TEST(ImportTally, AMissingRowIsNotProven) {
  ImportTally planned;
  ImportTally found;
  planned.add("bots", Fate::Taken, "Ada", "");
  planned.add("bots", Fate::Present, "Bob", "");
  found.add("bots", Fate::Present, "Ada", "");
  EXPECT_EQ(unproven(planned, found), std::vector<std::string>{"bots: 1 of 2 are in the store"});
  found.add("bots", Fate::Present, "Bob", "");
  EXPECT_TRUE(unproven(planned, found).empty());
}

TEST(ImportTally, NamesCannotSteerTheTerminal) {
  ImportTally tally;
  tally.add("bots", Fate::Left, "\x1b[2J", "it has no token");
  EXPECT_EQ(tally.to_text().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace chorus::app
