#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/series.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// One fault of a run and what it did. Times are from the start of the load.
struct FaultWindow {
  std::string name;
  std::string kind;
  std::string what;
  Duration begin{};
  std::optional<Duration> end;  ///< none: it lasted until the load ended
  std::uint64_t calls = 0;      ///< API calls, deliveries or completions that it met
  std::uint64_t messages = 0;   ///< required messages that people meant to send while it lasted
  std::uint64_t missed = 0;     ///< of those, never answered in time
  std::optional<double> p95_before_ms;  ///< of the minute before
  std::optional<double> p95_during_ms;
  /// From its end until people are served as before it.
  std::optional<Duration> recovery;
  /// From its end until the last answer came to a message that was meant to be sent before its end;
  /// 0 when nobody waited any more. None: it did not end, or who waited was never answered.
  std::optional<Duration> drain;
  std::string note;  ///< why a number is missing
};
void archive(detail::Archive& archive, FaultWindow& window);

/// Fills p95_before_ms, p95_during_ms, recovery, note and a drain of 0 of each window. `served` holds, by the
/// intended time, how many required messages there were (sent), how many were answered in time, and
/// the latencies. Served as before: from a moment on, the next 20 required messages or more have a
/// p95 of at most 1.5 times that of the minute before the fault (and at least 50 ms are allowed),
/// and no share answered that is lower by more than 5 points. The moment is the beginning of an
/// interval, so its length is the resolution. Other faults end what can be looked at; their time,
/// and what they left behind, is no time before. `windows` are by begin.
/// O(windows * windows * intervals).
void judge_recovery(std::vector<FaultWindow>& windows, std::span<const SeriesPoint> served,
                    Duration load_end);

}  // namespace chorus::lab
