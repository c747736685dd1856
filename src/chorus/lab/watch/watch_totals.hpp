#pragma once

#include "chorus/lab/watch/family_log.hpp"
#include "chorus/lab/watch/watch_report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::lab {

struct MessageCounts {
  double in = 0;   ///< from people: our fleet's accepted updates, the sandbox's messages
  double out = 0;  ///< from bots, taken by the platform
};
struct CallCounts {
  double count = 0;
  double failed = 0;  ///< errors other than 429
  double limited = 0;
};
struct CacheCounts {
  double hits = 0;
  double misses = 0;
};

/// What names that we know mean, since the first reading. What nobody counts is absent.
struct WatchTotals {
  std::optional<MessageCounts> messages;
  std::optional<CallCounts> api;
  std::optional<CallCounts> llm;
  std::optional<CacheCounts> cache;
  std::optional<double> pending;     ///< now: updates not taken, or sends that wait
  double open_breakers = 0;          ///< now
  std::optional<double> lag_now_ms;  ///< of a gauge of lag

  /// Ours where it is there, otherwise the other's.
  void fill_from(const WatchTotals& other);
};

/// What our own fleet tells (`chorus_*`); of a stranger's program the well-known names of client
/// libraries (`nodejs_eventloop_lag_seconds`). Nothing is guessed from other names.
WatchTotals totals_of_program(const FamilyLog& log);
/// What sandbox_exposition tells.
WatchTotals totals_of_sandbox(const FamilyLog& log);

std::vector<WatchedCalls> calls_of_program(const FamilyLog& log);
std::vector<WatchedCalls> calls_of_sandbox(const FamilyLog& log);
std::vector<WatchedCache> caches_of(const FamilyLog& log);
std::vector<std::pair<std::string, std::uint64_t>> turns_of(const FamilyLog& log);

/// The histogram of how late the program's loop is, by name; empty when it has none.
std::string lag_histogram(const FamilyLog& log);
/// The histogram of seconds with most new values, our fleet's sends first; empty when there is
/// none.
std::string busiest_times(const FamilyLog& log);

}  // namespace chorus::lab
