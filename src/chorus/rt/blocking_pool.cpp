#include "chorus/rt/blocking_pool.hpp"

#include "chorus/rt/detail/wait.hpp"
#include "chorus/rt/sleep.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace chorus::rt {

struct BlockingPool::Impl {
  struct Job {
    std::function<void()> function;
    bool done = false;  ///< ran to its end (loop thread reads it after the wake-up)
    detail::WaitNode* waiter = nullptr;
  };

  Impl(Loop& l, Options o) : loop(l), options(o) {
    if (loop.is_virtual()) return;
    for (std::size_t i = 0; i < options.threads; ++i) threads.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (auto& thread : threads) thread.join();
  }

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
      job->function();
      loop.post_from_thread([job] {
        job->done = true;
        if (job->waiter != nullptr) job->waiter->wake_later(detail::Wake::Notified);
      });
    }
  }

  Loop& loop;
  Options options;
  std::mutex mutex;  // guards queue and stopping: the one place where threads of ours meet
  std::condition_variable wake;
  std::deque<std::shared_ptr<Job>> queue;
  bool stopping = false;
  std::vector<std::thread> threads;
};

BlockingPool::BlockingPool(Loop& loop, Options options)
    : impl_(std::make_shared<Impl>(loop, options)) {}

BlockingPool::~BlockingPool() = default;

Task<Result<void>> BlockingPool::run_erased(std::function<void()> function) {
  const auto impl = impl_;
  if (impl->loop.is_virtual()) {
    // Inline, as an event of its own: time passes, but no thread makes the order uncertain.
    (void)co_await sleep_for(impl->loop, impl->options.modelled_delay);
    function();
    co_return Result<void>{};
  }
  auto job = std::make_shared<Impl::Job>();  // shared by this frame and the thread that runs it
  job->function = std::move(function);
  {
    const std::lock_guard lock(impl->mutex);
    if (impl->queue.size() >= impl->options.queue) {
      co_return fail(ErrorCode::QueueFull, "too much blocking work is waiting");
    }
    impl->queue.push_back(job);
  }
  impl->wake.notify_one();
  // The function may use this frame, so even a cancelled caller stays until it has ended.
  while (!job->done) {
    (void)co_await detail::async_wait_node(impl->loop,
                                           [&job](detail::WaitNode& node) { job->waiter = &node; });
    job->waiter = nullptr;
  }
  co_return Result<void>{};
}

}  // namespace chorus::rt
