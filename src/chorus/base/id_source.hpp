#pragma once

#include <cstdint>

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"

namespace chorus {

/// Makes our own ids before the insert: 43 bits of milliseconds since 2020, 20 bits that start at a
/// random value each millisecond and count up. Strictly growing within one source; two sources may
/// collide with probability 2^-20 per pair of ids made in the same millisecond, which the store's
/// primary key turns into a conflict. One thread.
class IdSource {
 public:
  IdSource(const Clock& clock, Rng rng) : clock_(&clock), rng_(rng) {}

  template <class IdType>
  IdType next() {
    return IdType(next_value());
  }
  std::int64_t next_value();

 private:
  const Clock* clock_;
  Rng rng_;
  std::int64_t last_ = 0;
};

}  // namespace chorus
