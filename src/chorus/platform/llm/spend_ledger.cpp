#include "chorus/platform/llm/spend_ledger.hpp"

#include "chorus/base/log.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace chorus::platform {
namespace {

constexpr std::size_t kMostPending = 10'000;
constexpr std::size_t kBatch = 500;
constexpr Duration kRetry = std::chrono::seconds(1);
/// The steps in which a budget's windows move.
constexpr std::chrono::microseconds kMinuteStep = std::chrono::seconds(1);
constexpr std::chrono::microseconds kDayStep = std::chrono::minutes(15);

void add_ceilings(const store::BudgetRow& row, std::vector<policy::Ceiling>& out) {
  const auto period =
      row.period == "minute" ? policy::BudgetPeriod::Minute : policy::BudgetPeriod::Day;
  const auto add = [&](policy::BudgetUnit unit, const std::optional<std::int64_t>& most) {
    if (most) out.push_back({unit, period, *most});
  };
  add(policy::BudgetUnit::Requests, row.max_requests);
  add(policy::BudgetUnit::Tokens, row.max_tokens);
  add(policy::BudgetUnit::Money, row.max_cost_micros);
}

}  // namespace

SpendLedger::SpendLedger(rt::Loop& loop, store::Store& store, metrics::Registry& metrics, Rng rng)
    : loop_(loop), store_(store), metrics_(metrics), ids_(loop, rng), scope_(loop) {}

rt::Task<Result<void>> SpendLedger::restore(ProviderChain& chain) {
  CH_CO_TRY(const auto budgets, co_await store_.budgets());
  std::map<std::string, std::vector<policy::Ceiling>> by_scope;
  for (const auto& row : budgets) add_ceilings(row, by_scope[row.scope]);
  for (auto& [scope, ceilings] : by_scope) {
    if (!chain.limit(scope, std::move(ceilings))) {
      log::warn("llm", "the stored budget of '{}' belongs to no provider of this chain", scope);
    }
  }
  const WallTime now = loop_.wall_now();
  CH_CO_TRY(const auto minute,
            co_await store_.spend_since(now - std::chrono::minutes(1), kMinuteStep));
  for (const auto& total : minute) chain.restore(policy::BudgetPeriod::Minute, total);
  CH_CO_TRY(const auto day, co_await store_.spend_since(now - std::chrono::hours(24), kDayStep));
  for (const auto& total : day) chain.restore(policy::BudgetPeriod::Day, total);
  roll_over();
  CH_CO_TRY(const auto today, co_await store_.spend_since(day_, std::chrono::hours(24)));
  for (const auto& total : today) {
    add_today(total.provider,
              {total.calls, total.prompt_tokens, total.completion_tokens, total.cost_micros});
  }
  chain.set_sink(this);
  co_return Result<void>{};
}

void SpendLedger::roll_over() {
  const auto day = std::chrono::floor<std::chrono::days>(loop_.wall_now());
  if (day == day_) return;
  day_ = day;
  for (const auto& [provider, spent] : std::exchange(today_, {})) add_today(provider, {});
}

void SpendLedger::add_today(const std::string& provider, const Today& more) {
  Today& sum = today_[provider];
  sum.calls += more.calls;
  sum.prompt_tokens += more.prompt_tokens;
  sum.completion_tokens += more.completion_tokens;
  sum.cost_micros += more.cost_micros;
  metrics_
      .gauge("chorus_spend_today_micros", "Money spent since midnight UTC, in millionths",
             {{"provider", provider}})
      .set(static_cast<double>(sum.cost_micros));
}

const std::map<std::string, SpendLedger::Today>& SpendLedger::today() {
  roll_over();
  return today_;
}

bool SpendLedger::can_book() const {
  return pending_.size() < kMostPending;
}

void SpendLedger::book(store::SpendRow row) {
  roll_over();
  add_today(row.provider, {1, row.prompt_tokens, row.completion_tokens, row.cost_micros});
  row.id = ids_.next<SpendId>();
  pending_.push_back(std::move(row));
  if (std::exchange(writing_, true)) return;
  rt::spawn(scope_, "spend", &SpendLedger::write, this);
}

rt::Task<void> SpendLedger::write(SpendLedger* self) {
  while (!self->pending_.empty()) {
    const std::size_t count = std::min(kBatch, self->pending_.size());
    const auto end = self->pending_.begin() + static_cast<std::ptrdiff_t>(count);
    const auto written = co_await self->store_.put_spend({self->pending_.begin(), end});
    if (written) {
      self->pending_.erase(self->pending_.begin(),
                           self->pending_.begin() + static_cast<std::ptrdiff_t>(count));
    } else if (self->scope_.stopping() || !co_await rt::sleep_for(self->loop_, kRetry)) {
      break;
    }
  }
  self->writing_ = false;
}

rt::Task<Result<void>> SpendLedger::until_written(SpendLedger* self) {
  if (!co_await self->scope_.join_or_cancelled()) co_return fail(ErrorCode::Cancelled);
  co_return Result<void>{};
}

rt::Task<void> SpendLedger::close(Duration grace) {
  // What is left after it is told below.
  (void)co_await rt::with_timeout(loop_, grace, until_written(this));
  co_await scope_.close();
  if (!pending_.empty()) {
    log::error("llm", "{} rows of spending could not be stored and are lost", pending_.size());
  }
}

}  // namespace chorus::platform
