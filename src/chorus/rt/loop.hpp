#pragma once

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/base/timer_wheel.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/rt/task.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>

namespace chorus::rt {

namespace detail {
struct WaitNode;
}

/// 2026-01-05T12:00:00Z: where the wall clock of a simulation starts unless told otherwise.
inline constexpr WallTime kSimulationStart{std::chrono::microseconds{1767614400000000}};

/// One thread, one event loop: clock, timers, spawning and randomness of everything that runs on
/// it.
///
/// In `Real` mode time is the system's. In `Virtual` mode time stands still while anything is
/// runnable or an external operation is under way, and then jumps to the next timer; the same code
/// and the same seed give the same history. A virtual loop opens no sockets.
///
/// Destruction order: scopes are joined first, then the loop goes (both checked). Objects that
/// waiting tasks point to must outlive those tasks.
class Loop final : public Clock {
 public:
  enum class Mode : std::uint8_t { Real, Virtual };
  struct Options {
    Mode mode = Mode::Real;
    std::uint64_t seed = 1;
    WallTime start_at = kSimulationStart;  ///< Virtual only
    /// Virtual only: handlers that may run at one instant before the loop aborts with a check,
    /// which finds a task that spins without ever sleeping.
    std::uint64_t max_steps_per_instant = 10'000'000;
    metrics::Registry* metrics = nullptr;  ///< loop lag and task counters; must outlive the loop
  };
  Loop() : Loop(Options{}) {}
  explicit Loop(Options options);
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] MonoTime now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  [[nodiscard]] Mode mode() const;
  [[nodiscard]] bool is_virtual() const { return mode() == Mode::Virtual; }

  /// Root of all randomness; components take `rng().fork("component")`.
  [[nodiscard]] const Rng& rng() const;

  /// Runs until `stop`, or (Virtual) until nothing is runnable, no timer is armed and no external
  /// operation is under way. May be called again. Calling thread becomes the loop's thread.
  void run();
  /// Runs what is due up to `until` and returns with the clock at `until`. Virtual mode only.
  void run_until(MonoTime until);
  /// Makes `run` return after the current handler. Any thread.
  void stop();
  [[nodiscard]] bool stopped() const;

  /// Queues a function on the loop. Loop thread only (cheap), or any thread (`post_from_thread`).
  void post(std::function<void()> function);
  void post_from_thread(std::function<void()> function);

  /// Something that completes from outside the loop is under way (blocking pool, store thread): a
  /// virtual loop waits for it instead of jumping. Begin on the loop, end on any thread, after the
  /// completion was posted.
  void external_begin();
  void external_end();

  [[nodiscard]] Executor executor() const;
  boost::asio::io_context& context();
  /// Arms an entry on the loop's wheel (`MonoTime::max()` = never: disarms); `disarm` before it
  /// goes. Loop thread only.
  void arm(TimerEntry& entry, MonoTime due);
  void disarm(TimerEntry& entry);
  /// One more thing runs at this instant: bounds the steps per instant in virtual mode. Called by
  /// every wake-up of `rt`.
  void count_step();
  /// For `rt` itself: queues a waiter for the next turn; cancels one that still waits.
  void make_ready(detail::WaitNode& node);
  void cancel_wait(detail::WaitNode& node);

  /// Counts and logs a task that ended by an exception (a bug of ours).
  void report_exception(std::string_view task_name, std::exception_ptr error) noexcept;
  [[nodiscard]] std::uint64_t exceptions_for_test() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::rt
