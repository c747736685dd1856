#include "chorus/rt/loop.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/log.hpp"
#include "chorus/rt/detail/wait.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <optional>

namespace chorus::rt {

namespace asio = boost::asio;

namespace {
// Keeps origin + due far from overflow; a wake-up an hour costs nothing.
constexpr Duration kLongestWait = std::chrono::hours(1);
}  // namespace

struct Loop::Impl {
  Impl(Loop& self, Options o)
      : options(o),
        rng(o.seed),
        origin(std::chrono::steady_clock::now()),
        work(context.get_executor()),
        ready(self) {
    // A virtual loop has no timer: without one there is no reactor, and a poll is no system call.
    if (options.mode == Mode::Real) timer.emplace(context);
    if (options.metrics != nullptr) {
      lag = &options.metrics->histogram("chorus_loop_lag_seconds",
                                        "How late the loop fired the earliest timer");
      exceptions = &options.metrics->counter("chorus_task_exceptions_total",
                                             "Tasks that ended by an exception");
    }
  }

  [[nodiscard]] MonoTime real_now() const {
    return MonoTime{
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - origin)};
  }

  /// One Asio timer drives the wheel; it is touched only when an earlier deadline appears.
  void set_timer(MonoTime due) {
    // The wheel fires whole ticks: waking before the end of one would only wake twice.
    due = std::chrono::ceil<std::chrono::microseconds>(std::min(due, real_now() + kLongestWait));
    timer_due = due;
    timer->expires_at(origin + due.time_since_epoch());
    timer->async_wait([this](const boost::system::error_code& error) {
      if (error == asio::error::operation_aborted) return;
      fire();
    });
  }

  void fire() {
    firing = true;
    timer_due.reset();
    const MonoTime time = real_now();
    const auto due = wheel.next_event();
    if (lag != nullptr && due && *due <= time) {
      lag->record(static_cast<std::uint64_t>((time - *due).count()));
    }
    wheel.advance(time);
    firing = false;
    if (const auto next = wheel.next_event()) set_timer(*next);
  }

  void drain_ready() {
    ready_posted = false;
    detail::WaitList batch(ready.front().loop);
    batch.take_all(ready);
    while (!batch.empty()) batch.front().resume();
  }

  Options options;
  Rng rng;
  std::chrono::steady_clock::time_point origin;
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work;
  TimerWheel wheel;
  std::optional<asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>>
      timer;
  std::optional<MonoTime> timer_due;
  bool firing = false;  ///< the timer is set once, when all that is due has run
  detail::WaitList ready;
  bool ready_posted = false;
  MonoTime virtual_now{};
  std::uint64_t steps = 0;
  std::atomic<int> external{0};
  std::uint64_t external_begun = 0;  ///< loop thread
  std::atomic<bool> stop{false};
  metrics::Histogram* lag = nullptr;
  metrics::Counter* exceptions = nullptr;
  std::uint64_t exception_count = 0;
};

Loop::Loop(Options options) : impl_(std::make_unique<Impl>(*this, options)) {}

// A waiter that is left would own a frame that points into objects already gone. Scopes were joined
// before, so there is none; an entry of the wheel belongs to somebody who forgot to disarm it.
Loop::~Loop() {
  CH_CHECK(impl_->wheel.size() == 0 && impl_->ready.empty());
}

MonoTime Loop::now() const {
  return is_virtual() ? impl_->virtual_now : impl_->real_now();
}

