#pragma once

#include "chorus/lab/executor.hpp"
#include "chorus/lab/executors/plan.hpp"
#include "chorus/lab/people.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chorus::lab {

/// So many at one instant, then a gap, and again. The people take turns in a drawn order, so that
/// one burst asks nobody twice before it has asked everybody.
class BurstPlan {
 public:
  BurstPlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
            PlanWindow window);

  [[nodiscard]] std::optional<Duration> next() const;
  Due pop();

 private:
  PlanWindow window_;
  bool conversation_;
  std::uint32_t size_;
  Duration gap_;
  std::uint32_t repeat_;
  std::vector<std::uint32_t> order_;
  std::uint64_t events_ = 0;
};

}  // namespace chorus::lab
