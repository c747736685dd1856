#pragma once

#include "support/store_conformance.hpp"

#include <string>
#include <vector>

// The part of the conformance suite about money: spend rows and ceilings.
namespace chorus::test {

inline store::SpendRow sample_spend(std::int64_t id, WallTime at, std::string provider = "openai") {
  return {SpendId(id),   at,       TurnId(5), BotId(1), std::move(provider),
          "gpt-4o-mini", 100 + id, id,        id * 10};
}

TEST_P(StoreConformance, SpendIsAddedUpPerStepProviderAndBot) {
  const auto at = std::chrono::floor<std::chrono::hours>(now());
  auto other_bot = sample_spend(4, at + std::chrono::minutes(3));
  other_bot.bot = BotId(2);
  ok(store().put_spend({sample_spend(1, at), sample_spend(2, at + std::chrono::minutes(2)),
                        sample_spend(3, at + std::chrono::minutes(1), "groq"), other_bot,
                        sample_spend(5, at + std::chrono::minutes(16)),
                        sample_spend(6, at - std::chrono::microseconds(1))}));
  const auto totals = ok(store().spend_since(at, std::chrono::minutes(15)));
  ASSERT_EQ(totals.size(), 4U);
  EXPECT_EQ(totals[0].provider, "groq");
  EXPECT_EQ(totals[1].provider, "openai");
  EXPECT_EQ(totals[1].bot, BotId(1));
  EXPECT_EQ(totals[1].calls, 2);
  EXPECT_EQ(totals[1].prompt_tokens, 203);
  EXPECT_EQ(totals[1].completion_tokens, 3);
  EXPECT_EQ(totals[1].cost_micros, 30);
  EXPECT_EQ(totals[1].latest, at + std::chrono::minutes(2));
  EXPECT_EQ(totals[2].bot, BotId(2));
  EXPECT_EQ(totals[3].latest, at + std::chrono::minutes(16));
}

TEST_P(StoreConformance, ASpendBatchMayBeRepeated) {
  const std::vector rows{sample_spend(1, now()), sample_spend(2, now())};
  ok(store().put_spend(rows));
  ok(store().put_spend({rows[1], sample_spend(3, now())}));
  const auto totals = ok(store().spend_since(WallTime{}, std::chrono::hours(24 * 365)));
  ASSERT_EQ(totals.size(), 1U);
  EXPECT_EQ(totals[0].calls, 3);
}

TEST_P(StoreConformance, SpendIsPrunedLast) {
  ok(store().put_spend({sample_spend(1, now() - std::chrono::hours(24 * 401)),
                        sample_spend(2, now() - std::chrono::hours(24 * 399))}));
  EXPECT_EQ(ok(store().prune({}, 10)), 1U);
  EXPECT_EQ(ok(store().spend_since(WallTime{}, std::chrono::seconds(1))).size(), 1U);
}

TEST_P(StoreConformance, BudgetsReplaceAndGo) {
  ok(store().put_budget({"fleet", "day", std::nullopt, std::nullopt, 5'000'000}));
  ok(store().put_budget({"provider:groq", "minute", 30, 6000, std::nullopt}));
  ok(store().put_budget({"fleet", "day", 100, std::nullopt, 2'000'000}));
  auto budgets = ok(store().budgets());
  ASSERT_EQ(budgets.size(), 2U);
  EXPECT_EQ(budgets[0].scope, "fleet");
  EXPECT_EQ(budgets[0].max_requests, 100);
  EXPECT_EQ(budgets[0].max_tokens, std::nullopt);
  EXPECT_EQ(budgets[0].max_cost_micros, 2'000'000);
  EXPECT_EQ(budgets[1].period, "minute");
  EXPECT_EQ(budgets[1].max_tokens, 6000);
  ok(store().put_budget({"fleet", "day", std::nullopt, std::nullopt, std::nullopt}));
  budgets = ok(store().budgets());
  ASSERT_EQ(budgets.size(), 1U);
  EXPECT_EQ(budgets[0].scope, "provider:groq");
}

}  // namespace chorus::test
