#pragma once

#include "chorus/base/check.hpp"
#include "chorus/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace chorus::policy {

/// Classes of work, the most urgent first.
enum class Priority : std::uint8_t {
  Direct,       ///< a person spoke to us alone
  Mention,      ///< a person named us or replied to us in a room
  Ambient,      ///< an answer nobody asked for by name
  SelfStarted,  ///< the bot speaks on its own account
};
inline constexpr std::size_t kPriorities = 4;

/// Bounded queue of classes with ageing. Within a class it is strictly first in, first out. Between
/// classes an item gains one class per `age_step` waited, so of items that arrived within one step
/// the more urgent class goes first, and an item of class c is overtaken only by items that arrived
/// less than c * age_step after it: nothing starves. Since waiting adds the same to all, only the
/// heads of the classes are compared; push and pop are O(classes).
///
/// Full: the newest item of the least urgent class makes room for a more urgent one, otherwise the
/// new item is refused; either way the caller gets the loser back and must account for it.
template <class T>
class AgeingQueue {
 public:
  enum class DropReason : std::uint8_t { Refused, Evicted };
  struct Dropped {
    T item;
    Priority priority;
    MonoTime queued_at;
    DropReason reason;
  };
  struct Popped {
    T item;
    Priority priority;
    Duration waited;
  };

  /// capacity >= 1; age_step > 0.
  AgeingQueue(std::size_t capacity, Duration age_step) : capacity_(capacity), step_(age_step) {
    CH_CHECK(capacity >= 1);
    CH_CHECK(age_step > Duration::zero());
  }

  /// nullopt: queued, nobody lost. Otherwise what was lost: the item itself (Refused) or another
  /// (Evicted; the item is queued).
  [[nodiscard]] std::optional<Dropped> push(T item, Priority priority, MonoTime now) {
    const auto own = static_cast<std::size_t>(priority);
    std::optional<Dropped> lost;
    if (size_ == capacity_) {
      const std::size_t victim = least_urgent();
      if (victim <= own) {
        return Dropped{std::move(item), priority, now, DropReason::Refused};
      }
      Entry& last = classes_[victim].back();
      lost.emplace(Dropped{std::move(last.item), static_cast<Priority>(victim), last.queued_at,
                           DropReason::Evicted});
      classes_[victim].pop_back();
      --size_;
    }
    classes_[own].push_back(Entry{std::move(item), now});
    ++size_;
    return lost;
  }

  /// The next item, or nullopt when empty.
  [[nodiscard]] std::optional<Popped> pop(MonoTime now) {
    const std::size_t chosen = next_class();
    if (chosen == kPriorities) return std::nullopt;
    Entry& head = classes_[chosen].front();
    std::optional<Popped> out(
        Popped{std::move(head.item), static_cast<Priority>(chosen), now - head.queued_at});
    classes_[chosen].pop_front();
    --size_;
    return out;
  }

  /// What `pop` would give; nullptr when empty. Valid until the next push or pop.
  [[nodiscard]] const T* peek() const {
    const std::size_t chosen = next_class();
    return chosen == kPriorities ? nullptr : &classes_[chosen].front().item;
  }

  /// Takes out whatever `gone` is true of, and says how many; O(size).
  template <class Gone>
  std::size_t erase_if(Gone gone) {
    std::size_t erased = 0;
    for (auto& entries : classes_) {
      erased += std::erase_if(entries, [&](const Entry& entry) { return gone(entry.item); });
    }
    size_ -= erased;
    return erased;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t size(Priority priority) const {
    return classes_[static_cast<std::size_t>(priority)].size();
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Wait of the oldest item; zero when empty.
  [[nodiscard]] Duration oldest_wait(MonoTime now) const {
    Duration wait{};
    for (const auto& entries : classes_) {
      if (!entries.empty() && now - entries.front().queued_at > wait) {
        wait = now - entries.front().queued_at;
      }
    }
    return wait;
  }

 private:
  struct Entry {
    T item;
    MonoTime queued_at;
  };

  /// kPriorities when empty. The virtual arrival (arrival + class * step) decides; on a tie the
  /// more urgent class goes first.
  [[nodiscard]] std::size_t next_class() const {
    std::size_t best = kPriorities;
    MonoTime best_key{};
    for (std::size_t c = 0; c < kPriorities; ++c) {
      if (classes_[c].empty()) continue;
      const MonoTime key = classes_[c].front().queued_at + step_ * static_cast<std::int64_t>(c);
      if (best == kPriorities || key < best_key) {
        best = c;
        best_key = key;
      }
    }
    return best;
  }
  [[nodiscard]] std::size_t least_urgent() const {
    for (std::size_t c = kPriorities; c-- > 0;) {
      if (!classes_[c].empty()) return c;
    }
    return 0;
  }

  std::size_t capacity_;
  Duration step_;
  std::array<std::deque<Entry>, kPriorities> classes_;
  std::size_t size_ = 0;
};

}  // namespace chorus::policy
