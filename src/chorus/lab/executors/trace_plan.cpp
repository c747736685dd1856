#include "chorus/lab/executors/trace_plan.hpp"

#include "chorus/base/random.hpp"

namespace chorus::lab {

TracePlan::TracePlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
                     PlanWindow window)
    : window_(window),
      conversation_(executor.kind == ExecutorKind::PartlyOpen || !executor.conversations.empty()),
      trace_(executor.trace),
      speed_(executor.speed) {
  for (const auto& person : people) order_.push_back(person.index);
  Rng(seed).shuffle(std::span(order_));
}

std::optional<Duration> TracePlan::next() const {
  if (order_.empty() || item_ >= trace_.size()) return std::nullopt;
  const auto due = window_.stages + from_seconds(to_seconds(trace_[item_].at) / speed_);
  if (window_.end && due >= *window_.end) return std::nullopt;
  return due;
}

Due TracePlan::pop() {
  const auto rank = static_cast<std::uint32_t>(item_ % order_.size());
  const Due due{*next(), order_[rank], conversation_, rank, item_};
  ++item_;
  return due;
}

}  // namespace chorus::lab
