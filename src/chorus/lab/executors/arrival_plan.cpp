#include "chorus/lab/executors/arrival_plan.hpp"

#include <cmath>

namespace chorus::lab {

namespace {

LevelProfile profile(const Executor& executor, const PlanWindow& window) {
  const double lead = to_seconds(window.stages - window.begin);
  switch (executor.kind) {
    case ExecutorKind::RampingArrivalRate:
      return {lead, executor.start_level, executor.stages};
    case ExecutorKind::Breakpoint: {
      const Stage up{executor.duration, executor.rate};
      return {lead, executor.start_level, std::span(&up, 1)};
    }
    default:
      return {0, executor.rate, {}};
  }
}

}  // namespace

ArrivalPlan::ArrivalPlan(const Executor& executor, std::span<const Person> people,
                         std::uint64_t seed, PlanWindow window)
    : window_(window),
      conversation_(executor.kind == ExecutorKind::PartlyOpen || !executor.conversations.empty()),
      poisson_(executor.arrival == Arrival::Poisson),
      rate_(profile(executor, window)),
      rng_(seed) {
  for (const auto& person : people) order_.push_back(person.index);
  rng_.shuffle(std::span(order_));
  if (poisson_) area_ = rng_.exponential(1);
  next_ = rate_.time_of(area_);
}

std::optional<Duration> ArrivalPlan::next() const {
  if (order_.empty() || !std::isfinite(next_)) return std::nullopt;
  const auto due = window_.begin + from_seconds(next_);
  if (window_.end && due >= *window_.end) return std::nullopt;
  return due;
}

Due ArrivalPlan::pop() {
  const auto rank = static_cast<std::uint32_t>(arrivals_ % order_.size());
  const Due due{*next(), order_[rank], conversation_, rank};
  ++arrivals_;
  // An even plan is computed from the count, so that no rounding adds up over a long run.
  area_ = poisson_ ? area_ + rng_.exponential(1) : static_cast<double>(arrivals_);
  next_ = rate_.time_of(area_);
  return due;
}

double ArrivalPlan::rate_at(Duration at) const {
  return rate_.level_at(to_seconds(at - window_.begin));
}

}  // namespace chorus::lab
