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

namespace {

Notify::Woken woken(Wake how) {
  switch (how) {
    case Wake::Timer:
      return Notify::Woken::Timeout;
    case Wake::Notified:
      return Notify::Woken::Notified;
    case Wake::Cancelled:
      break;
  }
  return Notify::Woken::Cancelled;
}

}  // namespace

Notify::Notify(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}

Notify::~Notify() {
  while (!impl_->waiters.empty()) impl_->waiters.front().wake_later(Wake::Cancelled);
}

Task<bool> Notify::wait() {
  auto* impl = impl_.get();
  return detail::wait_as(
      impl->loop, [impl](WaitNode& node) { impl->waiters.push_back(node); },
      &detail::unless_cancelled);
}

Task<Notify::Woken> Notify::wait_until(MonoTime due) {
  auto* impl = impl_.get();
  const auto start = [impl, due](WaitNode& node) {
    impl->waiters.push_back(node);
    impl->loop.arm(node, due);
  };
  return detail::wait_as(impl->loop, start, &woken);
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
