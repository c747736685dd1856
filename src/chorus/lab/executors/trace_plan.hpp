#pragma once

#include "chorus/lab/executor.hpp"
#include "chorus/lab/executors/plan.hpp"
#include "chorus/lab/people.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chorus::lab {

/// Arrivals at recorded times, faster or slower by the executor's speed; the people take turns in a
/// drawn order. The trace stays the executor's, which must outlive the plan.
class TracePlan {
 public:
  TracePlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
            PlanWindow window);

  [[nodiscard]] std::optional<Duration> next() const;
  Due pop();

 private:
  PlanWindow window_;
  bool conversation_;
  std::span<const TracePoint> trace_;
  double speed_;
  std::vector<std::uint32_t> order_;
  std::uint32_t item_ = 0;
};

}  // namespace chorus::lab
