#pragma once

#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/records.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/lab/slots.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

struct SlotRunOptions {
  std::uint64_t seed = 1;
  WallTime started_at{};
  std::function<Duration()> real_time;     ///< a clock that runs: speed is measured with it
  std::function<ProcessSample()> process;  ///< of the process that all of this happens in
  /// Asked now and then: how the run ends early (Interrupted, TimedOut). May be empty.
  std::function<std::optional<RunEnd>()> stop;
  RecordSink record;  ///< lines of `-o ndjson`; may be empty
  std::vector<std::pair<std::string, std::string>> environment;
};

/// One load test of kind `conversations`: the scenario's executors begin conversations, each holds
/// its slot for the `work` of its person's kind, touched `steps` times, and ends; no bot, platform,
/// model or store takes part. Time is virtual and counts from 0, so it blocks for as long as the
/// calls take. What is asked for, given, refused and ended is counted here apart from the slots'
/// own counters: any difference fails the run, as does a conversation that is left.
///
/// The speed (`manager_rate`) is that of everything but the bookkeeping of metrics and records,
/// which is done in batches with the clock stopped. Bounded memory. The seed decides everything but
/// that speed and the memory.
RunResult run_slots(const Scenario& scenario, ConversationSlots& slots,
                    const SlotRunOptions& options);

}  // namespace chorus::lab
