#pragma once

#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace chorus::rt {

/// Owner of a group of tasks: it cancels and joins them. Every spawned task belongs to one. A scope
/// is stopped and joined before it is destroyed (checked); tasks may spawn into their own scope.
class TaskScope {
 public:
  explicit TaskScope(Loop& loop);
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /// True after `cancel`. Loops test it, because Asio's cancellation wakes a task once only.
  [[nodiscard]] bool stopping() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Loop& loop() const;

  /// Asks every task to end: its current wait (or, between two waits, its next one) returns
  /// cancelled. Once: clean-up is not woken by a second call. No new task is accepted after it:
  /// `start` then does nothing and its handle is done.
  void cancel();
  /// Waits until no task is left. Call after `cancel`, or to wait for tasks that end by themselves.
  Task<void> join();
  /// The same, but false as soon as the waiting task is cancelled.
  Task<bool> join_or_cancelled();
  /// Cancel and join. A task that has not ended after 5 s is cancelled again: its clean-up is cut.
  Task<void> close();

  /// One running task of the scope, to cancel it alone.
  class Handle {
   public:
    Handle() = default;
    /// As the scope's. May be called again: the task is told again.
    void cancel() const;
    [[nodiscard]] bool done() const;

   private:
    friend class TaskScope;
    struct State;
    explicit Handle(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;  // shared by the scope's record and whoever kept the handle
  };

  /// Starts `task` on the loop (not before the current handler returns). `name` is for logs and
  /// must be a literal. Exceptions are logged and counted, and end that task only.
  Handle start(std::string_view name, Task<void> task);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the completion handlers of running tasks
};

/// The way to start a task: `spawn(scope, "poller", &run_poller, std::ref(x), copy)`. Arguments are
/// copied into the frame; references are wrapped and must outlive the scope. A capturing lambda is
/// refused at compile time, because its captures would die before the coroutine.
template <class F, class... Args>
TaskScope::Handle spawn(TaskScope& scope, std::string_view name, F function, Args&&... args) {
  static_assert(std::is_pointer_v<F> || std::is_member_function_pointer_v<F> || std::is_empty_v<F>,
                "pass a function or a captureless lambda; captures die before the coroutine does");
  return scope.start(name, [](F f, std::decay_t<Args>... copies) -> Task<void> {
    co_await std::invoke(f, std::move(copies)...);
  }(function, std::forward<Args>(args)...));
}

}  // namespace chorus::rt
