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
    static void expire(void* self) noexcept {
      auto& expiry = *static_cast<Expiry*>(self);
      expiry.passed = true;
      expiry.handle->cancel();
      // A task between two Asio operations does not feel it: it is told again until it ends.
      expiry.deadline.arm_after(std::chrono::seconds(1));
    }
    TaskScope::Handle* handle;
    Deadline deadline;
    bool passed = false;
  } expiry{&handle, Deadline(loop, &Expiry::expire, &expiry)};
  expiry.deadline.arm_after(timeout);
  const bool joined = co_await scope.join_or_cancelled();
  if (!joined) {
    co_await scope.close();
    if (!result || !*result) co_return fail(ErrorCode::Cancelled);
  }
  // The task may have ended by itself in the very moment of the deadline: its answer counts.
  if (expiry.passed && (!result || (!*result && result->error().code == ErrorCode::Cancelled))) {
    co_return fail(ErrorCode::Timeout, "the deadline passed");
  }
  if (!result) co_return fail(ErrorCode::Internal, "the task ended by an exception");
  co_return std::move(*result);
}

}  // namespace chorus::rt
