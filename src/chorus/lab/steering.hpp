#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/executor.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// What somebody wants of a load that is running.
struct SteerCommand {
  enum class What : std::uint8_t { Pause, Resume, Scale, People };
  What what = What::Pause;
  double factor = 1;         ///< Scale: of the plan, from 0.01 to 10
  std::uint32_t people = 0;  ///< People: of every externally-controlled executor
};

/// The hand on the load: how much of each plan is really sent. The plans themselves never change,
/// so what is sent again after a pause is what was planned for then. Pure; one thread. Bounds its
/// record to the last 1,000 changes.
class Steering {
 public:
  Steering() = default;
  explicit Steering(std::span<const Executor> executors);

  /// Errors: InvalidArgument (out of range; nobody to scale), Conflict (paused already, not
  /// paused).
  Result<void> apply(const SteerCommand& command, Duration at, std::string_view by);

  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] double factor() const { return factor_; }
  /// People that externally-controlled executors let speak now; nullopt when there is none.
  [[nodiscard]] std::optional<std::uint32_t> people() const;
  /// How many events stand for the planned one of that executor now: 0 while paused. Fractions add
  /// up, so that 1.5 gives one and two in turn.
  std::uint32_t copies(std::size_t executor, std::uint32_t rank);
  /// Whether a person of a closed executor may begin another iteration.
  [[nodiscard]] bool may_iterate(std::uint32_t rank, std::size_t people) const;

  /// One line for each change, in order: `at 12.0 s: paused (key)`.
  [[nodiscard]] const std::vector<std::string>& record() const { return record_; }

 private:
  struct Share {
    bool controlled = false;  ///< externally-controlled: people are counted and not events
    std::uint32_t people = 0;
    std::uint32_t max_people = 0;
    double carried = 0;
  };
  [[nodiscard]] std::uint32_t people_of(const Share& share) const;
  std::vector<Share> shares_;
  bool paused_ = false;
  double factor_ = 1;
  std::vector<std::string> record_;
};

}  // namespace chorus::lab
