#include "chorus/rt/notify.hpp"

#include "chorus/rt/detail/wait.hpp"

namespace chorus::rt {

using detail::WaitNode;
using detail::Wake;

struct Notify::Impl {
  explicit Impl(Loop& l) : loop(l), waiters(l) {}
  Loop& loop;
  detail::WaitList waiters;
};

Notify::Notify(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}

Notify::~Notify() {
  while (!impl_->waiters.empty()) impl_->waiters.front().wake_later(Wake::Cancelled);
}

Task<bool> Notify::wait() {
  auto* impl = impl_.get();
  const Wake how = co_await detail::async_wait_node(
      impl->loop, [impl](WaitNode& node) { impl->waiters.push_back(node); });
  co_return how == Wake::Notified;
}

Task<Notify::Woken> Notify::wait_until(MonoTime due) {
  auto* impl = impl_.get();
  const Wake how = co_await detail::async_wait_node(impl->loop, [impl, due](WaitNode& node) {
    impl->waiters.push_back(node);
    impl->loop.arm(node, due);
  });
  switch (how) {
    case Wake::Timer:
      co_return Woken::Timeout;
    case Wake::Notified:
      co_return Woken::Notified;
    case Wake::Cancelled:
      break;
  }
  co_return Woken::Cancelled;
}

void Notify::notify_one() {
  if (!impl_->waiters.empty()) impl_->waiters.front().wake_later(Wake::Notified);
}

void Notify::notify_all() {
  while (!impl_->waiters.empty()) impl_->waiters.front().wake_later(Wake::Notified);
}

std::size_t Notify::waiters() const {
  return impl_->waiters.size();
}

}  // namespace chorus::rt
