#include "chorus/policy/budget.hpp"

#include "chorus/base/check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::policy {
namespace {

constexpr std::int64_t kMinuteSteps = 60;
constexpr std::int64_t kDaySteps = 96;

Duration length(BudgetPeriod period) {
  return period == BudgetPeriod::Minute ? Duration(std::chrono::minutes(1))
                                        : Duration(std::chrono::hours(24));
}

std::int64_t part(const BudgetAmount& amount, BudgetUnit unit) {
  switch (unit) {
    case BudgetUnit::Requests:
      return amount.requests;
    case BudgetUnit::Tokens:
      return amount.tokens;
    case BudgetUnit::Money:
      break;
  }
  return amount.micros;
}

std::string show(const Ceiling& ceiling) {
  const char* period = ceiling.period == BudgetPeriod::Minute ? "minute" : "day";
  switch (ceiling.unit) {
    case BudgetUnit::Requests:
      return fmt::format("{} requests per {}", ceiling.most, period);
    case BudgetUnit::Tokens:
      return fmt::format("{} tokens per {}", ceiling.most, period);
    case BudgetUnit::Money:
      break;
  }
  return fmt::format("{:.2f} money per {}", static_cast<double>(ceiling.most) / 1e6, period);
}

}  // namespace

std::string to_string(const BudgetRefusal& refusal) {
  switch (refusal.why) {
    case BudgetRefusal::Why::UnknownPrice:
      return fmt::format("its price is not known, and a budget of {} is set: add prices",
                         show(refusal.ceiling));
    case BudgetRefusal::Why::TooLarge:
      return fmt::format("one call needs more than the budget of {}", show(refusal.ceiling));
    case BudgetRefusal::Why::Full:
      break;
  }
  return fmt::format("the budget of {} is used up", show(refusal.ceiling));
}

Budget::Window::Window(BudgetUnit unit, BudgetPeriod period)
    : unit_(unit),
      period_(period),
      steps_(period == BudgetPeriod::Minute ? kMinuteSteps : kDaySteps),
      slots_(static_cast<std::size_t>(steps_) + 1) {
  step_ = length(period) / steps_;
}

std::int64_t Budget::Window::step_of(MonoTime at) const {
  const auto time = at.time_since_epoch();
  return time / step_ - (time % step_ < Duration::zero() ? 1 : 0);  // rounded down, also below 0
}

std::size_t Budget::Window::slot_of(std::int64_t step) const {
  const auto size = steps_ + 1;
  return static_cast<std::size_t>(((step % size) + size) % size);
}

void Budget::Window::advance(MonoTime now) {
  const std::int64_t step = step_of(now);
  if (!started_) {
    started_ = true;
    current_ = step;
    return;
  }
  if (step - current_ > steps_) {
    std::ranges::fill(slots_, 0);
    used_ = 0;
    current_ = step;
    return;
  }
  while (current_ < step) {
    ++current_;
    used_ -= std::exchange(slots_[slot_of(current_)], 0);
  }
}

void Budget::Window::add(MonoTime at, std::int64_t amount) {
  const std::int64_t step = step_of(at);
  if (step > current_ || current_ - step > steps_) return;  // it has left the window
  slots_[slot_of(step)] += amount;
  used_ += amount;
}

MonoTime Budget::Window::earliest(std::int64_t amount, std::int64_t most) const {
  std::int64_t left = used_;
  for (std::int64_t step = current_ - steps_; step <= current_; ++step) {
    left -= slots_[slot_of(step)];
    if (left + amount <= most) return MonoTime(step_ * (step + steps_ + 1));
  }
  return MonoTime::max();
}

Budget::Budget(std::vector<Ceiling> ceilings) : ceilings_(std::move(ceilings)) {
  std::size_t next = 0;
  for (const auto period : {BudgetPeriod::Minute, BudgetPeriod::Day}) {
    for (const auto unit : {BudgetUnit::Requests, BudgetUnit::Tokens, BudgetUnit::Money}) {
      windows_[next++] = Window(unit, period);
    }
  }
}