WallTime Loop::wall_now() const {
  if (!is_virtual()) {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  return impl_->options.start_at + std::chrono::duration_cast<std::chrono::microseconds>(
                                       impl_->virtual_now.time_since_epoch());
}

Loop::Mode Loop::mode() const {
  return impl_->options.mode;
}
const Rng& Loop::rng() const {
  return impl_->rng;
}
Executor Loop::executor() const {
  return impl_->context.get_executor();
}
asio::io_context& Loop::context() {
  return impl_->context;
}
bool Loop::stopped() const {
  return impl_->stop;
}
std::uint64_t Loop::exceptions_for_test() const {
  return impl_->exception_count;
}

void Loop::run() {
  impl_->stop = false;
  if (is_virtual()) {
    run_until(MonoTime::max());
    return;
  }
  impl_->context.restart();
  impl_->context.run();
}

void Loop::run_until(MonoTime until) {
  CH_CHECK(is_virtual());
  auto& impl = *impl_;
  impl.stop = false;
  impl.context.restart();
  while (!impl.stop) {
    // Read before polling: whoever ended until then has posted before, and the poll sees it. What
    // began during the poll may have ended too, with an answer that the poll has not seen.
    const bool outside = impl.external.load() > 0;
    const std::uint64_t begun = impl.external_begun;
    impl.context.poll();  // until nothing is runnable
    if (impl.stop) return;
    if (impl.external_begun != begun) continue;
    if (outside) {
      // Time stands still until the work outside has posted its end. Asked again: when all of it
      // ended during the poll, its posts may have run there, and nothing would wake us any more.
      if (impl.external.load() > 0) impl.context.run_one();
      continue;
    }
    const auto next = impl.wheel.next_due();
    if (!next || *next > until) {
      if (until != MonoTime::max() && impl.virtual_now < until) impl.virtual_now = until;
      return;
    }
    if (*next > impl.virtual_now) {
      impl.virtual_now = *next;
      impl.steps = 0;
    }
    // Fired from a handler, so that resumed coroutines find Asio's recycled memory.
    asio::post(impl.context, [&impl] { impl.wheel.advance(impl.virtual_now); });
  }
}

void Loop::stop() {
  impl_->stop = true;
  impl_->context.stop();
}

void Loop::post(std::function<void()> function) {
  count_step();
  asio::post(impl_->context, std::move(function));
}

void Loop::post_from_thread(std::function<void()> function) {
  asio::post(impl_->context, std::move(function));
}

void Loop::external_begin() {
  ++impl_->external_begun;
  ++impl_->external;
}

void Loop::external_end() {
  --impl_->external;
  // A virtual loop may be blocked because of this operation alone.
  if (is_virtual()) asio::post(impl_->context, [] {});
}

void Loop::arm(TimerEntry& entry, MonoTime due) {
  if (due == MonoTime::max()) {
    impl_->wheel.cancel(entry);
    return;
  }
  impl_->wheel.arm(entry, due);
  if (is_virtual() || impl_->firing) return;
  if (!impl_->timer_due || due < *impl_->timer_due) impl_->set_timer(due);
}

void Loop::disarm(TimerEntry& entry) {
  impl_->wheel.cancel(entry);
}

void Loop::count_step() {
  if (!is_virtual()) return;
  if (++impl_->steps < impl_->options.max_steps_per_instant) return;
  log::error("rt", "{} steps at one virtual instant: a task spins without ever sleeping",
             impl_->steps);
  CH_CHECK(impl_->steps < impl_->options.max_steps_per_instant);
}

void Loop::make_ready(detail::WaitNode& node) {
  impl_->ready.push_back(node);
  if (impl_->ready_posted) return;
  impl_->ready_posted = true;
  asio::post(impl_->context, [impl = impl_.get()] { impl->drain_ready(); });
}

void Loop::cancel_wait(detail::WaitNode& node) {
  // Woken already: it sits in a ready list (of the loop or of a batch) with its outcome.
  if (node.ready) return;
  node.wake_later(detail::Wake::Cancelled);
}

void Loop::report_exception(std::string_view task_name, std::exception_ptr error) noexcept {
  ++impl_->exception_count;
  if (impl_->exceptions != nullptr) impl_->exceptions->add();
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    log::error("rt", "task {} ended by an exception (a bug of ours): {}", task_name, e.what());
  } catch (...) {
    log::error("rt", "task {} ended by an unknown exception (a bug of ours)", task_name);
  }
}

}  // namespace chorus::rt
