#pragma once

#include "chorus/base/error.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace chorus::rt {

/// A few threads for work that blocks (file reads, key derivation, reports), fed by one bounded
/// queue. On a virtual loop there are no threads: the function runs inline as an event after a
/// modelled delay, so that the simulation stays deterministic.
class BlockingPool {
 public:
  struct Options {
    std::size_t threads = 2;
    std::size_t queue = 256;
    Duration modelled_delay = std::chrono::microseconds(100);  ///< virtual loops
  };
  explicit BlockingPool(Loop& loop) : BlockingPool(loop, Options{}) {}
  BlockingPool(Loop& loop, Options options);
  ~BlockingPool();  ///< waits for the functions that run; queued ones are dropped as cancelled
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `function` on a pool thread and resumes here with what it returned. Errors: QueueFull at
  /// once when the queue is full; Cancelled when the caller was cancelled, or the pool went, before
  /// the function started; Internal when it threw. A function that has started cannot be cancelled:
  /// a cancelled caller waits for it and gets its answer. It must not touch objects of the loop.
  template <class F>
  Task<Result<std::invoke_result_t<F>>> run(F function) {
    using T = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<T>) {
      co_return co_await run_erased([f = std::move(function)]() mutable { f(); });
    } else {
      std::optional<T> slot;
      CH_CO_TRY_VOID(
          co_await run_erased([&slot, f = std::move(function)]() mutable { slot.emplace(f()); }));
      co_return std::move(*slot);
    }
  }

 private:
  Task<Result<void>> run_erased(std::function<void()> function);
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the tasks that wait for an answer
};

}  // namespace chorus::rt
