#include "chorus/store/sqlite/detail/commit_queue.hpp"

#include <algorithm>
#include <utility>

namespace chorus::store::detail {

CommitQueue::CommitQueue(rt::Loop& loop, std::unique_ptr<Engine> engine, Options options)
    : loop_(loop), engine_(std::move(engine)), options_(options) {
  if (options_.metrics != nullptr) {
    auto& registry = *options_.metrics;
    meters_.commits = &registry.counter("chorus_store_commits_total", "Transactions committed");
    meters_.failed =
        &registry.counter("chorus_store_failed_commits_total", "Transactions that did not commit");
    meters_.operations =
        &registry.counter("chorus_store_operations_total", "Operations the writer has answered");
    meters_.batch = &registry.gauge("chorus_store_batch_size", "Operations in the last batch");
    meters_.queue = &registry.gauge("chorus_store_queue", "Operations waiting for the writer");
    meters_.seconds =
        &registry.histogram("chorus_store_commit_seconds", "Time the writer spent on one batch");
  }
  if (options_.inline_on_loop) {
    event_.emplace(
        loop_, [](void* self) noexcept { static_cast<CommitQueue*>(self)->run_inline(); }, this);
  } else {
    writer_ = std::thread([this] { work(); });
    syncer_ = std::thread([this] { sync(); });
  }
}

CommitQueue::~CommitQueue() {
  shut_down();
}

Result<void> CommitQueue::push(OperationPtr operation) {
  if (closed_) return fail(ErrorCode::Unavailable, "the store is closed");
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting = queue_.size();
    if (waiting >= options_.capacity) {
      return fail(ErrorCode::QueueFull, "the store's writer has too much waiting");
    }
    queue_.push_back(std::move(operation));
  }
  if (meters_.queue != nullptr) meters_.queue->set(static_cast<double>(waiting + 1));
  // A writer with work in its queue looks again by itself.
  if (waiting > 0) return {};
  if (options_.inline_on_loop) {
    event_->arm_after(options_.delay);
  } else {
    wake_.notify_one();
  }
  return {};
}

std::vector<OperationPtr> CommitQueue::take() {
  const std::size_t n = std::min(queue_.size(), options_.max_batch);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(n);
  std::vector<OperationPtr> batch(std::make_move_iterator(queue_.begin()),
                                  std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

CommitQueue::Finished CommitQueue::commit(std::vector<OperationPtr> batch) {
  Finished finished;
  const MonoTime started = loop_.now();
  finished.report = engine_->execute(batch);
  finished.took = loop_.now() - started;
  finished.batch = std::move(batch);
  return finished;
}

void CommitQueue::announce(const Meters& meters, const Finished& finished) {
  if (meters.commits != nullptr) {
    meters.commits->add(finished.report.commits);
    meters.failed->add(finished.report.failed_commits);
    meters.operations->add(finished.batch.size());
    meters.batch->set(static_cast<double>(finished.batch.size()));
    meters.queue->set(static_cast<double>(finished.left));
    meters.seconds->record(static_cast<std::uint64_t>(finished.took.count()));
  }
  for (const auto& operation : finished.batch) {
    operation->done = true;
    operation->changed.notify_all();
  }
}

void CommitQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) break;
    auto batch = take();
    lock.unlock();
    // Shared because std::function copies; the loop's thread destroys the operations.
    auto finished = std::make_shared<Finished>(commit(std::move(batch)));
    lock.lock();
    handed_.wait(lock, [this] { return committed_ == nullptr; });
    finished->left = queue_.size();
    committed_ = std::move(finished);
    handed_.notify_all();
  }
  written_ = true;
  handed_.notify_all();
}

void CommitQueue::sync() {
  std::unique_lock lock(mutex_);
  while (true) {
    handed_.wait(lock, [this] { return committed_ != nullptr || written_; });
    if (committed_ == nullptr) return;
    auto finished = std::exchange(committed_, nullptr);
    handed_.notify_all();
    lock.unlock();
    if (finished->report.wrote) {
      if (const auto durable = engine_->sync_log(); !durable) {
        for (const auto& operation : finished->batch) operation->refuse(durable.error());
        finished->report.failed_commits += std::exchange(finished->report.commits, 0);
      }
    }
    loop_.post_from_thread(
        [meters = meters_, finished = std::move(finished)] { announce(meters, *finished); });
    lock.lock();
  }
}

void CommitQueue::run_inline() {
  Finished finished = commit(take());
  finished.left = queue_.size();
  if (finished.left > 0) event_->arm_after(options_.delay);
  announce(meters_, finished);
}

rt::Task<void> CommitQueue::close() {
  if (!closed_) {
    // First in, first out: when this one is answered, so are all before it.
    auto last = wait<bool>(std::make_shared<LoneCall<bool, Result<bool> (*)(Engine&)>>(
        loop_, [](Engine&) -> Result<bool> { return true; }));
    // A full queue drains by itself and `shut_down` waits for it.
    (void)co_await std::move(last);
    closed_ = true;
  }
  shut_down();
}

void CommitQueue::shut_down() {
  closed_ = true;
  event_.reset();
  if (writer_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
    syncer_.join();
  }
  // Inline only: a thread has emptied its queue before it ended.
  while (engine_ != nullptr && !queue_.empty()) announce(meters_, commit(take()));
  engine_.reset();
}

}  // namespace chorus::store::detail
