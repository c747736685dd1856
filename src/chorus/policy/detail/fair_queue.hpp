#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/policy/detail/slab.hpp"

#include <algorithm>
#include <cstdint>

namespace chorus::policy::detail {

inline constexpr std::uint32_t kNoSlot = 0xffffffffU;

/// Links of a waiter in its user's queue.
struct WaiterLinks {
  std::uint32_t prev = kNoSlot;
  std::uint32_t next = kNoSlot;
};

/// Which ring a user with waiters stands in: Eligible ones take turns, Parked ones are at their own
/// limit and are passed over.
enum class Ring : std::uint8_t { None, Eligible, Parked };

struct QueueUser {
  PersonId id;
  std::uint32_t conversations = kNoSlot;  ///< head of the list of all of theirs
  std::uint32_t total = 0;
  std::uint32_t held = 0;  ///< work slots
  std::uint32_t queued = 0;
  std::uint32_t first = kNoSlot;  ///< of the waiters
  std::uint32_t last = kNoSlot;
  std::uint32_t ring_prev = kNoSlot;
  std::uint32_t ring_next = kNoSlot;
  Ring ring = Ring::None;
};

/// The wait queue: round robin over users, first in first out within one. It links records that
/// live in the caller's slabs; `Waiters` maps a slot to its WaiterLinks.
template <class Waiters>
class FairQueue {
 public:
  FairQueue(Slab<QueueUser>& users, Waiters waiters) : users_(users), waiters_(waiters) {}

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool any_eligible() const { return eligible_.first != kNoSlot; }
  /// The waiter whose turn it is among eligible users; kNoSlot when none.
  [[nodiscard]] std::uint32_t front() const {
    return any_eligible() ? users_[eligible_.first].first : kNoSlot;
  }
  /// Any waiter at all, for emptying the queue.
  [[nodiscard]] std::uint32_t any() const {
    if (any_eligible()) return front();
    return parked_.first == kNoSlot ? kNoSlot : users_[parked_.first].first;
  }

  void push(std::uint32_t user_slot, std::uint32_t waiter, bool user_eligible) {
    QueueUser& user = users_[user_slot];
    WaiterLinks& links = waiters_(waiter);
    links = {user.last, kNoSlot};
    (user.last == kNoSlot ? user.first : waiters_(user.last).next) = waiter;
    user.last = waiter;
    ++user.queued;
    ++size_;
    if (user.ring == Ring::None) enter(user_slot, user_eligible ? Ring::Eligible : Ring::Parked);
  }

  void remove(std::uint32_t user_slot, std::uint32_t waiter) {
    QueueUser& user = users_[user_slot];
    WaiterLinks& links = waiters_(waiter);
    (links.prev == kNoSlot ? user.first : waiters_(links.prev).next) = links.next;
    (links.next == kNoSlot ? user.last : waiters_(links.next).prev) = links.prev;
    links = {};
    --user.queued;
    --size_;
    if (user.queued == 0) leave(user_slot);
  }

  /// The user had their turn: behind everybody, eligible or not.
  void rotate(std::uint32_t user_slot, bool still_eligible) {
    if (users_[user_slot].ring == Ring::None) return;
    leave(user_slot);
    enter(user_slot, still_eligible ? Ring::Eligible : Ring::Parked);
  }
  /// One of the user's slots became free, or all are taken.
  void set_eligible(std::uint32_t user_slot, bool eligible) {
    const Ring wanted = eligible ? Ring::Eligible : Ring::Parked;
    if (users_[user_slot].ring == Ring::None || users_[user_slot].ring == wanted) return;
    leave(user_slot);
    enter(user_slot, wanted);
  }

  /// 1 = next; see ConversationManager. O(users that wait + own waiters ahead).
  [[nodiscard]] std::uint32_t position(std::uint32_t user_slot, std::uint32_t waiter) const {
    std::uint32_t own_ahead = 0;
    for (std::uint32_t w = waiters_(waiter).prev; w != kNoSlot; w = waiters_(w).prev) ++own_ahead;
    const bool parked = users_[user_slot].ring == Ring::Parked;
    std::uint32_t ahead = own_ahead;
    bool before_own = true;
    for (std::uint32_t u = (parked ? parked_ : eligible_).first; u != kNoSlot;
         u = users_[u].ring_next) {
      if (u == user_slot) {
        before_own = false;
      } else {
        ahead += std::min(users_[u].queued, own_ahead + (before_own ? 1U : 0U));
      }
    }
    if (parked) {
      for (std::uint32_t u = eligible_.first; u != kNoSlot; u = users_[u].ring_next) {
        ahead += users_[u].queued;
      }
    }
    return ahead + 1;
  }

 private:
  struct Ends {
    std::uint32_t first = kNoSlot;
    std::uint32_t last = kNoSlot;
  };
  Ends& ends(Ring ring) { return ring == Ring::Parked ? parked_ : eligible_; }

  void enter(std::uint32_t user_slot, Ring ring) {
    QueueUser& user = users_[user_slot];
    Ends& list = ends(ring);
    user.ring = ring;
    user.ring_prev = list.last;
    user.ring_next = kNoSlot;
    (list.last == kNoSlot ? list.first : users_[list.last].ring_next) = user_slot;
    list.last = user_slot;
  }
  void leave(std::uint32_t user_slot) {
    QueueUser& user = users_[user_slot];
    if (user.ring == Ring::None) return;
    Ends& list = ends(user.ring);
    (user.ring_prev == kNoSlot ? list.first : users_[user.ring_prev].ring_next) = user.ring_next;
    (user.ring_next == kNoSlot ? list.last : users_[user.ring_next].ring_prev) = user.ring_prev;
    user.ring = Ring::None;
    user.ring_prev = user.ring_next = kNoSlot;
  }

  Slab<QueueUser>& users_;
  Waiters waiters_;
  Ends eligible_;
  Ends parked_;
  std::uint32_t size_ = 0;
};

}  // namespace chorus::policy::detail
