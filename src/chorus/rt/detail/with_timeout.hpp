#pragma once

#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace chorus::rt {

namespace detail {

/// What with_timeout knows of the task it runs.
template <class T>
struct TimedTask {
  std::optional<Result<T>> result;
  bool unaware = false;  ///< ended before a cancellation was reported to it

  static Task<void> run(TimedTask* self, Task<Result<T>> task) {
    self->result.emplace(co_await std::move(task));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    self->unaware = state.cancelled() != boost::asio::cancellation_type::none;
  }
};

/// Cancels the task at the deadline.
struct Expiry {
  Expiry(Loop& loop, TaskScope::Handle h)
      : handle(std::move(h)), deadline(loop, &Expiry::expire, this) {}

  static void expire(void* self) noexcept {
    auto& expiry = *static_cast<Expiry*>(self);
    if (expiry.handle.done()) return;
    expiry.passed = true;
    expiry.handle.cancel();
    // A task between two Asio operations does not feel it: it is told again until it ends.
    expiry.deadline.arm_after(std::chrono::seconds(1));
  }

  TaskScope::Handle handle;
  Deadline deadline;
  bool passed = false;
};

}  // namespace detail

template <class T>
Task<Result<T>> with_timeout(Loop& loop, Duration timeout, Task<Result<T>> task) {
  detail::TimedTask<T> timed;
  TaskScope scope(loop);
  detail::Expiry expiry(
      loop, scope.start("with_timeout", detail::TimedTask<T>::run(&timed, std::move(task))));
  expiry.deadline.arm_after(timeout);
  const bool cancelled = !co_await scope.join_or_cancelled();
  if (cancelled) co_await scope.close();
  auto& result = timed.result;
  if (!cancelled && !expiry.passed) {
    if (!result) co_return fail(ErrorCode::Internal, "the task ended by an exception");
    co_return std::move(*result);
  }
  // It may have ended by itself in that very moment: what it took must not be lost.
  if (result && *result && timed.unaware) co_return std::move(*result);
  if (cancelled) co_return fail(ErrorCode::Cancelled);
  if (result && !*result && timed.unaware && result->error().code != ErrorCode::Cancelled) {
    co_return std::move(*result);
  }
  co_return fail(ErrorCode::Timeout, "the deadline passed");
}

}  // namespace chorus::rt
