#include "chorus/lab/executors/burst_plan.hpp"

#include "chorus/base/random.hpp"

namespace chorus::lab {

BurstPlan::BurstPlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
                     PlanWindow window)
    : window_(window),
      conversation_(!executor.conversations.empty()),
      size_(executor.burst_size),
      gap_(executor.burst_gap),
      repeat_(executor.burst_repeat) {
  for (const auto& person : people) order_.push_back(person.index);
  Rng(seed).shuffle(std::span(order_));
}

std::optional<Duration> BurstPlan::next() const {
  if (order_.empty() || size_ == 0) return std::nullopt;
  const auto burst = events_ / size_;
  if (repeat_ > 0 && burst >= repeat_) return std::nullopt;
  if (burst > 0 && gap_ <= Duration::zero()) return std::nullopt;
  const auto due = window_.stages + gap_ * static_cast<std::int64_t>(burst);
  if (window_.end && due >= *window_.end) return std::nullopt;
  return due;
}

Due BurstPlan::pop() {
  const auto rank = static_cast<std::uint32_t>(events_ % order_.size());
  const Due due{*next(), order_[rank], conversation_, rank};
  ++events_;
  return due;
}

}  // namespace chorus::lab
