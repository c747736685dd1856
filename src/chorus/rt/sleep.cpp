#include "chorus/rt/sleep.hpp"

#include "chorus/rt/detail/wait.hpp"

#include <boost/asio/post.hpp>

namespace chorus::rt {

Task<bool> sleep_until(Loop& loop, MonoTime due) {
  const auto start = [due](detail::WaitNode& node) {
    if (due <= node.loop.now()) {
      node.wake_later(detail::Wake::Timer);
    } else {
      node.loop.arm(node, due);
    }
  };
  return detail::wait_as(loop, start, &detail::unless_cancelled);
}

Task<bool> sleep_for(Loop& loop, Duration d) {
  return sleep_until(loop, saturating_add(loop.now(), d));
}

Task<bool> take_cancelled() {
  namespace this_coro = boost::asio::this_coro;
  const auto state = co_await this_coro::cancellation_state;
  const bool cancelled = state.cancelled() != boost::asio::cancellation_type::none;
  if (cancelled) co_await this_coro::reset_cancellation_state();
  co_return cancelled;
}

Task<void> yield(Loop& loop) {
  loop.count_step();
  // To the very end of the queue, behind tasks that were woken but have not resumed yet.
  co_await boost::asio::post(loop.executor(), boost::asio::deferred);
}

Deadline::Entry::Entry(Deadline& o)
    : TimerEntry([](TimerEntry& entry) noexcept {
        Deadline& self = *static_cast<Entry&>(entry).owner;
        self.expired_ = true;
        self.on_expire_(self.context_);
      }),
      owner(&o) {}

Deadline::Deadline(Loop& loop, OnExpire on_expire, void* context)
    : loop_(loop), on_expire_(on_expire), context_(context), entry_(*this) {}

Deadline::~Deadline() {
  loop_.disarm(entry_);
}

void Deadline::arm(MonoTime due) {
  expired_ = false;
  loop_.arm(entry_, due);
}

void Deadline::arm_after(Duration d) {
  arm(saturating_add(loop_.now(), d));
}

void Deadline::disarm() {
  loop_.disarm(entry_);
}

}  // namespace chorus::rt
