#include "chorus/app/founding/import_run.hpp"

#include "founding_testing.hpp"
#include "support/sqlite_under_test.hpp"
#include <gtest/gtest.h>

namespace chorus::app {
namespace {

struct ImportRun : ::testing::Test {
  ImportPlan plan() {
    const auto present = test::drive(store.loop(), read_present(store.store(), founding_tables()));
    EXPECT_TRUE(present) << present.error().message;
    return plan_import(founding_tables(), *present, founding_options(), ids);
  }
  void write(ImportPlan made) {
    const auto done = test::drive(store.loop(), carry_out(store.store(), std::move(made)));
    EXPECT_TRUE(done) << done.error().message;
  }
  store::Snapshot load() { return *test::drive(store.loop(), store.store().load()); }

  test::SqliteUnderTest store{rt::Loop::Mode::Real, true};
  ManualClock clock{founding_options().now};
  IdSource ids{clock, Rng(1)};
};

TEST_F(ImportRun, ASecondPlanFindsEverythingInTheStore) {
  const auto first = plan();
  write(first);
  ASSERT_TRUE(store.reopen());
  const auto second = plan();
  EXPECT_TRUE(unproven(first.tally, second.tally).empty());
  EXPECT_TRUE(second.bots.empty() && second.personas.empty() && second.rooms.empty());
  EXPECT_TRUE(second.messages.empty() && second.memories.empty() && second.settings.empty());
  EXPECT_EQ(second.tally.of("messages"), (ImportTally::Count{12, 0, 5, 7}));
  EXPECT_EQ(load().bots.size(), 3U);
}

TEST_F(ImportRun, WhatIsLostOnTheWayIsNamed) {
  const auto first = plan();
  auto part = first;
  part.messages.pop_back();
  part.memories.clear();
  write(std::move(part));
  const auto lost = unproven(first.tally, plan().tally);
  EXPECT_EQ(lost, (std::vector<std::string>{"bot_memories: 0 of 1 are in the store",
                                            "messages: 4 of 5 are in the store"}));
  write(plan());  // and a second import goes on from there
  EXPECT_TRUE(unproven(first.tally, plan().tally).empty());
}

TEST_F(ImportRun, TheStoreHoldsWhatWasSaidAndNothingIsLeftToAnswer) {
  write(plan());
  const auto snapshot = load();
  ASSERT_EQ(snapshot.rooms.size(), 2U);
  const auto lines = *test::drive(store.loop(), store.store().history(snapshot.rooms[0].id, 10));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].text, "which tea?");
  const auto counts = *test::drive(store.loop(), store.store().counts());
  EXPECT_EQ(counts.inbox_new, 0U);
  EXPECT_EQ(counts.messages_in, 2U);
  EXPECT_EQ(counts.messages_out, 3U);
  const auto versions =
      *test::drive(store.loop(), store.store().persona_versions(snapshot.bots[1].id, 5));
  ASSERT_EQ(versions.size(), 1U);
  EXPECT_FALSE(versions[0].enabled);
  EXPECT_TRUE(snapshot.bots[1].persona.empty()) << "it lives by the helper until someone looks";
}

TEST_F(ImportRun, ABotThatIsThereKeepsItsStateAndName) {
  store::BotRow bot;
  bot.id = ids.next<BotId>();
  bot.name = "Ada of ours";
  bot.token = Secret("1001:ada-secret");
  bot.state = store::BotState::Active;
  ASSERT_TRUE(test::drive(store.loop(), store.store().put_bot(bot)));
  const auto made = plan();
  EXPECT_EQ(made.tally.of("bots"), (ImportTally::Count{6, 2, 1, 3}));
  write(made);
  const auto snapshot = load();
  EXPECT_EQ(snapshot.bots[0].name, "Ada of ours");
  EXPECT_EQ(snapshot.bots[0].state, store::BotState::Active);
}

}  // namespace
}  // namespace chorus::app
