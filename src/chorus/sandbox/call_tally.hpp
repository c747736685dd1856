#pragma once

#include "chorus/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace chorus::sandbox {

/// Calls by method, for `/stats`: how often, with which status, and how long the sandbox took from
/// the request until its answer (held polls and injected faults are in it). Counts only go up.
/// At most kMaxMethods names of a door are told apart; what strangers invent beyond them is
/// `other`.
class CallTally {
 public:
  static constexpr std::size_t kMaxMethods = 200;
  static constexpr std::size_t kMaxStatuses = 32;  ///< of one method; more count as 0
  /// Upper bounds of the times that are told apart, in milliseconds; what is slower has none.
  static constexpr std::array<int, 15> kBoundsMs = {1,   2,    5,    10,   20,    50,    100,  200,
                                                    500, 1000, 2000, 5000, 10000, 30000, 60000};
  struct Method {
    std::uint64_t count = 0;
    std::map<int, std::uint64_t> statuses;
    double seconds = 0;                                     ///< sum
    std::array<std::uint64_t, kBoundsMs.size()> at_most{};  ///< calls within each bound
  };
  using Methods = std::map<std::string, Method, std::less<>>;

  /// `door` is `telegram`, `matrix` or `llm`. O(log n).
  void add(std::string_view door, std::string_view method, int status, Duration took);
  [[nodiscard]] const std::map<std::string, Methods, std::less<>>& doors() const { return doors_; }

 private:
  std::map<std::string, Methods, std::less<>> doors_;
};

}  // namespace chorus::sandbox
