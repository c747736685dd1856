#include "chorus/app/notify/notice_queue.hpp"

#include "chorus/base/log.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <utility>

namespace chorus::app {

namespace {

constexpr std::size_t kMostWaiting = 100;
constexpr int kTries = 5;
constexpr Duration kTimeout = std::chrono::seconds(10);
constexpr Duration kLongestPause = std::chrono::minutes(5);

metrics::Counter& counter(metrics::Registry& metrics, const std::string& target,
                          const char* result) {
  return metrics.counter("chorus_notices_total", "Notices to the operator",
                         {{"target", target}, {"result", result}});
}

}  // namespace

NoticeQueue::NoticeQueue(rt::Loop& loop, metrics::Registry& metrics, std::string target, Send send,
                         Duration first_pause)
    : loop_(loop),
      target_(std::move(target)),
      send_(std::move(send)),
      first_pause_(first_pause),
      sent_(counter(metrics, target_, "sent")),
      failed_(counter(metrics, target_, "failed")),
      dropped_(counter(metrics, target_, "dropped")),
      scope_(loop) {}

void NoticeQueue::push(Notice notice) {
  if (waiting_.size() >= kMostWaiting) {
    waiting_.pop_front();
    dropped_.add();
  }
  waiting_.push_back(std::move(notice));
  if (!std::exchange(running_, true)) rt::spawn(scope_, "notices", &NoticeQueue::run, this);
}

rt::Task<void> NoticeQueue::run(NoticeQueue* self) {
  while (!self->waiting_.empty() && !self->scope_.stopping()) {
    Notice notice = std::move(self->waiting_.front());
    self->waiting_.pop_front();
    const bool delivered = co_await self->deliver(std::move(notice));
    (delivered ? self->sent_ : self->failed_).add();
  }
  self->running_ = false;
}

rt::Task<bool> NoticeQueue::deliver(Notice notice) {
  Duration pause = first_pause_;
  for (int attempt = 1;; ++attempt) {
    const auto sent = co_await rt::with_timeout(loop_, kTimeout, send_(notice));
    if (sent) co_return true;
    const bool last = attempt == kTries || !is_retryable(sent.error().code);
    if (last || scope_.stopping()) {
      log::warn("notify", "a notice could not be taken to the {} ({}), tried {} times", target_,
                to_string(sent.error().code), attempt);
      co_return false;
    }
    const Duration asked = sent.error().retry_after.value_or(std::chrono::milliseconds(0));
    if (!co_await rt::sleep_for(loop_, std::min(std::max(pause, asked), kLongestPause))) {
      co_return false;
    }
    pause *= 3;
  }
}

rt::Task<void> NoticeQueue::close() {
  co_await scope_.close();
}

}  // namespace chorus::app
