#include "chorus/lab/schedule.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
/// Each send is moved by at most this share of the person's period, so that people do not tick.
constexpr double kJitter = 0.1;
}  // namespace

Schedule::Schedule(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
                   Duration warmup)
    : kind_(executor.kind), arrival_(executor.arrival), rate_(executor.rate) {
  if (executor.start_time > Duration::zero()) begin_ = warmup + executor.start_time;
  if (executor.duration > Duration::zero()) {
    end_ = warmup + executor.start_time + executor.duration;
  }
  const std::uint64_t base = stable_hash(executor.name, stable_hash("schedule", seed));
  if (people.empty()) return;
  if (kind_ == ExecutorKind::ConstantVus) {
    plan_vus(people, base);
    return;
  }
  if (!(rate_ > 0)) return;
  for (const auto& person : people) order_.push_back(person.index);
  arrival_rng_ = Rng(base);
  arrival_rng_.shuffle(std::span(order_));
  if (arrival_ == Arrival::Poisson) next_arrival_ = arrival_rng_.exponential(1 / rate_);
}

void Schedule::plan_vus(std::span<const Person> people, std::uint64_t seed) {
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
    Pace pace{.person = person.index, .period = 1 / person.rate, .phase = 0};
    pace.rng = Rng(seed).fork("pace", person.index);
    const double inside = slots[i] == 0 ? 0 : pace.rng.uniform();
    pace.phase = (slots[i] + inside) / n * pace.period;
    paces_.push_back(pace);
    push_next(static_cast<std::uint32_t>(paces_.size() - 1));
  }
}

void Schedule::push_next(std::uint32_t index) {
  auto& pace = paces_[index];
  const double jitter = pace.k == 0 ? 0 : pace.rng.uniform(-kJitter, kJitter);
  const double at = pace.phase + (static_cast<double>(pace.k) + jitter) * pace.period;
  ++pace.k;
  const auto due = begin_ + from_seconds(at);
  if (end_ && due >= *end_) return;
  heap_.push_back({due, index});
  std::ranges::push_heap(heap_, later);
}

std::optional<Duration> Schedule::next_due() const {
  if (kind_ == ExecutorKind::ConstantVus) {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().at;
  }
  if (order_.empty()) return std::nullopt;
  const auto due = begin_ + from_seconds(next_arrival_);
  if (end_ && due >= *end_) return std::nullopt;
  return due;
}

void Schedule::advance_arrival() {
  ++arrivals_;
  // An even plan is computed from the count, so that no rounding adds up over a long run.
  next_arrival_ = arrival_ == Arrival::Uniform
                      ? static_cast<double>(arrivals_) / rate_
                      : next_arrival_ + arrival_rng_.exponential(1 / rate_);
}

Due Schedule::pop() {
  const auto at = next_due();
  CH_CHECK(at.has_value());
  if (kind_ == ExecutorKind::ConstantVus) {
    std::ranges::pop_heap(heap_, later);
    const auto entry = heap_.back();
    heap_.pop_back();
    push_next(entry.pace);
    return {entry.at, paces_[entry.pace].person, false};
  }
  const Due due{*at, order_[arrivals_ % order_.size()], kind_ == ExecutorKind::PartlyOpen};
  advance_arrival();
  return due;
}

std::uint64_t Schedule::planned_between(Duration from, Duration to) const {
  Schedule copy = *this;
  std::uint64_t n = 0;
  for (auto at = copy.next_due(); at && *at < to; at = copy.next_due()) {
    copy.pop();
    if (*at >= from) ++n;
  }
  return n;
}

}  // namespace chorus::lab
