#include "chorus/policy/budget.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

struct Call {
  MonoTime at;
  BudgetAmount amount;  ///< what counts now: the estimate, later what was settled
  BudgetReservation reservation;
  bool open = true;
};

std::int64_t part(const BudgetAmount& amount, BudgetUnit unit) {
  return unit == BudgetUnit::Requests ? amount.requests
         : unit == BudgetUnit::Tokens ? amount.tokens
                                      : amount.micros;
}

std::int64_t in_window(const std::vector<Call>& calls, const Ceiling& ceiling, MonoTime end) {
  const Duration length = ceiling.period == BudgetPeriod::Minute ? Duration(minutes(1))
                                                                 : Duration(std::chrono::hours(24));
  std::int64_t sum = 0;
  for (const Call& call : calls) {
    if (call.at > end - length && call.at <= end) sum += part(call.amount, ceiling.unit);
  }
  return sum;
}

rc::Gen<std::vector<std::tuple<int, int, int>>> histories(int pause_ms) {
  return rc::gen::container<std::vector<std::tuple<int, int, int>>>(rc::gen::tuple(
      rc::gen::inRange(0, 5), rc::gen::inRange(0, 100), rc::gen::inRange(0, pause_ms)));
}

TEST(BudgetProperty, NoPeriodEverHoldsMoreThanItsCeiling) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<Ceiling> ceilings{
        {BudgetUnit::Requests, BudgetPeriod::Minute, *rc::gen::inRange(1, 8)},
        {BudgetUnit::Tokens, BudgetPeriod::Minute, *rc::gen::inRange(50, 400)},
        {BudgetUnit::Money, BudgetPeriod::Day, *rc::gen::inRange(50, 2000)},
    };
    Budget budget(ceilings);
    const std::array budgets{&budget};
    std::vector<Call> calls;
    MonoTime now{};
    for (const auto& [kind, value, pause] : *histories(40'000)) {
      // Long silences too, so that the day's window moves.
      now += milliseconds(value == 99 ? 7 * 3'600'000 : pause);
      if (kind <= 2) {
        const BudgetEstimate estimate{value, value * 2};
        auto reserved = BudgetReservation::reserve(budgets, estimate, now);
        if (reserved) {
          calls.push_back({now, reserved->whole(), *std::move(reserved)});
        } else if (reserved.error().why == BudgetRefusal::Why::Full) {
          RC_ASSERT(reserved.error().earliest > now);
        }
      } else if (!calls.empty()) {
        Call& call = calls[static_cast<std::size_t>(value) % calls.size()];
        if (!std::exchange(call.open, false)) continue;
        if (kind == 3) {
          call.amount = {1, call.amount.tokens * value / 100, call.amount.micros * value / 100};
          call.reservation.settle(call.amount);
        } else {
          call.amount = {};
          call.reservation = BudgetReservation();  // cancelled, or failed before it left
        }
      }
      for (const Ceiling& ceiling : ceilings) {
        RC_ASSERT(in_window(calls, ceiling, now) <= ceiling.most);
      }
    }
    std::size_t open = 0;
    for (const Call& call : calls) open += call.open ? 1 : 0;
    RC_ASSERT(budget.open() == open);
    calls.clear();
    RC_ASSERT(budget.open() == 0U);
  }));
}

TEST(BudgetProperty, ACallFitsAtTheTimeThatItsRefusalNamed) {
  EXPECT_TRUE(rc::check([] {
    Budget budget({{BudgetUnit::Tokens, BudgetPeriod::Minute, 200},
                   {BudgetUnit::Requests, BudgetPeriod::Day, *rc::gen::inRange(1, 20)}});
    const std::array budgets{&budget};
    MonoTime now{};
    for (const auto& [kind, value, pause] : *histories(9'000)) {
      now += milliseconds(pause);
      const BudgetEstimate estimate{value, 0};
      auto reserved = BudgetReservation::reserve(budgets, estimate, now);
      if (!reserved) {
        RC_ASSERT(reserved.error().why == BudgetRefusal::Why::Full);
        now = reserved.error().earliest;
        reserved = BudgetReservation::reserve(budgets, estimate, now);
        RC_ASSERT(reserved.has_value());
      }
      reserved->settle({1, estimate.tokens * kind / 5, 0});
    }
  }));
}

TEST(BudgetProperty, AConstantDemandIsHardlyUnderused) {
  // 100 calls per minute are allowed and ten times as many are asked for, for half an hour.
  Budget budget({{BudgetUnit::Requests, BudgetPeriod::Minute, 100}});
  const std::array budgets{&budget};
  int made = 0;
  for (MonoTime now{}; now < MonoTime(minutes(30)); now += milliseconds(60)) {
    if (auto reserved = BudgetReservation::reserve(budgets, {}, now)) {
      reserved->settle({1, 0, 0});
      ++made;
    }
  }
  EXPECT_LE(made, 3000);
  EXPECT_GE(made, 2900);
}

}  // namespace
}  // namespace chorus::policy
