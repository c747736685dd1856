#include "chorus/base/timer_wheel.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <bit>

namespace chorus {

namespace {

constexpr std::int64_t kTickNanos = 1000;
constexpr std::uint64_t kMaxTick = (std::uint64_t{1} << 48) - 1;  // 8.9 years

std::uint64_t tick_at_or_after(MonoTime t) {
  const auto ns = t.time_since_epoch().count();
  if (ns <= 0) return 0;
  // Not (ns + kTickNanos - 1) / kTickNanos: "never" is the largest number.
  const auto whole = static_cast<std::uint64_t>(ns / kTickNanos);
  return std::min(whole + (ns % kTickNanos != 0 ? 1 : 0), kMaxTick);
}

std::uint64_t tick_at_or_before(MonoTime t) {
  const auto ns = t.time_since_epoch().count();
  return ns <= 0 ? 0 : std::min(static_cast<std::uint64_t>(ns / kTickNanos), kMaxTick);
}

MonoTime time_of(std::uint64_t tick) {
  return MonoTime{Duration(static_cast<std::int64_t>(tick) * kTickNanos)};
}

}  // namespace

TimerWheel::Sentinel::Sentinel() : TimerEntry(nullptr) {
  prev_ = this;
  next_ = this;
}

TimerEntry* TimerWheel::Sentinel::pop_front() {
  TimerEntry* entry = next_;
  next_ = entry->next_;
  next_->prev_ = this;
  entry->prev_ = nullptr;
  entry->next_ = nullptr;
  return entry;
}

void TimerWheel::Sentinel::take_all(Sentinel& from) {
  if (from.empty()) return;
  from.next_->prev_ = prev_;
  prev_->next_ = from.next_;
  from.prev_->next_ = this;
  prev_ = from.prev_;
  from.prev_ = &from;
  from.next_ = &from;
}

TimerWheel::TimerWheel() = default;

TimerWheel::~TimerWheel() {
  CH_DCHECK(size_ == 0);
}

void TimerWheel::link(TimerEntry& entry) {
  const std::uint64_t differ = entry.tick_ ^ now_tick_;
  const std::size_t level = differ == 0 ? 0 : (std::bit_width(differ) - 1) / kBits;
  const std::size_t slot = (entry.tick_ >> (level * kBits)) & (kSlots - 1);
  Sentinel& list = slots_[level][slot];
  entry.prev_ = list.prev_;
  entry.next_ = &list;
  list.prev_->next_ = &entry;
  list.prev_ = &entry;
  bitmap_[level] |= std::uint64_t{1} << slot;
}

void TimerWheel::arm(TimerEntry& entry, MonoTime due) {
  cancel(entry);
  entry.due_ = due;
  entry.tick_ = std::max(tick_at_or_after(due), now_tick_);
  link(entry);
  ++size_;
}

void TimerWheel::cancel(TimerEntry& entry) {
  if (!entry.armed()) return;
  entry.prev_->next_ = entry.next_;
  entry.next_->prev_ = entry.prev_;
  // The neighbours are one and the same only when the list is now empty: then it is its sentinel.
  if (entry.next_ == entry.prev_) {
    const auto* list = static_cast<const Sentinel*>(entry.next_);
    const Sentinel* first = &slots_[0][0];
    if (list != &firing_ && list->empty()) {
      const auto index = static_cast<std::size_t>(list - first);
      bitmap_[index / kSlots] &= ~(std::uint64_t{1} << (index % kSlots));
    }
  }
  entry.prev_ = nullptr;
  entry.next_ = nullptr;
  --size_;
}

bool TimerWheel::earliest(std::size_t& level, std::size_t& slot, std::uint64_t& start) const {
  // Entries of a lower level are always earlier: they share more leading bits with now.
  for (level = 0; level < kLevels; ++level) {
    if (bitmap_[level] == 0) continue;
    slot = static_cast<std::size_t>(std::countr_zero(bitmap_[level]));
    const std::uint64_t block = (now_tick_ >> (level * kBits)) & ~std::uint64_t{kSlots - 1};
    start = (block | slot) << (level * kBits);
    return true;
  }
  return false;
}

std::size_t TimerWheel::advance(MonoTime now) {
  const std::uint64_t target = std::max(tick_at_or_before(now), now_tick_);
  std::size_t level = 0;
  std::size_t slot = 0;
  std::uint64_t start = 0;
  // Due entries are gathered first and fired afterwards: what they arm belongs to the next call.
  while (earliest(level, slot, start) && start <= target) {
    now_tick_ = std::max(now_tick_, start);
    Sentinel& list = slots_[level][slot];
    bitmap_[level] &= ~(std::uint64_t{1} << slot);
    if (level == 0) {
      firing_.take_all(list);
      continue;
    }
    Sentinel moving;
    moving.take_all(list);
    while (!moving.empty()) link(*moving.pop_front());
  }
  now_tick_ = target;
  std::size_t fired = 0;
  while (!firing_.empty()) {
    TimerEntry* entry = firing_.pop_front();
    --size_;
    ++fired;
    entry->fire_(*entry);
  }
  return fired;
}

std::optional<MonoTime> TimerWheel::next_event() const {
  std::size_t level = 0;
  std::size_t slot = 0;
  std::uint64_t start = 0;
  if (!earliest(level, slot, start)) return std::nullopt;
  return time_of(start);
}

std::optional<MonoTime> TimerWheel::next_due() const {
  std::size_t level = 0;
  std::size_t slot = 0;
  std::uint64_t start = 0;
  if (!earliest(level, slot, start)) return std::nullopt;
  if (level == 0) return time_of(start);
  const Sentinel& list = slots_[level][slot];
  std::uint64_t best = UINT64_MAX;
  for (const TimerEntry* entry = list.next_; entry != &list; entry = entry->next_) {
    best = std::min(best, entry->tick_);
  }
  return time_of(best);
}

}  // namespace chorus
