#pragma once

#include "chorus/base/time.hpp"
#include "chorus/sandbox/llm_script.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// How the load is offered, by k6's names where the meaning is k6's. docs/lab.md has the table.
enum class ExecutorKind : std::uint8_t {
  ConstantVus,
  RampingVus,
  ConstantArrivalRate,
  RampingArrivalRate,
  SharedIterations,
  PerVuIterations,
  ExternallyControlled,
  PartlyOpen,
  Burst,
  Breakpoint,
  Replay,
  Soak
};
enum class Arrival : std::uint8_t { Uniform, Poisson, Trace };
std::string_view to_string(ExecutorKind kind) noexcept;

/// Iterations follow each other: when the next one begins depends on the last (a closed loop).
bool is_closed(ExecutorKind kind) noexcept;
/// Its load is the same from the first second, so that a warm-up is a part of it. The others begin
/// with the measured window; a ramp holds its start level before it.
bool is_steady(ExecutorKind kind) noexcept;

/// A straight line from where the load was to `target`; duration 0 jumps.
struct Stage {
  Duration duration{};
  double target = 0;  ///< people, or arrivals per second
};

/// One arrival of a trace, counted from its first one.
struct TracePoint {
  Duration at{};
  std::string text;  ///< said as it stands; empty: the person's own
};

/// One entry of `scenarios`.
struct Executor {
  std::string name;
  ExecutorKind kind = ExecutorKind::ConstantVus;
  std::vector<std::string> kinds;  ///< of people; empty: all
  std::uint32_t vus = 0;           ///< so many of them take part; 0: all
  std::uint32_t max_vus = 0;       ///< arrivals: open at a time, the rest is dropped; 0: any
  double rate = 0;                 ///< arrivals per second; breakpoint: at its end
  double start_level = 0;          ///< of the stages: people, or arrivals per second
  std::vector<Stage> stages;
  Arrival arrival = Arrival::Uniform;
  Duration start_time{};                         ///< after the start of the measured window
  Duration duration = std::chrono::seconds(60);  ///< 0: no end; with stages their sum
  Duration graceful_stop{};        ///< conversations may go on so long after the last end
  std::uint64_t iterations = 1;    ///< shared: altogether; per-vu: of each person
  std::uint32_t burst_size = 0;    ///< messages or conversations at one instant
  Duration burst_gap{};            ///< between two bursts
  std::uint32_t burst_repeat = 1;  ///< bursts; 0: until the end
  std::vector<TracePoint> trace;   ///< in order of time, at speed 1
  double speed = 1;                ///< of the trace
  /// Keys of `conversations`, drawn by weight; empty: single messages, or `turns` (partly-open).
  std::vector<std::string> conversations;
  std::uint32_t turns_low = 3;   ///< partly-open without a conversation
  std::uint32_t turns_high = 5;  ///< inclusive
  sandbox::DelaySpec think;      ///< between an answer and the next turn or iteration
};

}  // namespace chorus::lab
