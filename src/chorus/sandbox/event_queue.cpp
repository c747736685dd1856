#include "chorus/sandbox/event_queue.hpp"

#include <algorithm>
#include <utility>

namespace chorus::sandbox {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Numbers begin at a random value in this range, and begin anew after a week of silence.
constexpr std::int64_t kFirstNumber = 2'000'001;
constexpr std::int64_t kLastNumber = 1'000'000'000;
constexpr Duration kForgetNumbersAfter = hours(24 * 7);

}  // namespace

Duration lifetime(EventKind kind) noexcept {
  return kind == EventKind::Button ? Duration(seconds(150)) : Duration(hours(24));
}

EventQueue::EventQueue(Rng rng, Limits limits) : rng_(rng), limits_(limits) {
  restart_numbers();
}

void EventQueue::restart_numbers() {
  next_ = rng_.between(kFirstNumber, kLastNumber);
}

bool EventQueue::push(std::shared_ptr<const Event> event, MonoTime now) {
  const auto size = event->body.size();
  if (size > limits_.event_bytes || live_ >= limits_.events || bytes_ + size > limits_.bytes) {
    return false;
  }
  if (events_.empty() && now - last_added_ > kForgetNumbersAfter) restart_numbers();
  last_added_ = now;
  ++live_;
  bytes_ += size;
  fill_up_to(next_);
  events_.push_back({next_++, std::move(event)});
  if (listener_ != nullptr) listener_->on_added(events_.back());
  return true;
}

/// Numbers in the queue have no gaps, so that they can be found by index. After a restart there
/// are: what was delivered out of order before it.
void EventQueue::fill_up_to(std::int64_t number) {
  if (events_.empty()) return;
  for (auto missing = events_.back().number + 1; missing < number; ++missing) {
    events_.push_back({missing, nullptr, true, true});
  }
}

void EventQueue::restore(std::int64_t number, std::shared_ptr<const Event> event) {
  fill_up_to(number);
  ++live_;
  bytes_ += event->body.size();
  events_.push_back({number, std::move(event)});
  next_ = std::max(next_, number + 1);
}

void EventQueue::leave(QueuedEvent& event) {
  event.gone = true;
  --live_;
  bytes_ -= event.event->body.size();
  event.event.reset();
}

void EventQueue::trim() {
  while (!events_.empty() && events_.front().gone) events_.pop_front();
}

void EventQueue::confirm_below(std::int64_t number, const OnDropped& dropped) {
  while (!events_.empty() && events_.front().number < number) {
    auto& front = events_.front();
    if (!front.gone) {
      if (!front.taken && dropped) dropped(*front.event, DropReason::DroppedByBot);
      leave(front);
    }
    events_.pop_front();
  }
}

QueuedEvent* EventQueue::find(std::int64_t number) {
  if (events_.empty() || number < events_.front().number) return nullptr;
  const auto index = static_cast<std::size_t>(number - events_.front().number);
  if (index >= events_.size() || events_[index].gone) return nullptr;
  return &events_[index];
}

void EventQueue::confirm(std::int64_t number) {
  if (auto* event = find(number)) {
    leave(*event);
    trim();
  }
}

void EventQueue::drop(std::int64_t number, DropReason reason, const OnDropped& dropped) {
  if (auto* event = find(number)) {
    if (!event->taken && dropped) dropped(*event->event, reason);
    leave(*event);
    trim();
  }
}

void EventQueue::clear(DropReason reason, const OnDropped& dropped) {
  for (auto& event : events_) {
    if (event.gone) continue;
    if (!event.taken && dropped) dropped(*event.event, reason);
    leave(event);
  }
  events_.clear();
}

void EventQueue::expire(WallTime now, bool all, const OnDropped& dropped) {
  for (auto& event : events_) {
    if (event.gone) continue;
    if (event.event->expires <= now) {
      if (!event.taken && dropped) dropped(*event.event, DropReason::Expired);
      leave(event);
    } else if (!all) {
      break;
    }
  }
  trim();
}

std::vector<QueuedEvent*> EventQueue::from(std::int64_t number, std::size_t limit) {
  std::vector<QueuedEvent*> result;
  if (events_.empty()) return result;
  std::size_t index = 0;
  if (number > events_.front().number) {
    index = static_cast<std::size_t>(number - events_.front().number);
  }
  result.reserve(std::min(limit, live_));
  for (; index < events_.size() && result.size() < limit; ++index) {
    if (!events_[index].gone) result.push_back(&events_[index]);
  }
  return result;
}

std::int64_t EventQueue::head() const {
  for (const auto& event : events_) {
    if (!event.gone) return event.number;
  }
  return next_;
}

}  // namespace chorus::sandbox
