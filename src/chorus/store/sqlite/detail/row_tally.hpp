#pragma once

#include <cstdint>

namespace chorus::store::detail {

/// Rows of the tables that grow with the traffic: counting them would read them all, and a panel
/// asks every second.
struct RowTally {
  std::uint64_t inbox = 0;
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t turns = 0;
  std::uint64_t outbox = 0;

  bool operator==(const RowTally&) const = default;
};

}  // namespace chorus::store::detail
