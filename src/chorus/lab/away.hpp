#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// A time in which the lab itself was away: it was killed, and resumed from its last checkpoint.
/// Nothing of it is measured. Times are from the start of the load, on the run's one time axis.
struct Away {
  Duration from{};              ///< of the last checkpoint: what came after it is not known
  Duration back{};              ///< the load began again
  Duration until{};             ///< and its warm-up was over: measured from here on
  std::uint64_t in_flight = 0;  ///< messages at `from` whose end nobody saw, counted as in_flight
};
void archive(detail::Archive& archive, Away& away);

/// How much of [from, to) the lab was away. `all` do not overlap.
Duration away_within(const std::vector<Away>& all, Duration from, Duration to);

}  // namespace chorus::lab
