#pragma once

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/people.hpp"
#include "chorus/lab/scenario.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chorus::lab {

/// One planned event. `at` counts from the start of the run (the begin of the warm-up) and is the
/// intended time that latency counts from, however late the lab or the target is.
struct Due {
  Duration at{};
  std::uint32_t person = 0;
  bool conversation = false;  ///< partly-open: a conversation begins, not a single message
};

/// The plan of one executor: absolute times made from the seed alone, never from what happened. A
/// slow target changes no intended time (open loop); only turns inside a conversation wait. Holds
/// one entry per person (constant-vus) or a constant (arrivals). One thread.
class Schedule {
 public:
  /// `people` are those of the executor's kinds. An executor of `start_time` 0 begins with the
  /// warm-up, a later one in the measured window; duration 0 has no end.
  Schedule(const Executor& executor, std::span<const Person> people, std::uint64_t seed,
           Duration warmup);

  /// nullopt when nothing is planned any more.
  [[nodiscard]] std::optional<Duration> next_due() const;
  /// The earliest event; one must be planned. Events of one instant come in order of person.
  Due pop();

  /// Events with from <= at < to that are still planned. O(events); nothing changes.
  [[nodiscard]] std::uint64_t planned_between(Duration from, Duration to) const;

  [[nodiscard]] Duration begin() const { return begin_; }
  [[nodiscard]] std::optional<Duration> end() const { return end_; }

 private:
  struct Pace {
    std::uint32_t person;
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
  void plan_vus(std::span<const Person> people, std::uint64_t seed);
  void push_next(std::uint32_t pace);
  void advance_arrival();

  ExecutorKind kind_;
  Arrival arrival_;
  Duration begin_{};
  std::optional<Duration> end_;
  // constant-vus
  std::vector<Pace> paces_;
  std::vector<Entry> heap_;
  // arrivals
  std::vector<std::uint32_t> order_;
  double rate_ = 0;
  double next_arrival_ = 0;  ///< seconds after begin
  std::uint64_t arrivals_ = 0;
  Rng arrival_rng_{0};
};

}  // namespace chorus::lab
