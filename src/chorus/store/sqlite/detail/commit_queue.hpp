#pragma once

#include "chorus/base/error.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/rt/task.hpp"
#include "chorus/store/sqlite/detail/engine.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace chorus::store::detail {

template <class T, class F>
class Call final : public Operation {
 public:
  Call(rt::Loop& loop, F function) : Operation(loop), function_(std::move(function)) {}
  bool run(Engine& engine) override {
    answer.emplace(function_(engine.session(asked_at)));
    return answer->has_value();
  }
  void refuse(const Error& error) override { answer.emplace(std::unexpected(error)); }
  std::optional<Result<T>> answer;

 private:
  F function_;
};

template <class T, class F>
class LoneCall final : public Operation {
 public:
  LoneCall(rt::Loop& loop, F function) : Operation(loop), function_(std::move(function)) {}
  bool run(Engine& engine) override {
    answer.emplace(function_(engine));
    return answer->has_value();
  }
  void refuse(const Error& error) override { answer.emplace(std::unexpected(error)); }
  [[nodiscard]] bool alone() const override { return true; }
  std::optional<Result<T>> answer;

 private:
  F function_;
};

/// Carries operations to the engine and their answers back. One writer thread takes everything
/// queued, at most `max_batch`, and commits it: batches form by themselves while the commit before
/// runs. A second thread makes the commit durable and reports with one post, while the writer is at
/// the next. Inline (virtual loops, memory) the batch runs on the loop as an
/// event after `delay`. Loop thread only.
class CommitQueue {
 public:
  struct Options {
    std::size_t capacity = 8192;
    std::size_t max_batch = 1000;
    bool inline_on_loop = false;
    Duration delay{};
    metrics::Registry* metrics = nullptr;
  };
  CommitQueue(rt::Loop& loop, std::unique_ptr<Engine> engine, Options options);
  /// Commits what is queued and closes.
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  /// `function` is `Result<T>(const Session&)`; it may run twice. Errors of its own: QueueFull,
  /// Unavailable after `close`, Cancelled (the write goes on without its caller).
  template <class T, class F>
  rt::Task<Result<T>> submit(F function) {
    return wait<T>(std::make_shared<Call<T, F>>(loop_, std::move(function)));
  }
  /// `function` is `Result<T>(Engine&)`, outside any transaction.
  template <class T, class F>
  rt::Task<Result<T>> submit_alone(F function) {
    return wait<T>(std::make_shared<LoneCall<T, F>>(loop_, std::move(function)));
  }

  /// Waits for what is queued, then closes the engine.
  rt::Task<void> close();

 private:
  template <class T, class C>
  rt::Task<Result<T>> wait(std::shared_ptr<C> call) {
    CH_CO_TRY_VOID(push(call));
    while (!call->done) {
      if (!co_await call->changed.wait()) {
        co_return fail(ErrorCode::Cancelled, "the caller left; the store goes on");
      }
    }
    co_return std::move(*call->answer);
  }

  struct Meters {
    metrics::Counter* commits = nullptr;
    metrics::Counter* failed = nullptr;
    metrics::Counter* operations = nullptr;
    metrics::Gauge* batch = nullptr;
    metrics::Gauge* queue = nullptr;
    metrics::Histogram* seconds = nullptr;
  };
  struct Finished {
    std::vector<OperationPtr> batch;
    Engine::Report report;
    Duration took{};
    std::size_t left = 0;
  };

  Result<void> push(OperationPtr operation);
  std::vector<OperationPtr> take();  ///< under the mutex
  Finished commit(std::vector<OperationPtr> batch);
  static void announce(const Meters& meters, const Finished& finished);
  void work();
  void sync();
  void run_inline();
  void shut_down();

  rt::Loop& loop_;
  std::unique_ptr<Engine> engine_;
  Options options_;
  Meters meters_;
  bool closed_ = false;

  std::mutex mutex_;  // guards queue_ and stopping_: where the loop and the writer meet
  std::condition_variable wake_;
  std::deque<OperationPtr> queue_;
  bool stopping_ = false;
  std::thread writer_;

  // One batch between the two threads, so that the writer is never further ahead.
  std::condition_variable handed_;
  std::shared_ptr<Finished> committed_;  ///< under the mutex: waits to be durable
  bool written_ = false;                 ///< under the mutex: the writer has ended
  std::thread syncer_;

  std::optional<rt::Deadline> event_;  ///< inline only
};

}  // namespace chorus::store::detail
