#include "chorus/rt/sleep.hpp"

#include "chorus/rt/detail/wait.hpp"

namespace chorus::rt {

Task<bool> sleep_until(Loop& loop, MonoTime due) {
  const auto how = co_await detail::async_wait_node(loop, [due](detail::WaitNode& node) {
    if (due <= node.loop.now()) {
      node.wake_later(detail::Wake::Timer);
    } else {
      node.loop.arm(node, due);
    }
  });
  co_return how != detail::Wake::Cancelled;
}

Task<bool> sleep_for(Loop& loop, Duration d) {
  co_return co_await sleep_until(loop, loop.now() + d);
}

Task<void> yield(Loop& loop) {
  co_await detail::async_wait_node(
      loop, [](detail::WaitNode& node) { node.wake_later(detail::Wake::Notified); });
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
  arm(loop_.now() + d);
}

void Deadline::disarm() {
  loop_.disarm(entry_);
}

}  // namespace chorus::rt
