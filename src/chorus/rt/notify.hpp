#pragma once

#include "chorus/base/time.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"

#include <cstddef>
#include <memory>

namespace chorus::rt {

/// Where tasks of one loop wait for an event, woken in FIFO order. Nothing is remembered: a notify
/// without waiters is lost, so the waiter tests its condition in a loop around `wait`.
/// A task resumes on the next turn of the loop, never inside `notify_*`.
class Notify {
 public:
  explicit Notify(Loop& loop);
  ~Notify();  ///< wakes the rest as cancelled
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  /// True when notified, false when the task was cancelled (or the Notify went).
  Task<bool> wait();
  enum class Woken : unsigned char { Notified, Timeout, Cancelled };
  /// The same with a deadline (`MonoTime::max()`: none).
  Task<Woken> wait_until(MonoTime due);

  void notify_one();
  void notify_all();
  [[nodiscard]] std::size_t waiters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::rt
