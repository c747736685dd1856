#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace chorus::sandbox::matrix {

/// Which event a transaction id made. The key holds the sender's device (or its application
/// service), the kind of call, the room and the id. Bounded: the oldest are forgotten. Source:
/// specification, client-server API 2 ("Transaction identifiers"), and reference matrix.md 1.2.
class Transactions {
 public:
  static constexpr std::size_t kMost = 200'000;

  /// Empty when the key is new.
  [[nodiscard]] const std::string& find(const std::string& key) const {
    static const std::string kNone;
    const auto found = events_.find(key);
    return found == events_.end() ? kNone : found->second;
  }
  void add(const std::string& key, std::string event_id) {
    if (!events_.emplace(key, std::move(event_id)).second) return;
    order_.push_back(key);
    if (order_.size() <= kMost) return;
    events_.erase(order_.front());
    order_.pop_front();
  }
  [[nodiscard]] const std::deque<std::string>& order() const { return order_; }
  void clear() {
    events_.clear();
    order_.clear();
  }

 private:
  std::unordered_map<std::string, std::string> events_;
  std::deque<std::string> order_;
};

}  // namespace chorus::sandbox::matrix