Budget::Window& Budget::window_of(const Ceiling& ceiling) {
  const std::size_t first = ceiling.period == BudgetPeriod::Minute ? 0 : kBudgetUnits;
  return windows_[first + static_cast<std::size_t>(ceiling.unit)];
}

std::optional<BudgetRefusal> Budget::check(const BudgetEstimate& estimate, MonoTime now,
                                           double share) {
  CH_DCHECK(share > 0 && share <= 1);
  const BudgetAmount needed{1, estimate.tokens, estimate.micros.value_or(0)};
  std::optional<BudgetRefusal> refusal;
  for (const Ceiling& ceiling : ceilings_) {
    Window& window = window_of(ceiling);
    window.advance(now);
    if (ceiling.unit == BudgetUnit::Money && !estimate.micros) {
      return BudgetRefusal{BudgetRefusal::Why::UnknownPrice, ceiling, MonoTime::max()};
    }
    const auto most = static_cast<std::int64_t>(static_cast<double>(ceiling.most) * share);
    const std::int64_t amount = part(needed, ceiling.unit);
    if (amount > most) {
      return BudgetRefusal{BudgetRefusal::Why::TooLarge, ceiling, MonoTime::max()};
    }
    if (window.used() + amount <= most) continue;
    const MonoTime earliest = window.earliest(amount, most);
    if (!refusal || earliest > refusal->earliest) {
      refusal = BudgetRefusal{BudgetRefusal::Why::Full, ceiling, earliest};
    }
  }
  return refusal;
}

std::uint64_t Budget::take(const BudgetEstimate& estimate, MonoTime now) {
  const BudgetAmount amount{1, estimate.tokens, estimate.micros.value_or(0)};
  for (Window& window : windows_) {
    window.advance(now);
    window.add(now, part(amount, window.unit()));
  }
  held_.emplace(++next_, Held{now, amount});
  return next_;
}

void Budget::settle(std::uint64_t id, const BudgetAmount& actual) {
  const auto found = held_.find(id);
  CH_CHECK(found != held_.end());
  const Held held = found->second;
  held_.erase(found);
  for (Window& window : windows_) {
    window.add(held.at, part(actual, window.unit()) - part(held.amount, window.unit()));
  }
}

void Budget::restore(BudgetPeriod period, const BudgetAmount& amount, MonoTime at, MonoTime now) {
  for (Window& window : windows_) {
    if (window.period() != period) continue;
    window.advance(now);
    window.add(std::min(at, now), part(amount, window.unit()));
  }
}

std::vector<Budget::Usage> Budget::usage(MonoTime now) {
  std::vector<Usage> out;
  for (const Ceiling& ceiling : ceilings_) {
    Window& window = window_of(ceiling);
    window.advance(now);
    out.push_back({ceiling, window.used()});
  }
  return out;
}

std::expected<BudgetReservation, BudgetRefusal> BudgetReservation::reserve(
    std::span<Budget* const> budgets, const BudgetEstimate& estimate, MonoTime now, double share) {
  std::optional<BudgetRefusal> refusal;
  for (Budget* budget : budgets) {
    const auto refused = budget->check(estimate, now, share);
    if (refused && (!refusal || refused->earliest > refusal->earliest)) refusal = refused;
  }
  if (refusal) return std::unexpected(*refusal);
  BudgetReservation out;
  out.estimate_ = estimate;
  out.taken_.reserve(budgets.size());
  for (Budget* budget : budgets) out.taken_.emplace_back(budget, budget->take(estimate, now));
  return out;
}

void BudgetReservation::settle(const BudgetAmount& actual) {
  for (const auto& [budget, id] : std::exchange(taken_, {})) budget->settle(id, actual);
}

}  // namespace chorus::policy
