#include "chorus/rt/scope.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/log.hpp"
#include "chorus/rt/notify.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <list>
#include <optional>

namespace chorus::rt {

namespace asio = boost::asio;

struct TaskScope::Handle::State {
  State(Loop& l, std::string_view n, Task<void> t) : loop(l), name(n), task(std::move(t)) {}
  using List = std::list<std::shared_ptr<State>>;
  Loop& loop;
  std::string_view name;
  asio::cancellation_signal signal;
  std::optional<Task<void>> task;  ///< until it starts
  std::shared_ptr<Impl> scope;     ///< until it ends: the scope's list holds this state
  List::iterator position;         ///< in that list
  bool started = false;
  bool cancelled = false;
  bool done = false;
};

struct TaskScope::Impl {
  explicit Impl(Loop& l) : loop(l), empty(l) {}
  Loop& loop;
  Notify empty;
  Handle::State::List running;
  bool stopping = false;

  void cancel_all();
};

namespace {

/// The root frame: without this flag the wait after a cancelled one would throw.
Task<void> root(Task<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

// A task between two Asio operations does not feel it, so it may be told again.
constexpr Duration kTellAgain = std::chrono::seconds(5);

void cancel_state(const auto& state) {
  if (state->done) return;
  state->cancelled = true;
  if (!state->started) return;
  // Asio forwards the signal by dispatch, with a bare pointer into it. Called from outside the
  // loop's run that would be a post, which the task may not live to see: so all of it goes to the
  // loop.
  asio::dispatch(state->loop.executor(), [state] {
    if (!state->done) state->signal.emit(asio::cancellation_type::terminal);
  });
}

}  // namespace

void TaskScope::Impl::cancel_all() {
  // A copy: a cancelled task may end at once and leave the list.
  const auto tasks = running;
  for (const auto& state : tasks) cancel_state(state);
}

TaskScope::TaskScope(Loop& loop) : impl_(std::make_shared<Impl>(loop)) {}

TaskScope::~TaskScope() {
  for (const auto& state : impl_->running) {
    log::error("rt", "task {} still runs, but its scope goes: close() it before", state->name);
  }
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
  if (impl_->stopping) return;  // clean-up that is under way is not woken a second time
  impl_->stopping = true;
  impl_->cancel_all();
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
  const auto impl = impl_;
  cancel();
  while (!impl->running.empty()) {
    const auto again = impl->loop.now() + kTellAgain;
    if (co_await impl->empty.wait_until(again) == Notify::Woken::Timeout) impl->cancel_all();
  }
}

void TaskScope::Handle::cancel() const {
  if (state_) cancel_state(state_);
}

bool TaskScope::Handle::done() const {
  return !state_ || state_->done;
}

TaskScope::Handle TaskScope::start(std::string_view name, Task<void> task) {
  if (impl_->stopping) return Handle();
  // Tasks are many and short: the end of one is a pointer that is moved, nothing that is copied.
  struct Finish {
    std::shared_ptr<Handle::State> state;
    void operator()(std::exception_ptr error) const {
      const auto scope = std::move(state->scope);
      state->done = true;
      if (error) scope->loop.report_exception(state->name, error);
      scope->running.erase(state->position);
      if (scope->running.empty()) scope->empty.notify_all();
    }
  };
  auto state = std::make_shared<Handle::State>(impl_->loop, name, std::move(task));
  state->scope = impl_;
  state->position = impl_->running.insert(impl_->running.end(), state);
  impl_->loop.count_step();
  asio::post(impl_->loop.executor(), [state] {
    state->started = true;
    if (state->cancelled) {
      state->task.reset();
      Finish{state}(nullptr);
      return;
    }
    Task<void> body = std::move(*state->task);
    state->task.reset();
    asio::co_spawn(state->loop.executor(), root(std::move(body)),
                   asio::bind_cancellation_slot(state->signal.slot(), Finish{state}));
  });
  return Handle(std::move(state));
}

}  // namespace chorus::rt
