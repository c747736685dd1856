#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

namespace chorus::sandbox::matrix {

struct Receipt {
  std::string type;  ///< m.read, m.read.private
  std::string event_id;
  std::string thread;   ///< empty: unthreaded
  std::int64_t ts = 0;  ///< milliseconds
  std::int64_t position = 0;
};

/// Who types and who has read what, by room (serial). Bounded by members, and threads per member.
class Ephemerals {
 public:
  /// User id, type, thread.
  using ReceiptKey = std::tuple<std::string, std::string, std::string>;
  static constexpr std::size_t kMostReceipts = 10'000;  // of one room

  struct Room {
    std::map<std::string, MonoTime> typing;  ///< user id, until when
    std::int64_t typing_position = 0;
    std::map<ReceiptKey, Receipt> receipts;
    std::int64_t receipts_position = 0;
  };

  Room& of(std::int64_t serial) { return rooms_[serial]; }
  [[nodiscard]] const Room* find(std::int64_t serial) const {
    const auto found = rooms_.find(serial);
    return found == rooms_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const std::map<std::int64_t, Room>& all() const { return rooms_; }
  void clear() { rooms_.clear(); }

 private:
  std::map<std::int64_t, Room> rooms_;
};

}  // namespace chorus::sandbox::matrix
