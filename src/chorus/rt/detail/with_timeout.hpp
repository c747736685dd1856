#pragma once

#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace chorus::rt {

namespace detail {

template <class T>
Task<void> store_result(Task<Result<T>> task, std::optional<Result<T>>* slot) {
  slot->emplace(co_await std::move(task));
}

}  // namespace detail

template <class T>
Task<Result<T>> with_timeout(Loop& loop, Duration timeout, Task<Result<T>> task) {
  std::optional<Result<T>> result;
  TaskScope scope(loop);
  auto handle = scope.start("with_timeout", detail::store_result(std::move(task), &result));
  struct Expiry {
    TaskScope::Handle* handle;
    static void expire(void* self) noexcept { static_cast<Expiry*>(self)->handle->cancel(); }
  } expiry{&handle};
  Deadline deadline(loop, &Expiry::expire, &expiry);
  deadline.arm_after(timeout);
  const bool joined = co_await scope.join_or_cancelled();
  if (!joined) {
    scope.cancel();
    co_await scope.join();
    if (!result || !*result) co_return fail(ErrorCode::Cancelled);
  }
  // The task may have ended by itself in the very moment of the deadline: its answer counts.
  if (deadline.expired() &&
      (!result || (!*result && result->error().code == ErrorCode::Cancelled))) {
    co_return fail(ErrorCode::Timeout, "the deadline passed");
  }
  if (!result) co_return fail(ErrorCode::Internal, "the task ended by an exception");
  co_return std::move(*result);
}

}  // namespace chorus::rt
