#pragma once

#include "chorus/app/notify/notice_board.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"

#include <deque>
#include <functional>
#include <string>

namespace chorus::app {

/// Takes notices to one place, in order, one at a time. A place that fails is tried again with
/// growing pauses and then given up; nobody waits for it. At most 100 wait: the oldest goes.
/// Counted in chorus_notices_total{target, result}. One loop.
class NoticeQueue {
 public:
  /// Retryable errors are tried again. What it answers is logged by its code alone: addresses of
  /// web hooks are secrets.
  using Send = std::function<rt::Task<Result<void>>(Notice)>;
  NoticeQueue(rt::Loop& loop, metrics::Registry& metrics, std::string target, Send send,
              Duration first_pause = std::chrono::seconds(1));

  void push(Notice notice);
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Ends what is under way; the rest is lost.
  rt::Task<void> close();

 private:
  static rt::Task<void> run(NoticeQueue* self);
  rt::Task<bool> deliver(Notice notice);

  rt::Loop& loop_;
  std::string target_;
  Send send_;
  Duration first_pause_;
  metrics::Counter& sent_;
  metrics::Counter& failed_;
  metrics::Counter& dropped_;
  std::deque<Notice> waiting_;
  bool running_ = false;
  rt::TaskScope scope_;
};

}  // namespace chorus::app
