#include "chorus/policy/l1_cache.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>

namespace chorus::policy {
namespace {

using std::chrono::seconds;
using Cache = L1Cache<std::string, int>;

MonoTime at(Duration d) {
  return MonoTime(d);
}

TEST(L1Cache, HitsMissesAndTimesOut) {
  Cache cache({.capacity = 4, .ttl = seconds(5), .negative_ttl = seconds(1)});
  EXPECT_EQ(cache.get("a", at({})).hit, CacheHit::Miss);
  EXPECT_TRUE(cache.put("a", 1, 10, at({})));
  const auto hit = cache.get("a", at(seconds(4)));
  ASSERT_TRUE(hit);
  EXPECT_EQ(*hit.value, 10);
  EXPECT_EQ(hit.version, 1U);
  EXPECT_FALSE(cache.get("a", at(seconds(5))));
  EXPECT_EQ(cache.counters().hits, 1U);
  EXPECT_EQ(cache.counters().misses, 2U);
  EXPECT_EQ(cache.counters().expired, 1U);
  EXPECT_EQ(*hit.value, 10) << "a reader keeps its snapshot";
}

TEST(L1Cache, WhatIsAskedForStaysWhenAnotherComes) {
  Cache cache({.capacity = 2, .ttl = seconds(5), .negative_ttl = seconds(1)});
  cache.put("a", 1, 1, at({}));
  cache.put("b", 1, 2, at({}));
  EXPECT_TRUE(cache.get("a", at({})));
  cache.put("c", 1, 3, at({}));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_TRUE(cache.get("a", at({})));
  EXPECT_FALSE(cache.get("b", at({})));
  EXPECT_TRUE(cache.get("c", at({})));
  EXPECT_EQ(cache.counters().evicted, 1U);
}

TEST(L1Cache, AnOlderVersionNeverReplacesANewerOne) {
  Cache cache({});
  EXPECT_TRUE(cache.put("a", 5, 50, at({})));
  EXPECT_FALSE(cache.put("a", 4, 40, at({})));
  EXPECT_EQ(*cache.get("a", at({})).value, 50);
  EXPECT_FALSE(cache.get("a", at({}), 6)) << "the caller knows of a newer one";
  EXPECT_EQ(cache.counters().stale_refused, 1U);
}

TEST(L1Cache, AnInvalidationThatOvertakesTheReadIsRemembered) {
  Cache cache({});
  cache.invalidate("a", 7);
  EXPECT_FALSE(cache.put("a", 6, 60, at({}))) << "the read began before the change";
  EXPECT_FALSE(cache.get("a", at({})));
  EXPECT_TRUE(cache.put("a", 7, 70, at({})));
  cache.invalidate("a", 7);
  EXPECT_TRUE(cache.get("a", at({}))) << "already at that version";
  cache.invalidate("a", 8);
  EXPECT_FALSE(cache.get("a", at({})));
  EXPECT_EQ(cache.counters().invalidated, 1U);
  EXPECT_FALSE(cache.put("a", 7, 70, at({}))) << "also after an expiry or invalidation";
}

TEST(L1Cache, RemembersWhatDoesNotExistForAShorterTime) {
  Cache cache({.capacity = 4, .ttl = seconds(5), .negative_ttl = seconds(1)});
  EXPECT_TRUE(cache.put_negative("a", 1, at({})));
  EXPECT_EQ(cache.get("a", at({})).hit, CacheHit::Negative);
  EXPECT_FALSE(cache.get("a", at({}))) << "a negative entry is not a value";
  EXPECT_EQ(cache.get("a", at(seconds(1))).hit, CacheHit::Miss);
  EXPECT_TRUE(cache.put("a", 2, 20, at(seconds(1))));
  EXPECT_TRUE(cache.get("a", at(seconds(1))));
  EXPECT_EQ(cache.counters().negative_hits, 2U);
}

TEST(L1Cache, ClearForgetsVersionsToo) {
  Cache cache({});
  cache.put("a", 9, 90, at({}));
  cache.clear();
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_TRUE(cache.put("a", 1, 10, at({})));
  EXPECT_EQ(*cache.get("a", at({})).value, 10);
}

/// The founding cache kept the store's own objects, dead or changed by the time they were read.
TEST(L1Cache, WhatItHandsOutIsAValueThatNobodyChangesOrTakesAway) {  // PB3
  static_assert(std::is_same_v<Cache::Ptr, std::shared_ptr<const int>>);
  Cache::Ptr first, second;
  {
    Cache cache({.capacity = 1, .ttl = seconds(5), .negative_ttl = seconds(1)});
    int given = 1;
    cache.put("a", 1, given, at({}));
    given = 9;
    first = cache.get("a", at({})).value;
    cache.put("a", 2, 2, at({}));
    second = cache.get("a", at({})).value;
    cache.put("b", 1, 3, at({}));  // evicts
    cache.invalidate("a", 3);
    cache.clear();
  }
  EXPECT_EQ(*first, 1);
  EXPECT_EQ(*second, 2);
}

TEST(L1Cache, WhatWasJustPutIsHeldHoweverRarelyAskedFor) {
  Cache cache({.capacity = 3});
  for (int round = 0; round < 9; ++round) {
    for (const auto* key : {"a", "b"}) (void)cache.get(key, at({}));
  }
  for (const auto* key : {"a", "b", "c", "d", "e"}) {
    cache.put(key, 1, 1, at({}));
    EXPECT_TRUE(cache.get(key, at({}))) << key;
  }
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_TRUE(cache.get("a", at({}))) << "often asked for: newcomers do not take its place";
  EXPECT_TRUE(cache.get("b", at({})));
  EXPECT_EQ(cache.counters().rejected, 2U);
}

TEST(L1Cache, AnExpiredEntryMakesRoomFirst) {
  Cache cache({.capacity = 2, .ttl = seconds(5)});
  for (int i = 0; i < 9; ++i) (void)cache.get("old", at({}));
  cache.put("old", 1, 1, at({}));
  cache.put("b", 1, 2, at(seconds(6)));
  cache.put("c", 1, 3, at(seconds(6)));
  EXPECT_TRUE(cache.get("b", at(seconds(6)))) << "admitted though never asked for";
  EXPECT_TRUE(cache.get("c", at(seconds(6))));
}

TEST(L1Cache, ErasesWhateverTheVersion) {
  Cache cache({});
  cache.put("a", 9, 90, at({}));
  EXPECT_TRUE(cache.erase("a"));
  EXPECT_FALSE(cache.erase("a"));
  EXPECT_FALSE(cache.get("a", at({})));
  EXPECT_TRUE(cache.put("a", 1, 10, at({}))) << "no version is remembered";
}

}  // namespace
}  // namespace chorus::policy
