#pragma once

#include "chorus/base/check.hpp"
#include "chorus/base/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chorus::policy::detail {

/// Indexed 4-ary heap of due times for the slots of a slab: at most one due time per slot, equal
/// due times come out in the order in which they were armed. Arming for a time later than all
/// others (the common case, as timeouts are constants) is O(1); other operations are O(log n).
/// Against the timer wheel it bounds the cost of one step: no cascade can move 100,000 entries at
/// once.
class DueHeap {
 public:
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] MonoTime top_due() const { return MonoTime(Duration(nodes_.front().due)); }
  [[nodiscard]] std::uint32_t top_slot() const { return nodes_.front().slot; }
  [[nodiscard]] std::size_t bytes() const {
    return nodes_.capacity() * sizeof(Node) + where_.capacity() * sizeof(std::uint32_t);
  }
  void reserve(std::size_t slots) {
    nodes_.reserve(slots);
    where_.reserve(slots);
  }

  /// (Re-)arms the slot.
  void arm(std::uint32_t slot, MonoTime due) {
    if (slot >= where_.size()) where_.resize(slot + std::size_t{1}, kNowhere);
    const Node node{due.time_since_epoch().count(), next_order_++, slot};
    std::size_t at = where_[slot];
    if (at == kNowhere) {
      at = nodes_.size();
      nodes_.push_back(node);
      sift_up(at, node);
      return;
    }
    const bool earlier = before(node, nodes_[at]);
    if (earlier) {
      sift_up(at, node);
    } else {
      sift_down(at, node);
    }
  }

  /// No effect when not armed.
  void cancel(std::uint32_t slot) {
    if (slot >= where_.size() || where_[slot] == kNowhere) return;
    const std::size_t at = where_[slot];
    where_[slot] = kNowhere;
    const Node last = nodes_.back();
    nodes_.pop_back();
    if (at == nodes_.size()) return;
    if (at > 0 && before(last, nodes_[(at - 1) / kArity])) {
      sift_up(at, last);
    } else {
      sift_down(at, last);
    }
  }

 private:
  static constexpr std::size_t kArity = 4;
  static constexpr std::uint32_t kNowhere = 0xffffffffU;
  struct Node {
    std::int64_t due;
    std::uint32_t order;
    std::uint32_t slot;
  };
  static bool before(const Node& a, const Node& b) {
    if (a.due != b.due) return a.due < b.due;
    return static_cast<std::int32_t>(a.order - b.order) < 0;
  }
  void put(std::size_t at, const Node& node) {
    nodes_[at] = node;
    where_[node.slot] = static_cast<std::uint32_t>(at);
  }
  void sift_up(std::size_t at, Node node) {
    while (at > 0) {
      const std::size_t parent = (at - 1) / kArity;
      if (!before(node, nodes_[parent])) break;
      put(at, nodes_[parent]);
      at = parent;
    }
    put(at, node);
  }
  void sift_down(std::size_t at, Node node) {
    for (;;) {
      const std::size_t first = at * kArity + 1;
      if (first >= nodes_.size()) break;
      const std::size_t end = std::min(first + kArity, nodes_.size());
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (before(nodes_[child], nodes_[least])) least = child;
      }
      if (!before(nodes_[least], node)) break;
      put(at, nodes_[least]);
      at = least;
    }
    put(at, node);
  }

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> where_;
  std::uint32_t next_order_ = 0;
};

}  // namespace chorus::policy::detail
