#include "chorus/rt/scope.hpp"

#include "chorus/base/check.hpp"
#include "chorus/rt/notify.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <list>

namespace chorus::rt {

namespace asio = boost::asio;

struct TaskScope::Handle::State {
  std::string_view name;
  asio::cancellation_signal signal;
  std::optional<Task<void>> task;  ///< until it starts
  bool started = false;
  bool cancelled = false;
  bool done = false;
};

struct TaskScope::Impl {
  explicit Impl(Loop& l) : loop(l), empty(l) {}
  Loop& loop;
  Notify empty;
  std::list<std::shared_ptr<Handle::State>> running;
  bool stopping = false;
};

namespace {

/// The root frame: without this flag the wait after a cancelled one would throw.
Task<void> root(Task<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

void cancel_state(auto& state) {
  if (state.done || state.cancelled) return;
  state.cancelled = true;
  if (state.started) state.signal.emit(asio::cancellation_type::terminal);
}

}  // namespace

TaskScope::TaskScope(Loop& loop) : impl_(std::make_shared<Impl>(loop)) {}

TaskScope::~TaskScope() {
  CH_CHECK(impl_->running.empty());
}

bool TaskScope::stopping() const {
  return impl_->stopping;
}
std::size_t TaskScope::size() const {
  return impl_->running.size();
}
Loop& TaskScope::loop() const {
  return impl_->loop;
}

void TaskScope::cancel() {
  impl_->stopping = true;
  // A copy: a cancelled task may end at once and leave the list.
  const auto tasks = impl_->running;
  for (const auto& state : tasks) cancel_state(*state);
}

Task<void> TaskScope::join() {
  const auto impl = impl_;
  // A cancelled joiner still waits: the scope must not go before its tasks.
  while (!impl->running.empty()) (void)co_await impl->empty.wait();
}

Task<bool> TaskScope::join_or_cancelled() {
  const auto impl = impl_;
  while (!impl->running.empty()) {
    if (!co_await impl->empty.wait()) co_return impl->running.empty();
  }
  co_return true;
}

Task<void> TaskScope::close() {
  cancel();
  co_await join();
}

void TaskScope::Handle::cancel() const {
  if (state_) cancel_state(*state_);
}

bool TaskScope::Handle::done() const {
  return !state_ || state_->done;
}

TaskScope::Handle TaskScope::start(std::string_view name, Task<void> task) {
  if (impl_->stopping) return Handle();
  auto state = std::make_shared<Handle::State>();
  state->name = name;
  state->task.emplace(std::move(task));
  const auto position = impl_->running.insert(impl_->running.end(), state);
  const auto finish = [impl = impl_, state, position](std::exception_ptr error) {
    state->done = true;
    if (error) impl->loop.report_exception(state->name, error);
    impl->running.erase(position);
    if (impl->running.empty()) impl->empty.notify_all();
  };
  impl_->loop.count_step();
  asio::post(impl_->loop.executor(), [impl = impl_, state, finish] {
    state->started = true;
    if (state->cancelled) {
      state->task.reset();
      finish(nullptr);
      return;
    }
    Task<void> body = std::move(*state->task);
    state->task.reset();
    asio::co_spawn(impl->loop.executor(), root(std::move(body)),
                   asio::bind_cancellation_slot(state->signal.slot(), finish));
  });
  return Handle(std::move(state));
}

}  // namespace chorus::rt
