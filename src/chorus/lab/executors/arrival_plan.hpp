#pragma once

#include "chorus/base/random.hpp"
#include "chorus/lab/executor.hpp"
#include "chorus/lab/executors/level_profile.hpp"
#include "chorus/lab/executors/plan.hpp"
#include "chorus/lab/people.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chorus::lab {

/// Arrivals at a rate, whoever is free or not: constant-arrival-rate, ramping-arrival-rate,
/// breakpoint, partly-open, and a soak with a rate. The people take turns in a drawn order. Uniform
/// arrival k comes where the rate's integral reaches k; Poisson ones are a Poisson process of unit
/// rate on that integral. Constant memory beside the order.
class ArrivalPlan {
 public:
  ArrivalPlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
              PlanWindow window);

  [[nodiscard]] std::optional<Duration> next() const;
  Due pop();
  /// Arrivals per second that are planned at that time of the run.
  [[nodiscard]] double rate_at(Duration at) const;

 private:
  PlanWindow window_;
  bool conversation_;
  bool poisson_;
  LevelProfile rate_;
  std::vector<std::uint32_t> order_;
  Rng rng_;
  double area_ = 0;  ///< where the next arrival stands on the integral
  double next_ = 0;  ///< seconds after begin
  std::uint64_t arrivals_ = 0;
};

}  // namespace chorus::lab
