#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "chorus/base/time.hpp"

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

/// Hierarchical wheel: 8 levels of 64 slots, tick 1 us, one bitmap per level. Arm, cancel and re-arm
/// cost nanoseconds at any number of entries. Pure: it has no clock. Entries of one instant fire in
/// the order they were armed. One thread.
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
  /// Fires everything due at or before `now`, in order of due tick. Entries armed by a fired entry
  /// for an instant <= now fire in the same call. Returns how many fired.
  std::size_t advance(MonoTime now);
  /// Like `advance`, but fires at most `max` entries; call again for the rest.
  std::size_t advance(MonoTime now, std::size_t max);
  /// Exact due time of the earliest entry (cascades are looked through).
  [[nodiscard]] std::optional<MonoTime> next_due() const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kLevels = 8;
  static constexpr std::size_t kSlots = 64;
  struct Head {
    TimerEntry* first = nullptr;
    TimerEntry* last = nullptr;
  };
  void link(TimerEntry& entry);
  void unlink(TimerEntry& entry);

  std::array<std::array<Head, kSlots>, kLevels> slots_{};
  std::array<std::uint64_t, kLevels> bitmap_{};
  std::uint64_t now_tick_ = 0;
  std::size_t size_ = 0;
};

}  // namespace chorus
