#pragma once

#include "chorus/base/error.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/task.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace chorus::rt {

/// Bounded FIFO between tasks of one loop. Full: `send` waits, `try_send` rejects. After `close`,
/// receivers drain what is left and then get nullopt; senders get Cancelled.
template <class T>
class Channel {
 public:
  Channel(Loop& loop, std::size_t capacity)
      : capacity_(capacity), not_empty_(loop), not_full_(loop) {}

  /// Errors: Cancelled when closed or when the waiting task was cancelled; the item is then gone.
  Task<Result<void>> send(T item) {
    while (!closed_ && items_.size() >= capacity_) {
      if (!co_await not_full_.wait()) co_return fail(ErrorCode::Cancelled);
    }
    if (closed_) co_return fail(ErrorCode::Cancelled, "the channel is closed");
    items_.push_back(std::move(item));
    not_empty_.notify_one();
    co_return Result<void>{};
  }

  /// False when full or closed; the item is left with the caller only if passed as an lvalue.
  bool try_send(T&& item) {
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(item));
    not_empty_.notify_one();
    return true;
  }

  /// nullopt when closed and empty, or when the waiting task was cancelled.
  Task<std::optional<T>> receive() {
    while (items_.empty()) {
      if (closed_) co_return std::nullopt;
      if (!co_await not_empty_.wait()) co_return std::nullopt;
    }
    co_return take();
  }
  std::optional<T> try_receive() {
    if (items_.empty()) return std::nullopt;
    return take();
  }

  void close() {
    closed_ = true;
    not_empty_.notify_all();
    not_full_.notify_all();
  }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  std::optional<T> take() {
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

  std::size_t capacity_;
  std::deque<T> items_;
  Notify not_empty_;
  Notify not_full_;
  bool closed_ = false;
};

}  // namespace chorus::rt
