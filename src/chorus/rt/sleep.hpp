#pragma once

#include "chorus/base/error.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"

#include <optional>
#include <utility>

namespace chorus::rt {

/// Suspends until `due` on the wheel (lateness p50 20 us on an idle machine). False when the task
/// was cancelled before that, or since its last wait: the caller then leaves. Each cancellation is
/// reported by one wait only. A due time in the past suspends once and resumes at the same instant.
Task<bool> sleep_until(Loop& loop, MonoTime due);
/// `d` counts from the call.
Task<bool> sleep_for(Loop& loop, Duration d);
/// True when the running task was cancelled and no wait has reported it yet; it is reported then.
/// For adapters of Asio operations: such an operation does not see a cancellation that came before
/// it, so they ask first, and ask again after `operation_aborted` if they go on to wait.
Task<bool> take_cancelled();
/// Lets everything else that is runnable at this instant go first.
Task<void> yield(Loop& loop);

/// A deadline in the frame of the coroutine that owns it: when it passes, `on_expire` runs once on
/// the loop (typically: cancel the socket). Disarmed by destruction. Costs about 10 ns.
class Deadline {
 public:
  using OnExpire = void (*)(void* context) noexcept;
  Deadline(Loop& loop, OnExpire on_expire, void* context);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  void arm(MonoTime due);
  void arm_after(Duration d);
  void disarm();
  [[nodiscard]] bool expired() const { return expired_; }

 private:
  struct Entry : TimerEntry {
    explicit Entry(Deadline& o);
    Deadline* owner;
  };
  Loop& loop_;
  OnExpire on_expire_;
  void* context_;
  Entry entry_;
  bool expired_ = false;
};

/// Runs `task` and cancels it at the deadline. The answer is the task's own when it was in time,
/// otherwise Timeout, whatever a task answers that was told of its cancellation. The task has
/// always ended when this returns (its clean-up counts as time after the deadline). A cancelled
/// caller cancels the task and gets Cancelled. `Duration::max()`: no deadline. T need not be
/// default-constructible.
template <class T>
Task<Result<T>> with_timeout(Loop& loop, Duration timeout, Task<Result<T>> task);

}  // namespace chorus::rt

#include "chorus/rt/detail/with_timeout.hpp"
