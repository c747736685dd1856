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

/// Everybody speaks at their own rate: constant-vus, soak, externally-controlled, and ramping-vus,
/// where a person is silent while the stages ask for fewer. One entry per person.
class PersonPlan {
 public:
  PersonPlan(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
             PlanWindow window);

  [[nodiscard]] std::optional<Duration> next() const;
  /// Events of one instant come in order of person.
  Due pop();

 private:
  struct Pace {
    std::uint32_t person;
    std::uint32_t rank;
    double period;  ///< seconds
    double phase;   ///< seconds, below the period
    std::uint64_t k = 0;
    Rng rng{0};
  };
  struct Entry {
    Duration at;
    std::uint32_t pace;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.at != b.at ? a.at > b.at : a.pace > b.pace;
  }
  void push_next(std::uint32_t pace);

  PlanWindow window_;
  bool conversation_;
  std::optional<LevelProfile> level_;  ///< ramping-vus
  std::vector<Pace> paces_;
  std::vector<Entry> heap_;
};

}  // namespace chorus::lab
