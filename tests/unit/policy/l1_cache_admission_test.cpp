#include "chorus/base/random.hpp"
#include "chorus/policy/l1_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <unordered_map>
#include <vector>

// Which share of demands each trace hits, against the same trace on a plain list of the most
// recently used (reference: W-TinyLFU must gain 3 points on a mix of Zipf and scans, and lose at
// most one elsewhere).
namespace chorus::policy {
namespace {

using Trace = std::vector<std::uint64_t>;

class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}
  bool demand(std::uint64_t key) {
    if (const auto found = where_.find(key); found != where_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    if (order_.size() == capacity_) {
      where_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(key);
    where_[key] = order_.begin();
    return false;
  }

 private:
  std::size_t capacity_;
  std::list<std::uint64_t> order_;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> where_;
};

double lru_ratio(const Trace& trace, std::size_t capacity) {
  Lru lru(capacity);
  const auto hits = std::ranges::count_if(trace, [&](auto key) { return lru.demand(key); });
  return static_cast<double>(hits) / static_cast<double>(trace.size());
}

double cache_ratio(const Trace& trace, std::size_t capacity) {
  L1Cache<std::uint64_t, int> cache({.capacity = capacity, .ttl = std::chrono::hours(1)});
  for (const auto key : trace) {
    if (!cache.get(key, MonoTime{})) cache.put(key, 1, 0, MonoTime{});
    EXPECT_LE(cache.size(), capacity);
  }
  return static_cast<double>(cache.counters().hits) / static_cast<double>(trace.size());
}

/// Keys 0 to `keys` - 1, the k-th asked for in proportion to 1 / k^0.9.
class Zipf {
 public:
  Zipf(std::size_t keys, Rng rng) : rng_(rng) {
    double sum = 0;
    for (std::size_t k = 1; k <= keys; ++k) {
      sum += 1 / std::pow(static_cast<double>(k), 0.9);
      sums_.push_back(sum);
    }
  }
  std::uint64_t next() {
    const double wanted = rng_.uniform() * sums_.back();
    return static_cast<std::uint64_t>(std::ranges::lower_bound(sums_, wanted) - sums_.begin());
  }

 private:
  Rng rng_;
  std::vector<double> sums_;
};

constexpr std::size_t kCapacity = 500;

TEST(L1CacheAdmission, AScanDrivesNothingOut) {
  Zipf zipf(20'000, Rng(1));
  Trace trace;
  std::uint64_t scanned = 1'000'000;
  for (int round = 0; round < 25; ++round) {
    for (int i = 0; i < 3000; ++i) trace.push_back(zipf.next());
    for (int i = 0; i < 1000; ++i) trace.push_back(scanned++);
  }
  const double lru = lru_ratio(trace, kCapacity);
  const double ours = cache_ratio(trace, kCapacity);
  RecordProperty("lru_permille", static_cast<int>(lru * 1000));
  RecordProperty("w_tinylfu_permille", static_cast<int>(ours * 1000));
  EXPECT_GE(ours, lru + 0.03) << "plain LRU: " << lru;
}

TEST(L1CacheAdmission, APlainZipfIsServedAtLeastAsWell) {
  Zipf zipf(20'000, Rng(2));
  Trace trace;
  for (int i = 0; i < 80'000; ++i) trace.push_back(zipf.next());
  EXPECT_GE(cache_ratio(trace, kCapacity), lru_ratio(trace, kCapacity) - 0.01);
}

TEST(L1CacheAdmission, ALoopLargerThanTheCacheStillHits) {
  Trace trace;
  for (int i = 0; i < 60'000; ++i) trace.push_back(static_cast<std::uint64_t>(i) % 600);
  EXPECT_EQ(lru_ratio(trace, kCapacity), 0) << "each is driven out just before it comes again";
  EXPECT_GT(cache_ratio(trace, kCapacity), 0.5);
}

TEST(L1CacheAdmission, WhatWasPopularOnceMakesRoom) {
  L1Cache<std::uint64_t, int> cache({.capacity = kCapacity, .ttl = std::chrono::hours(1)});
  const auto demand = [&](std::uint64_t key) {
    const bool hit = bool(cache.get(key, MonoTime{}));
    if (!hit) cache.put(key, 1, 0, MonoTime{});
    return hit;
  };
  for (int i = 0; i < 20'000; ++i) demand(static_cast<std::uint64_t>(i) % kCapacity);
  int late_hits = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool hit = demand(10'000 + static_cast<std::uint64_t>(i) % kCapacity);
    late_hits += i >= 15'000 && hit ? 1 : 0;
  }
  EXPECT_GT(late_hits, 4000) << "of 5000: the new favourites are held now";
}

}  // namespace
}  // namespace chorus::policy
