#include "chorus/rt/blocking_pool.hpp"

#include "chorus/base/log.hpp"
#include "chorus/rt/detail/wait.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace chorus::rt {

namespace {

/// One function on its way. The waiting task owns what the function refers to, so the task stays
/// until the function has ended or is known never to start.
struct Job {
  enum class State : unsigned char { Queued, Ran, Threw, Dropped };
  std::function<void()> function;
  State state = State::Queued;         ///< loop thread
  detail::WaitNode* waiter = nullptr;  ///< loop thread

  void end(State how) {
    state = how;
    if (waiter != nullptr) waiter->wake_later(detail::Wake::Notified);
  }
};

/// What our functions never do, third-party code in them may.
bool run_guarded(const std::function<void()>& function) noexcept {
  try {
    function();
    return true;
  } catch (const std::exception& e) {
    log::error("rt", "a function of the blocking pool threw: {}", e.what());
  } catch (...) {
    log::error("rt", "a function of the blocking pool threw");
  }
  return false;
}

Result<void> threw() {
  return fail(ErrorCode::Internal, "a function of the blocking pool ended by an exception");
}

}  // namespace

struct BlockingPool::Impl {
  Impl(Loop& l, Options o) : loop(l), options(o) {}

  void work() {
    while (true) {
      std::shared_ptr<Job> job;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return stopping || !queue.empty(); });
        if (stopping) return;
        job = std::move(queue.front());
        queue.pop_front();
      }
      const auto how = run_guarded(job->function) ? Job::State::Ran : Job::State::Threw;
      // Moved: what the function captured is destroyed on the loop, not here.
      loop.post_from_thread([job = std::move(job), how] { job->end(how); });
    }
  }

  bool enqueue(std::shared_ptr<Job> job) {
    {
      const std::lock_guard lock(mutex);
      if (stopping || queue.size() >= options.queue) return false;
      queue.push_back(std::move(job));
    }
    wake.notify_one();
    return true;
  }

  /// True when no thread has taken it yet, and none will.
  bool withdraw(const std::shared_ptr<Job>& job) {
    const std::lock_guard lock(mutex);
    return std::erase(queue, job) > 0;
  }

  void stop() {
    std::deque<std::shared_ptr<Job>> dropped;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      dropped.swap(queue);
    }
    wake.notify_all();
    for (auto& thread : threads) thread.join();
    for (const auto& job : dropped) job->end(Job::State::Dropped);
  }

  Loop& loop;
  Options options;
  std::size_t under_way = 0;  ///< virtual loops: what would be queued or running
  std::mutex mutex;           // guards queue and stopping: the one place where threads of ours meet
  std::condition_variable wake;
  std::deque<std::shared_ptr<Job>> queue;
  bool stopping = false;
  std::vector<std::thread> threads;
};

BlockingPool::BlockingPool(Loop& loop, Options options)
    : impl_(std::make_shared<Impl>(loop, options)) {
  if (loop.is_virtual()) return;
  for (std::size_t i = 0; i < options.threads; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
  }
}

BlockingPool::~BlockingPool() {
  impl_->stop();
}

Task<Result<void>> BlockingPool::run_erased(std::function<void()> function) {
  const auto impl = impl_;
  if (impl->loop.is_virtual()) {
    if (impl->under_way >= impl->options.queue + impl->options.threads) {
      co_return fail(ErrorCode::QueueFull, "too much blocking work is waiting");
    }
    // Inline, as an event of its own: time passes, but no thread makes the order uncertain.
    ++impl->under_way;
    const bool slept = co_await sleep_for(impl->loop, impl->options.modelled_delay);
    --impl->under_way;
    if (!slept || impl->stopping) co_return fail(ErrorCode::Cancelled);
    if (!run_guarded(function)) co_return threw();
    co_return Result<void>{};
  }
  auto job = std::make_shared<Job>();  // shared by this frame and the thread that runs it
  job->function = std::move(function);
  if (!impl->enqueue(job)) {
    co_return fail(ErrorCode::QueueFull, "too much blocking work is waiting");
  }
  while (job->state == Job::State::Queued) {
    const auto wait = [&job](detail::WaitNode& node) { job->waiter = &node; };
    const bool told = co_await detail::wait_as(impl->loop, wait, &detail::unless_cancelled);
    job->waiter = nullptr;
    if (!told && impl->withdraw(job)) co_return fail(ErrorCode::Cancelled);
  }
  if (job->state == Job::State::Dropped) co_return fail(ErrorCode::Cancelled);
  if (job->state == Job::State::Threw) co_return threw();
  co_return Result<void>{};
}

}  // namespace chorus::rt
