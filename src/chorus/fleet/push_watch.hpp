#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/guard.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace chorus::fleet {

/// Class E: our bots do not push one instrument together. In any hour at most two of them say the
/// same direction of it (so a third within 30 minutes never does), and once an instrument was
/// pushed four times in an hour both directions must be heard: the entropy of the directions stays
/// at 0.5 bit or more. Bounded: it remembers at most 1,000 pushes and forgets the oldest.
/// One thread. Source: reference/practice.md 3.5.
class PushWatch {
 public:
  /// True when the push may be made; it is then remembered.
  bool allow(BotId bot, const Guard::Push& push, MonoTime now);

 private:
  struct Seen {
    BotId bot;
    std::string asset;
    int direction;
    MonoTime at;
  };
  [[nodiscard]] bool is_one_sided(const Guard::Push& push) const;

  std::vector<Seen> seen_;  ///< oldest first
};

/// Entropy in bits of two outcomes that were seen `a` and `b` times.
double direction_entropy(std::size_t a, std::size_t b);

}  // namespace chorus::fleet
