#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <optional>

namespace chorus::lab {

/// One planned event. `at` counts from the start of the run (the begin of the warm-up) and is the
/// intended time that latency counts from, however late the lab or the target is.
struct Due {
  static constexpr std::uint32_t kNoItem = UINT32_MAX;
  Duration at{};
  std::uint32_t person = 0;
  bool conversation = false;     ///< a conversation begins, not a single message
  std::uint32_t rank = 0;        ///< of the person among those of the executor, from 0
  std::uint32_t item = kNoItem;  ///< of the executor's trace
};

/// When an executor plans, counted from the start of the run.
struct PlanWindow {
  Duration begin{};             ///< of the load
  Duration stages{};            ///< the first stage begins; not before `begin`
  std::optional<Duration> end;  ///< exclusive; none: it goes on
};

}  // namespace chorus::lab
