#include "chorus/lab/executors/person_plan.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
/// Each send is moved by at most this share of the person's period, so that people do not tick.
constexpr double kJitter = 0.1;
}  // namespace

PersonPlan::PersonPlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
                       PlanWindow window)
    : window_(window), conversation_(!executor.conversations.empty()) {
  if (executor.kind == ExecutorKind::RampingVus) {
    level_.emplace(to_seconds(window.stages - window.begin), executor.start_level, executor.stages);
  }
  // Phases are stratified: every person has a slot of its own in the period, so that the load is
  // even from the first second and the first message goes out at once.
  std::vector<std::uint32_t> slots(people.size());
  for (std::uint32_t i = 0; i < slots.size(); ++i) slots[i] = i;
  Rng rng(seed);
  rng.shuffle(std::span(slots));
  const auto n = static_cast<double>(people.size());
  for (std::size_t i = 0; i < people.size(); ++i) {
    const auto& person = people[i];
    if (!(person.rate > 0)) continue;
    Pace pace{.person = person.index,
              .rank = static_cast<std::uint32_t>(i),
              .period = 1 / person.rate,
              .phase = 0};
    pace.rng = Rng(seed).fork("pace", person.index);
    const double inside = slots[i] == 0 ? 0 : pace.rng.uniform();
    pace.phase = (slots[i] + inside) / n * pace.period;
    paces_.push_back(pace);
    push_next(static_cast<std::uint32_t>(paces_.size() - 1));
  }
}

void PersonPlan::push_next(std::uint32_t index) {
  auto& pace = paces_[index];
  for (;;) {
    const double jitter = pace.k == 0 ? 0 : pace.rng.uniform(-kJitter, kJitter);
    const double at = pace.phase + (static_cast<double>(pace.k) + jitter) * pace.period;
    ++pace.k;
    const auto due = window_.begin + from_seconds(at);
    if (window_.end && due >= *window_.end) return;
    // The person whose rank is n takes part while the level is nearer to n + 1 than to n.
    if (level_ && level_->level_at(at) < pace.rank + 0.5) continue;
    heap_.push_back({due, index});
    std::ranges::push_heap(heap_, later);
    return;
  }
}

std::optional<Duration> PersonPlan::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

Due PersonPlan::pop() {
  std::ranges::pop_heap(heap_, later);
  const auto entry = heap_.back();
  heap_.pop_back();
  const auto& pace = paces_[entry.pace];
  const Due due{entry.at, pace.person, conversation_, pace.rank};
  push_next(entry.pace);
  return due;
}

}  // namespace chorus::lab
