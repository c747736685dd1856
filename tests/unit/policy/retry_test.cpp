#include "chorus/policy/retry.hpp"

#include <gtest/gtest.h>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonoTime at(Duration d) {
  return MonoTime(d);
}

TEST(RetryBudget, AddsAtMostTwentyPercentUnderAnOutage) {
  RetryBudget budget;
  int retries = 0;
  const int requests = 3000;
  for (int i = 0; i < requests; ++i) {
    const MonoTime now = at(milliseconds(100 * i));
    budget.on_request(now);
    for (int k = 0; k < 3; ++k) retries += budget.try_retry(now) ? 1 : 0;
  }
  EXPECT_LE(retries, requests / 5);
  EXPECT_GE(retries, requests / 5 - 25);
  EXPECT_EQ(budget.retries(), static_cast<std::uint64_t>(retries));
  EXPECT_EQ(budget.refused(), static_cast<std::uint64_t>(3 * requests - retries));
}

TEST(RetryBudget, AQuietBotMayRetryAFewTimesPerWindow) {
  RetryBudget budget;
  budget.on_request(at({}));
  EXPECT_TRUE(budget.try_retry(at({})));
  EXPECT_TRUE(budget.try_retry(at({})));
  EXPECT_TRUE(budget.try_retry(at({})));
  EXPECT_FALSE(budget.try_retry(at(seconds(9))));
  EXPECT_TRUE(budget.try_retry(at(seconds(11))));
}

TEST(Backoff, DoublesUpToTheCapAndJittersOverTheWholeRange) {
  const Backoff backoff{milliseconds(100), seconds(5)};
  EXPECT_EQ(backoff.ceiling(0), Duration(milliseconds(100)));
  EXPECT_EQ(backoff.ceiling(3), Duration(milliseconds(800)));
  EXPECT_EQ(backoff.ceiling(6), Duration(seconds(5)));
  EXPECT_EQ(backoff.ceiling(4'000'000'000U), Duration(seconds(5)));
  Rng rng(7);
  Duration least = Duration::max();
  Duration most{};
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = backoff.next(3, rng);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, Duration::zero());
  EXPECT_LT(least, Duration(milliseconds(20)));
  EXPECT_GT(most, Duration(milliseconds(780)));
  EXPECT_LE(most, Duration(milliseconds(800)));
  Rng a(9);
  Rng b(9);
  EXPECT_EQ(backoff.next(5, a), backoff.next(5, b));
}

class RetryPolicyTest : public ::testing::Test {
 protected:
  RetryPolicy policy_{{4, Backoff{milliseconds(100), seconds(5)}}, Rng(1)};
  RetryBudget budget_;
  static constexpr MonoTime kFar{seconds(1000)};
};

TEST_F(RetryPolicyTest, RetriesWhatMaySucceedLater) {
  const auto decision = policy_.after_failure(Error(ErrorCode::Timeout), 1, at({}), kFar, budget_);
  EXPECT_EQ(decision.verdict, RetryVerdict::Retry);
  EXPECT_LE(decision.at, at(milliseconds(100)));
}

TEST_F(RetryPolicyTest, SaysWhyNot) {
  const auto verdict = [&](ErrorCode code, std::uint32_t attempts, MonoTime deadline) {
    return policy_.after_failure(Error(code), attempts, at({}), deadline, budget_).verdict;
  };
  EXPECT_EQ(verdict(ErrorCode::InvalidArgument, 1, kFar), RetryVerdict::NotRetryable);
  EXPECT_EQ(verdict(ErrorCode::Timeout, 4, kFar), RetryVerdict::Attempts);
  EXPECT_EQ(verdict(ErrorCode::Timeout, 1, at({})), RetryVerdict::Deadline);
  EXPECT_EQ(budget_.retries(), 0U) << "the budget is charged for retries only";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verdict(ErrorCode::Timeout, 1, kFar), RetryVerdict::Retry);
  EXPECT_EQ(verdict(ErrorCode::Timeout, 1, kFar), RetryVerdict::Budget);
  EXPECT_EQ(to_string(RetryVerdict::Budget), "budget");
}

TEST_F(RetryPolicyTest, ObeysRetryAfterInFullAndTheDeadline) {
  const Error limited(ErrorCode::RateLimited, "", seconds(30));
  const auto decision = policy_.after_failure(limited, 1, at({}), kFar, budget_);
  ASSERT_EQ(decision.verdict, RetryVerdict::Retry);
  EXPECT_GE(decision.at, at(seconds(30)));
  EXPECT_LE(decision.at, at(milliseconds(30'100)));
  EXPECT_EQ(policy_.after_failure(limited, 1, at({}), at(seconds(30)), budget_).verdict,
            RetryVerdict::Deadline);
}

}  // namespace
}  // namespace chorus::policy
