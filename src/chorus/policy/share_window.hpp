#pragma once

#include "chorus/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace chorus::policy {

/// How many of the events of the last hour, or of a shorter time, were failures. Counts stand in
/// steps of 10 s: a window holds the current step and those that began within it. Fixed memory (6
/// KiB). One thread; `now` must not go back. `add` is O(1), `tally` O(steps).
class ShareWindow {
 public:
  static constexpr Duration kLongest = std::chrono::hours(1);
  struct Tally {
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
    [[nodiscard]] std::uint64_t all() const { return good + bad; }
    /// Of what is bad; 0 when there is nothing.
    [[nodiscard]] double bad_share() const {
      return all() == 0 ? 0 : static_cast<double>(bad) / static_cast<double>(all());
    }
  };
  void add(bool good, MonoTime now);
  /// The last `window`, at most an hour.
  [[nodiscard]] Tally tally(Duration window, MonoTime now) const;

 private:
  static constexpr Duration kStep = std::chrono::seconds(10);
  static constexpr std::size_t kSteps = 361;  ///< an hour and the current one
  struct Step {
    std::int64_t index = -1;
    std::uint32_t good = 0;
    std::uint32_t bad = 0;
  };
  std::array<Step, kSteps> steps_{};
};

}  // namespace chorus::policy
