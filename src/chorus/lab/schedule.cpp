#include "chorus/lab/schedule.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/random.hpp"

namespace chorus::lab {

namespace {

PlanWindow window_of(const Executor& executor, Duration warmup) {
  PlanWindow out;
  out.stages = warmup + executor.start_time;
  const bool warms_up = is_steady(executor.kind) && executor.arrival != Arrival::Trace &&
                        executor.start_time == Duration::zero();
  // Before its stages a ramp holds the level that it starts from.
  const bool holds = !executor.stages.empty() || executor.kind == ExecutorKind::Breakpoint;
  out.begin = warms_up || (holds && executor.start_time == Duration::zero()) ? Duration::zero()
                                                                             : out.stages;
  if (executor.duration > Duration::zero()) out.end = out.stages + executor.duration;
  return out;
}

/// The most that are needed at any time.
std::uint32_t needed(const Executor& executor) {
  if (executor.kind != ExecutorKind::ExternallyControlled) return executor.vus;
  return executor.max_vus;
}

/// `n` people of all kinds alike, drawn by the seed; all in their order when `n` is 0 or enough.
/// Ramps and the executor that is steered need a drawn order in any case: its first people are the
/// ones that speak when few do.
std::vector<Person> take_part(const Executor& executor, std::span<const Person> people,
                              std::uint64_t seed) {
  std::vector<Person> out(people.begin(), people.end());
  const auto n = needed(executor);
  const bool fewer = n > 0 && n < out.size();
  const bool ranked = executor.kind == ExecutorKind::RampingVus ||
                      executor.kind == ExecutorKind::ExternallyControlled;
  if (!fewer && !ranked) return out;
  Rng(stable_hash("take part", seed)).shuffle(std::span(out));
  if (fewer) out.erase(out.begin() + n, out.end());
  return out;
}

}  // namespace

Schedule::Schedule(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
                   Duration warmup)
    : window_(window_of(executor, warmup)) {
  const std::uint64_t base = stable_hash(executor.name, stable_hash("schedule", seed));
  const auto chosen = take_part(executor, people, base);
  for (const auto& person : chosen) participants_.push_back(person.index);
  if (chosen.empty() || is_closed(executor.kind)) return;
  if (executor.arrival == Arrival::Trace || executor.kind == ExecutorKind::Replay) {
    plan_.emplace<TracePlan>(executor, chosen, base, window_);
    return;
  }
  switch (executor.kind) {
    case ExecutorKind::Soak:
      if (executor.rate > 0) {
        plan_.emplace<ArrivalPlan>(executor, chosen, base, window_);
        return;
      }
      [[fallthrough]];
    case ExecutorKind::ConstantVus:
    case ExecutorKind::RampingVus:
    case ExecutorKind::ExternallyControlled:
      plan_.emplace<PersonPlan>(executor, chosen, base, window_);
      return;
    case ExecutorKind::Burst:
      plan_.emplace<BurstPlan>(executor, chosen, base, window_);
      return;
    default:
      plan_.emplace<ArrivalPlan>(executor, chosen, base, window_);
  }
}

std::optional<Duration> Schedule::next_due() const {
  return std::visit(
      [](const auto& plan) -> std::optional<Duration> {
        if constexpr (std::is_same_v<std::decay_t<decltype(plan)>, std::monostate>) {
          return std::nullopt;
        } else {
          return plan.next();
        }
      },
      plan_);
}

Due Schedule::pop() {
  CH_CHECK(next_due().has_value());
  return std::visit(
      [](auto& plan) -> Due {
        if constexpr (std::is_same_v<std::decay_t<decltype(plan)>, std::monostate>) {
          return {};
        } else {
          return plan.pop();
        }
      },
      plan_);
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

std::optional<double> Schedule::rate_at(Duration at) const {
  const auto* arrivals = std::get_if<ArrivalPlan>(&plan_);
  if (arrivals == nullptr) return std::nullopt;
  return arrivals->rate_at(at);
}

}  // namespace chorus::lab
