#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/records.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::app {

struct SlotLoad {
  std::uint64_t seed = 1;
  std::optional<Duration> timeout;
  lab::RecordSink record;
  std::vector<std::pair<std::string, std::string>> environment;
};

/// Runs a scenario of kind `conversations` against the fleet's conversation manager. Blocks for as
/// long as the calls take; Ctrl-C ends it with a report. Errors: Misconfigured, of `target.env`.
Result<lab::RunResult> run_slot_load(const lab::Scenario& scenario, SlotLoad load);

}  // namespace chorus::app
