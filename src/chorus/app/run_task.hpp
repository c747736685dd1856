#pragma once

#include "chorus/base/error.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/task.hpp"

#include <optional>
#include <utility>

namespace chorus::app {

namespace detail {

/// The task leaves its scope some turns after its last line.
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
rt::Task<void> keep(rt::Loop& loop, rt::TaskScope& scope, rt::Task<Result<T>> task,
                    std::optional<Result<T>>& answer) {
  answer.emplace(co_await std::move(task));
  stop_when_empty(loop, scope);
}

}  // namespace detail

/// Runs one task to its end on a loop that runs nothing else, and gives its answer. The loop may
/// run again afterwards.
template <class T>
Result<T> run_to_end(rt::Loop& loop, rt::Task<Result<T>> task) {
  std::optional<Result<T>> answer;
  rt::TaskScope scope(loop);
  scope.start("run to end", detail::keep(loop, scope, std::move(task), answer));
  loop.run();
  return *std::move(answer);
}

}  // namespace chorus::app
