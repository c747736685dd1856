#pragma once

#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/task.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace chorus::test {

namespace detail {

/// Stops the loop once the task has left its scope, which may take another turn.
inline void stop_when_empty(rt::Loop& loop, rt::TaskScope& scope) {
  loop.post([&loop, &scope] {
    if (scope.size() == 0) {
      loop.stop();
    } else {
      stop_when_empty(loop, scope);
    }
  });
}

template <class T>
rt::Task<void> keep_answer(rt::Loop& loop, rt::TaskScope& scope, rt::Task<T> task,
                           std::optional<T>& answer) {
  answer.emplace(co_await std::move(task));
  stop_when_empty(loop, scope);
}

}  // namespace detail

/// Runs the loop, real or virtual, until `task` has ended, and gives its answer.
template <class T>
T drive(rt::Loop& loop, rt::Task<T> task) {
  rt::TaskScope scope(loop);
  std::optional<T> answer;
  scope.start("drive", detail::keep_answer<T>(loop, scope, std::move(task), answer));
  loop.run();
  return std::move(*answer);
}

namespace detail {
inline rt::Task<bool> with_answer(rt::Task<void> task) {
  co_await std::move(task);
  co_return true;
}
}  // namespace detail

inline void drive(rt::Loop& loop, rt::Task<void> task) {
  (void)drive(loop, detail::with_answer(std::move(task)));
}

}  // namespace chorus::test
