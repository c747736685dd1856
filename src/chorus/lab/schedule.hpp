#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/executor.hpp"
#include "chorus/lab/executors/arrival_plan.hpp"
#include "chorus/lab/executors/burst_plan.hpp"
#include "chorus/lab/executors/person_plan.hpp"
#include "chorus/lab/executors/plan.hpp"
#include "chorus/lab/executors/trace_plan.hpp"
#include "chorus/lab/people.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace chorus::lab {

/// The plan of one executor: absolute times made from the seed alone, never from what happened. A
/// slow target changes no intended time (open loop); only turns inside a conversation wait. The
/// closed executors (iterations) are the exception: what they do next depends on what came back, so
/// nothing of theirs is planned here. Holds one entry per person. One thread.
class Schedule {
 public:
  /// `people` are those of the executor's kinds. A steady executor of `start_time` 0 begins with
  /// the warm-up, any other in the measured window; duration 0 has no end. A trace stays in
  /// `executor`, which must then outlive the schedule.
  Schedule(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
           Duration warmup);

  /// nullopt when nothing is planned any more.
  [[nodiscard]] std::optional<Duration> next_due() const;
  /// The earliest event; one must be planned.
  Due pop();

  /// Events with from <= at < to that are still planned. O(events); nothing changes.
  [[nodiscard]] std::uint64_t planned_between(Duration from, Duration to) const;

  [[nodiscard]] Duration begin() const { return window_.begin; }
  [[nodiscard]] std::optional<Duration> end() const { return window_.end; }
  /// Who takes part, by rank: the people by index.
  [[nodiscard]] const std::vector<std::uint32_t>& participants() const { return participants_; }
  /// Arrivals per second planned at that time; nullopt where people and not arrivals are planned.
  [[nodiscard]] std::optional<double> rate_at(Duration at) const;

 private:
  using Plan = std::variant<std::monostate, PersonPlan, ArrivalPlan, BurstPlan, TracePlan>;
  PlanWindow window_;
  std::vector<std::uint32_t> participants_;
  Plan plan_;
};

}  // namespace chorus::lab
