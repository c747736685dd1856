#include "chorus/crypto/key_ring.hpp"
#include "chorus/platform/llm/spend_ledger.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include "llm_testing.hpp"
#include "support/store_with_faults.hpp"

namespace chorus::platform::test {
namespace {

using policy::BudgetPeriod;
using policy::BudgetUnit;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A chain whose calls are written into a store that can be gone.
class Spend : public LlmTest {
 protected:
  Spend() {
    crypto::SystemRandom random;
    auto opened = store::open_sqlite(loop, {}, crypto::KeyRing::generate(random));
    EXPECT_TRUE(opened.has_value());
    sqlite = std::move(*opened);
    faults = std::make_unique<chorus::test::StoreWithFaults>(loop, *sqlite);
    start();
  }
  ~Spend() override {
    stop();
    chorus::test::drive(loop, sqlite->close());
  }
  /// One process: the chain, its ledger, what it finds in the store.
  void start() {
    chain = std::make_unique<ProviderChain>(loop, metrics);
    chain->add(client("a", false, {.in = 1, .out = 2}));
    ledger = std::make_unique<SpendLedger>(loop, *faults, metrics, Rng(9));
    const auto restored = chorus::test::drive(loop, ledger->restore(*chain));
    ASSERT_TRUE(restored.has_value()) << restored.error().message;
  }
  void stop() {
    if (!ledger) return;
    chorus::test::drive(loop, ledger->close(seconds(5)));
    ledger.reset();
    chain.reset();
  }
  Result<fleet::Generated> ask() { return chorus::test::drive(loop, chain->generate(asking())); }
  std::int64_t stored_calls() {
    const auto totals =
        chorus::test::drive(loop, sqlite->spend_since(WallTime{}, hours(24 * 10'000)));
    return totals->empty() ? 0 : totals->at(0).calls;
  }
  void put_budget(store::BudgetRow row) {
    ASSERT_TRUE(chorus::test::drive(loop, sqlite->put_budget(std::move(row))).has_value());
  }
  void wait(Duration d) { loop.run_until(loop.now() + d); }

  std::unique_ptr<store::SqliteStore> sqlite;
  std::unique_ptr<chorus::test::StoreWithFaults> faults;
  std::unique_ptr<ProviderChain> chain;
  std::unique_ptr<SpendLedger> ledger;
};

TEST_F(Spend, CallsAreStoredAndShownByProvider) {
  a.says("x");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask().has_value());
  wait(seconds(1));
  EXPECT_EQ(stored_calls(), 3);
  const auto& today = ledger->today();
  ASSERT_TRUE(today.contains("a"));
  EXPECT_EQ(today.at("a").calls, 3);
  EXPECT_EQ(today.at("a").cost_micros, 3 * 120);
  EXPECT_EQ(metrics.value("chorus_spend_today_micros", {{"provider", "a"}}), 360);
}

TEST_F(Spend, ADaysSpendingSurvivesARestart) {
  put_budget({"provider:a", "day", 3, std::nullopt, std::nullopt});
  stop();
  start();
  a.says("x");
  EXPECT_TRUE(ask().has_value());
  EXPECT_TRUE(ask().has_value());
  stop();
  start();
  EXPECT_EQ(ledger->today().at("a").calls, 2);
  EXPECT_TRUE(ask().has_value());
  EXPECT_EQ(ask().error().code, ErrorCode::BudgetExceeded);
  stop();
  wait(hours(24) + minutes(16));
  start();
  EXPECT_TRUE(ask().has_value()) << "a day later there is room again";
}

TEST_F(Spend, AMinutesSpendingSurvivesARestartToo) {
  put_budget({"fleet", "minute", 2, std::nullopt, std::nullopt});
  stop();
  start();
  a.says("x");
  EXPECT_TRUE(ask().has_value());
  wait(seconds(30));
  EXPECT_TRUE(ask().has_value());
  stop();
  start();
  EXPECT_EQ(ask().error().code, ErrorCode::BudgetExceeded);
  wait(seconds(32));
  EXPECT_TRUE(ask().has_value());
  EXPECT_EQ(ask().error().code, ErrorCode::BudgetExceeded);
}

TEST_F(Spend, AStoreThatIsGoneGetsTheRowsLater) {
  a.says("x");
  faults->dead = true;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask().has_value());
  wait(seconds(10));
  EXPECT_EQ(stored_calls(), 0);
  EXPECT_TRUE(ledger->can_book());
  faults->dead = false;
  wait(seconds(2));
  EXPECT_EQ(stored_calls(), 5);
}

TEST_F(Spend, WhenTooMuchWaitsForTheStoreNothingIsBought) {
  a.says("x");
  faults->dead = true;
  store::SpendRow row;
  row.provider = "a";
  for (int i = 0; i < 10'000; ++i) ledger->book(row);
  EXPECT_FALSE(ledger->can_book());
  EXPECT_EQ(ask().error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(a.seen.empty());
  faults->dead = false;
  wait(seconds(5));
  EXPECT_TRUE(ask().has_value());
}

TEST_F(Spend, TodayBeginsAnewAtMidnight) {
  a.says("x");
  EXPECT_TRUE(ask().has_value());
  EXPECT_EQ(ledger->today().at("a").calls, 1);
  wait(hours(12));  // the simulation starts at noon
  EXPECT_EQ(ledger->today().at("a").calls, 0);
  EXPECT_EQ(metrics.value("chorus_spend_today_micros", {{"provider", "a"}}), 0);
}

TEST_F(Spend, WhatCannotBeReadStopsTheStart) {
  stop();
  faults->failing.insert("spend_since");
  ProviderChain fresh(loop, metrics);
  SpendLedger other(loop, *faults, metrics, Rng(9));
  EXPECT_FALSE(chorus::test::drive(loop, other.restore(fresh)).has_value());
  chorus::test::drive(loop, other.close(seconds(1)));
  faults->failing.clear();
}

}  // namespace
}  // namespace chorus::platform::test
