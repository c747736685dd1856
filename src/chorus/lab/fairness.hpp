#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// What one person, or one room, got of the replies it was owed.
struct Served {
  std::string name;
  std::uint32_t required = 0;
  std::uint32_t answered = 0;  ///< in time
  double mean_ms = 0;          ///< of the replies that came
};

/// Were all served alike? Shares, not counts: who asks more gets more.
struct FairnessReport {
  std::uint32_t people = 0;  ///< who were owed a reply
  double jain = 1;           ///< over the answered shares; 1 is perfectly fair
  double gini = 0;           ///< of the answered shares; 0 is perfectly fair
  /// Lorenz curve: share of the people, worst served first, and what part of the answered shares is
  /// theirs. At most 41 points from (0, 0) to (1, 1).
  std::vector<std::pair<double, double>> lorenz;
  std::vector<Served> worst_people;  ///< lowest answered share, then slowest; at most 10
  std::vector<Served> worst_rooms;   ///< groups only
};

/// Counts required replies of each key (a person, a room). 16 bytes a key; keys beyond `kMaxKeys`
/// are not kept. One thread.
class ServiceTally {
 public:
  static constexpr std::size_t kMaxKeys = 1'000'000;
  void add(std::uint32_t key, bool answered);
  void replied(std::uint32_t key, Duration latency);
  [[nodiscard]] double jain() const;
  [[nodiscard]] std::uint32_t served() const;  ///< keys that were owed a reply
  /// Keys with their numbers, worst first; names are left empty.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, Served>> worst(std::size_t n) const;
  /// Fills people, jain, gini and lorenz.
  void fill(FairnessReport& out) const;
  void archive(detail::Archive& archive);

 private:
  struct Key {
    std::uint32_t required = 0;
    std::uint32_t answered = 0;
    std::uint32_t replies = 0;
    float sum_ms = 0;
  };
  Key* at(std::uint32_t key);
  [[nodiscard]] std::vector<double> shares() const;  ///< ascending
  std::vector<Key> keys_;
};

}  // namespace chorus::lab
