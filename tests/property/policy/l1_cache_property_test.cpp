#include "chorus/policy/l1_cache.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a cache without a bound would hold of each key.
struct Known {
  std::uint64_t version = 0;  ///< the newest that was put or invalidated
  int value = -2;             ///< -1: does not exist; -2: nothing is held
  MonoTime expires{};
};

void agrees_with_a_map(std::size_t capacity, bool exact) {
  L1Cache<int, int> cache({.capacity = capacity, .ttl = seconds(3), .negative_ttl = seconds(1)});
  std::map<int, Known> model;
  MonoTime now{};
  std::uint64_t taken_out = 0;
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 8), rc::gen::inRange(0, 96), rc::gen::inRange(0, 500)));
  for (const auto& [kind, value, pause] : steps) {
    now += milliseconds(pause);
    const int key = value % 12;
    const auto version = static_cast<std::uint64_t>(value / 12);
    Known& known = model[key];
    if (kind <= 1) {
      const bool put =
          kind == 0 ? cache.put(key, version, value, now) : cache.put_negative(key, version, now);
      if (exact) {
        RC_ASSERT(put == (version >= known.version));
      }
      RC_ASSERT(put || version < known.version);
      if (put) known = {version, kind == 0 ? value : -1, now + seconds(kind == 0 ? 3 : 1)};
      if (put) {
        RC_ASSERT(cache.get(key, now).hit != CacheHit::Miss);
      }
    } else if (kind == 2) {
      cache.invalidate(key, version);
      if (version > known.version) known = {version, -2, {}};
    } else if (kind == 3) {
      if (cache.erase(key)) {
        ++taken_out;
        known = {};
      }
    } else {
      const auto got = cache.get(key, now);
      const bool live = known.value != -2 && known.expires > now;
      if (exact) {
        RC_ASSERT((got.hit != CacheHit::Miss) == live);
      }
      if (got.hit != CacheHit::Miss) {
        RC_ASSERT(live);
        RC_ASSERT(got.version == known.version);
        RC_ASSERT(got.hit == (known.value == -1 ? CacheHit::Negative : CacheHit::Value));
        if (got) {
          RC_ASSERT(*got.value == known.value);
        }
      }
    }
    RC_ASSERT(cache.size() <= capacity);
  }
  RC_ASSERT(cache.counters().invalidated >= taken_out);
  RC_ASSERT(cache.counters().rejected <= cache.counters().evicted);
}

TEST(L1CacheProperty, WithRoomItAgreesWithAMap) {
  EXPECT_TRUE(rc::check([] { agrees_with_a_map(1000, true); }));
}

TEST(L1CacheProperty, WhenItIsFullItForgetsButNeverLies) {
  EXPECT_TRUE(rc::check(
      [] { agrees_with_a_map(static_cast<std::size_t>(*rc::gen::inRange(1, 12)), false); }));
}

}  // namespace
}  // namespace chorus::policy
