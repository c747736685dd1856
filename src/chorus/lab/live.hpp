#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chorus::lab {

/// A person's message and its answer, for the first seconds of a live view.
struct Exchange {
  std::string person;
  std::string said;
  std::string bot;
  std::string answered;
  Duration latency{};
};

/// The state of a run as a live view shows it; a plain copy, published about four times a second.
struct LiveStats {
  enum class Phase : std::uint8_t { Starting, Warmup, Measuring, Cooldown, Done };
  Phase phase = Phase::Starting;
  Duration elapsed{};  ///< since the start of the load
  Duration total{};    ///< warm-up and measured window; 0 when endless
  std::uint32_t bots_ready = 0;
  std::uint32_t bots = 0;
  std::uint32_t people = 0;
  std::uint64_t planned = 0;
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t bot_messages = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t unanswered = 0;  ///< closed so far
  std::uint64_t failed = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t errors = 0;
  std::uint64_t queue = 0;
  double sent_per_second = 0;  ///< over the last interval
  double answered_per_second = 0;
  double p50_ms = 0;  ///< of the measured window, or of everything while warming up
  double p95_ms = 0;
  std::uint64_t latency_samples = 0;
  double target_rss = 0;
  double target_cpu = 0;
  double generator_late_p99_ms = 0;
  bool paused = false;                      ///< by hand
  double factor = 1;                        ///< of the plan that is sent; by hand
  std::optional<std::uint32_t> controlled;  ///< people of externally-controlled executors
  std::vector<Exchange> exchanges;          ///< the first ones of the run, at most 4
};
using LiveCallback = std::function<void(const LiveStats&)>;

}  // namespace chorus::lab
