#pragma once

#include "chorus/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace chorus {

/// An entry of the wheel, embedded in its owner. The owner cancels it before it goes.
/// `fire` is called once, with the entry unlinked, and may arm it again.
class TimerEntry {
 public:
  using Fire = void (*)(TimerEntry&) noexcept;
  explicit TimerEntry(Fire fire) : fire_(fire) {}
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;
  [[nodiscard]] bool armed() const { return next_ != nullptr; }
  [[nodiscard]] MonoTime due() const { return due_; }

 private:
  friend class TimerWheel;
  TimerEntry* prev_ = nullptr;
  TimerEntry* next_ = nullptr;
  Fire fire_;
  MonoTime due_{};
  std::uint64_t tick_ = 0;
};

/// Hierarchical wheel: 8 levels of 64 slots, tick 1 us, one bitmap per level. Arm, cancel and
/// re-arm cost nanoseconds at any number of entries. Pure: it has no clock. Entries of one instant
/// fire in the order they were armed. One thread.
class TimerWheel {
 public:
  TimerWheel();
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// (Re-)arms. A due time in the past fires at the next `advance`. Rounded up to the tick.
  void arm(TimerEntry& entry, MonoTime due);
  /// No effect when not armed.
  void cancel(TimerEntry& entry);
  /// Fires what is due at or before `now`, in order of due tick. Entries that a fired entry arms
  /// for an instant <= now wait for the next call, so that nobody starves the loop. Returns how
  /// many fired. Not reentrant.
  std::size_t advance(MonoTime now);
  /// Due time of the earliest entry, rounded up to the tick; a walk over one slot's list.
  [[nodiscard]] std::optional<MonoTime> next_due() const;
  /// A time not after `next_due` at which `advance` has something to do; O(1).
  [[nodiscard]] std::optional<MonoTime> next_event() const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kBits = 6;
  static constexpr std::size_t kLevels = 8;
  static constexpr std::size_t kSlots = std::size_t{1} << kBits;
  // Lists are circular with a sentinel, so that an entry can be unlinked from wherever it is.
  struct Sentinel : TimerEntry {
    Sentinel();
    [[nodiscard]] bool empty() const { return next_ == this; }
    TimerEntry* pop_front();
    void take_all(Sentinel& from);
    friend class TimerWheel;
  };
  void link(TimerEntry& entry);
  /// Start tick of the earliest non-empty slot and where it is; false when the wheel is empty.
  bool earliest(std::size_t& level, std::size_t& slot, std::uint64_t& start) const;

  std::array<std::array<Sentinel, kSlots>, kLevels> slots_;
  std::array<std::uint64_t, kLevels> bitmap_{};
  Sentinel firing_;
  std::uint64_t now_tick_ = 0;
  std::size_t size_ = 0;
};

}  // namespace chorus
