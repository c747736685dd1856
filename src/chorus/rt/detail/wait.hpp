#pragma once

#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace chorus::rt::detail {

enum class Wake : std::uint8_t { Timer, Notified, Cancelled };

/// One suspended coroutine: an entry of the wheel, and of a list of waiters or the loop's ready
/// list. It lives in the memory that Asio recycles for handlers and goes when it completes. An
/// intrusive operation of our own, because assigning any_completion_handler is broken in
/// Boost 1.81.
struct WaitNode : TimerEntry {
  using Complete = void (*)(WaitNode*) noexcept;
  WaitNode(Loop& l, Complete c) : TimerEntry(&WaitNode::on_timer), loop(l), complete(c) {}

  /// Leaves wheel and list.
  void unlink() {
    loop.disarm(*this);
    if (list_next == nullptr) return;
    list_prev->list_next = list_next;
    list_next->list_prev = list_prev;
    list_next = nullptr;
    list_prev = nullptr;
  }
  /// The coroutine resumes on the next turn of the loop, with `how`.
  void wake_later(Wake how) {
    unlink();
    outcome = how;
    ready = true;
    loop.make_ready(*this);
  }
  /// Resumes in place; the node is gone afterwards.
  void resume() noexcept {
    unlink();
    complete(this);
  }
  static void on_timer(TimerEntry& entry) noexcept {
    auto& node = static_cast<WaitNode&>(entry);
    node.outcome = Wake::Timer;
    node.resume();
  }

  Loop& loop;
  Complete complete;
  WaitNode* list_prev = nullptr;
  WaitNode* list_next = nullptr;
  Wake outcome = Wake::Timer;
  bool ready = false;  ///< woken, and not yet resumed
};

/// Circular list of waiters; a waiter leaves it from anywhere.
class WaitList {
 public:
  explicit WaitList(Loop& loop) : head_(loop, nullptr) {
    head_.list_next = &head_;
    head_.list_prev = &head_;
  }
  [[nodiscard]] bool empty() const { return head_.list_next == &head_; }
  void push_back(WaitNode& node) {
    node.list_prev = head_.list_prev;
    node.list_next = &head_;
    head_.list_prev->list_next = &node;
    head_.list_prev = &node;
  }
  [[nodiscard]] WaitNode& front() { return *head_.list_next; }
  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for (const WaitNode* node = head_.list_next; node != &head_; node = node->list_next) ++n;
    return n;
  }
  /// Moves everything of `other` to the end of this list.
  void take_all(WaitList& other) {
    if (other.empty()) return;
    other.head_.list_next->list_prev = head_.list_prev;
    head_.list_prev->list_next = other.head_.list_next;
    other.head_.list_prev->list_next = &head_;
    head_.list_prev = other.head_.list_prev;
    other.head_.list_next = &other.head_;
    other.head_.list_prev = &other.head_;
  }

 private:
  WaitNode head_;
};

template <class Handler>
struct WaitOp final : WaitNode {
  WaitOp(Loop& l, Handler h) : WaitNode(l, &WaitOp::finish), handler(std::move(h)) {}

  static void finish(WaitNode* node) noexcept {
    auto* op = static_cast<WaitOp*>(node);
    const Wake how = op->outcome;
    if (auto slot = boost::asio::get_associated_cancellation_slot(op->handler);
        slot.is_connected()) {
      slot.clear();
    }
    op->loop.count_step();
    Handler handler(std::move(op->handler));
    release(op, handler);
    std::move(handler)(how);
  }

  template <class H>
  static WaitOp* make(Loop& loop, H&& handler) {
    auto allocator = rebind(handler);
    auto* memory = std::allocator_traits<decltype(allocator)>::allocate(allocator, 1);
    return ::new (static_cast<void*>(memory)) WaitOp(loop, std::forward<H>(handler));
  }

  Handler handler;

 private:
  static auto rebind(const Handler& handler) {
    using Allocator = boost::asio::associated_allocator_t<Handler>;
    return typename std::allocator_traits<Allocator>::template rebind_alloc<WaitOp>(
        boost::asio::get_associated_allocator(handler));
  }
  static void release(WaitOp* op, const Handler& handler) {
    auto allocator = rebind(handler);
    op->~WaitOp();
    std::allocator_traits<decltype(allocator)>::deallocate(allocator, op, 1);
  }
};

/// Cancellation never resumes inside `emit`. A waiter that was woken already keeps its outcome.
struct CancelWait {
  explicit CancelWait(WaitNode* n) : node(n) {}
  void operator()(boost::asio::cancellation_type_t) const { node->loop.cancel_wait(*node); }
  WaitNode* node;
};

/// Suspends the calling coroutine; `start(WaitNode&)` arms it or puts it into a list.
template <class Start>
auto async_wait_node(Loop& loop, Start start) {
  return boost::asio::async_initiate<const boost::asio::deferred_t, void(Wake)>(
      [&loop, start](auto handler) {
        using Op = WaitOp<decltype(handler)>;
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        Op* op = Op::make(loop, std::move(handler));
        if (slot.is_connected()) slot.template emplace<CancelWait>(static_cast<WaitNode*>(op));
        start(static_cast<WaitNode&>(*op));
      },
      boost::asio::deferred);
}

/// Suspends the calling task until its node is woken, and answers `convert` of the reason.
///
/// A cancellation that finds the task between two waits (woken, but not yet resumed) is not lost:
/// Asio's state of the task remembers it, and the next wait reports it. Each is reported once.
template <class R, class Start>
Task<R> wait_as(Loop& loop, Start start, R (*convert)(Wake)) {
  namespace this_coro = boost::asio::this_coro;
  const auto state = co_await this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none) {
    co_await this_coro::reset_cancellation_state();
    co_return convert(Wake::Cancelled);
  }
  const Wake how = co_await async_wait_node(loop, start);
  if (how == Wake::Cancelled) co_await this_coro::reset_cancellation_state();
  co_return convert(how);
}

inline bool unless_cancelled(Wake how) {
  return how != Wake::Cancelled;
}

}  // namespace chorus::rt::detail
