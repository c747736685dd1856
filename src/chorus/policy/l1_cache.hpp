#pragma once

#include "chorus/base/check.hpp"
#include "chorus/base/time.hpp"
#include "chorus/policy/detail/frequency_sketch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chorus::policy {

enum class CacheHit : std::uint8_t {
  Miss,      ///< unknown, expired or older than asked for: read the store
  Value,     ///< `value` is set
  Negative,  ///< known not to exist
};

struct CacheCounters {
  std::uint64_t hits = 0;
  std::uint64_t negative_hits = 0;
  std::uint64_t misses = 0;         ///< expired and outdated ones included
  std::uint64_t expired = 0;        ///< found, but past their time
  std::uint64_t evicted = 0;        ///< gave room to another, not admitted ones included
  std::uint64_t rejected = 0;       ///< of these: newcomers less asked for than what is held
  std::uint64_t invalidated = 0;    ///< removed by a newer version or by `erase`
  std::uint64_t stale_refused = 0;  ///< a put that carried an older version than known
};

/// Bounded cache of immutable plain values in one process. What is asked for often stays: newcomers
/// live in a small window (1 % of the capacity), and whoever leaves it takes a place in the main
/// part only when it was asked for more often lately than the entry that would make room
/// (W-TinyLFU), so a scan of keys that are read once drives nothing out. The main part is a
/// segmented list: what was asked for again there is protected.
///
/// Each key carries a version; a value never replaces a newer one, and an invalidation that
/// overtakes the read it belongs to is remembered, so that the late, old value is not cached (the
/// last `capacity` invalidations and expiries are remembered). A negative entry ("does not exist")
/// lives for its own, shorter time. What was just put is held until others have filled the window.
///
/// Values are handed out as `shared_ptr<const Value>` because the cache and any number of turns own
/// a value together: a turn keeps its snapshot when the cache drops it.
///
/// One thread; `now` must not go back. All operations O(1) (amortised); memory: `capacity` entries,
/// reserved as they come, as many remembered versions, and 8 to 16 bytes of sketch per entry. Time
/// to live is checked on reading and on making room, so an expired entry stays until then.
template <class Key, class Value, class Hash = std::hash<Key>>
class L1Cache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  struct Config {
    std::size_t capacity = 1000;                      ///< entries, >= 1
    Duration ttl = std::chrono::seconds(5);           ///< of values
    Duration negative_ttl = std::chrono::seconds(1);  ///< of "does not exist"
  };
  struct Lookup {
    CacheHit hit = CacheHit::Miss;
    Ptr value{};
    std::uint64_t version = 0;
    explicit operator bool() const { return hit == CacheHit::Value; }
  };

  explicit L1Cache(Config config)
      : config_(config),
        window_most_(std::max<std::size_t>(1, config.capacity / 100)),
        protected_most_((config.capacity - window_most_) * 4 / 5),
        sketch_(config.capacity) {
    CH_CHECK(config.capacity >= 1);
  }

  /// Every call counts as one demand for the key. Entries older than `min_version` are a miss.
  [[nodiscard]] Lookup get(const Key& key, MonoTime now, std::uint64_t min_version = 0) {
    sketch_.count(Hash{}(key));
    const auto found = slots_.find(key);
    if (found == slots_.end() || entries_[found->second].version < min_version) {
      ++counters_.misses;
      return {};
    }
    const std::uint32_t slot = found->second;
    Entry& entry = entries_[slot];
    if (entry.expires <= now) {
      ++counters_.misses;
      ++counters_.expired;
      remember_floor(key, entry.version);
      remove(slot);
      return {};
    }
    touch(slot);
    if (!entry.present) {
      ++counters_.negative_hits;
      return {CacheHit::Negative, nullptr, entry.version};
    }
    ++counters_.hits;
    return {CacheHit::Value, entry.value, entry.version};
  }

  /// False when a newer version is known (the value is not cached).
  bool put(const Key& key, std::uint64_t version, Ptr value, MonoTime now) {
    return store(key, version, true, std::move(value), now + config_.ttl, now);
  }
  bool put(const Key& key, std::uint64_t version, Value value, MonoTime now) {
    return put(key, version, std::make_shared<const Value>(std::move(value)), now);
  }
  /// Remembers that the key does not exist, as of `version`.
  bool put_negative(const Key& key, std::uint64_t version, MonoTime now) {
    return store(key, version, false, nullptr, now + config_.negative_ttl, now);
  }

  /// The key has changed to `version`: anything older is forgotten, and refused if it comes later.
  void invalidate(const Key& key, std::uint64_t version) {
    const auto found = slots_.find(key);
    if (found != slots_.end()) {
      if (entries_[found->second].version >= version) return;
      ++counters_.invalidated;
      remove(found->second);
    }
    remember_floor(key, version);
  }
  /// Forgets what is held for the key, whatever its version. False when nothing was.
  bool erase(const Key& key) {
    const auto found = slots_.find(key);
    if (found == slots_.end()) return false;
    ++counters_.invalidated;
    remove(found->second);
    return true;
  }
  /// Forgets everything, versions and demand too (the invalidation link was lost).
  void clear() {
    slots_.clear();
    entries_.clear();
    free_.clear();
    floors_.clear();
    floor_order_.clear();
    sketch_.clear();
    for (List& list : lists_) list = {};
  }

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] std::size_t capacity() const { return config_.capacity; }
  [[nodiscard]] const CacheCounters& counters() const { return counters_; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  enum Segment : std::uint8_t { kWindow, kProbation, kProtected };
  struct Entry {
    Key key;
    Ptr value{};
    std::uint64_t version = 0;
    MonoTime expires{};
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
    Segment segment = kWindow;
    bool present = false;
  };
  struct List {
    std::uint32_t newest = kNone;
    std::uint32_t oldest = kNone;
    std::size_t size = 0;
  };
  struct Floor {
    std::uint64_t version = 0;
    std::uint64_t serial = 0;
  };

  bool store(const Key& key, std::uint64_t version, bool present, Ptr value, MonoTime expires,
             MonoTime now) {
    if (const auto floor = floors_.find(key); floor != floors_.end()) {
      if (floor->second.version > version) {
        ++counters_.stale_refused;
        return false;
      }
      floors_.erase(floor);  // the entry's own version says it from now on
    }
    std::uint32_t slot = kNone;
    if (const auto found = slots_.find(key); found != slots_.end()) {
      slot = found->second;
      if (entries_[slot].version > version) {
        ++counters_.stale_refused;
        return false;
      }
      touch(slot);
    } else {
      slot = claim(key, now);
    }
    Entry& entry = entries_[slot];
    entry.value = std::move(value);
    entry.version = version;
    entry.expires = expires;
    entry.present = present;
    return true;
  }

  /// A slot for a new key, in the window.
  std::uint32_t claim(const Key& key, MonoTime now) {
    while (lists_[kWindow].size >= window_most_) leave_window(now);
    std::uint32_t slot = kNone;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
      entries_[slot] = Entry{.key = key};
    } else {
      slot = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back(Entry{.key = key});
    }
    slots_.emplace(key, slot);
    link(slot, kWindow);
    return slot;
  }

  /// The oldest of the window goes to the main part, in place of another, or out.
  void leave_window(MonoTime now) {
    const std::uint32_t candidate = lists_[kWindow].oldest;
    const std::size_t main_most = config_.capacity - window_most_;
    if (lists_[kProbation].size + lists_[kProtected].size >= main_most) {
      const std::uint32_t victim = victim_of_main();
      if (victim == kNone || !admits(candidate, victim, now)) {
        ++counters_.evicted;
        ++counters_.rejected;
        remove(candidate);
        return;
      }
      ++counters_.evicted;
      remove(victim);
    }
    unlink(candidate);
    link(candidate, kProbation);
  }
  [[nodiscard]] std::uint32_t victim_of_main() const {
    return lists_[kProbation].oldest != kNone ? lists_[kProbation].oldest
                                              : lists_[kProtected].oldest;
  }
  [[nodiscard]] bool admits(std::uint32_t candidate, std::uint32_t victim, MonoTime now) const {
    if (entries_[victim].expires <= now) return true;
    return sketch_.estimate(Hash{}(entries_[candidate].key)) >
           sketch_.estimate(Hash{}(entries_[victim].key));
  }

  void touch(std::uint32_t slot) {
    const Segment segment = entries_[slot].segment;
    unlink(slot);
    if (segment == kWindow || protected_most_ == 0) return link(slot, segment);
    link(slot, kProtected);
    if (lists_[kProtected].size <= protected_most_) return;
    const std::uint32_t demoted = lists_[kProtected].oldest;
    unlink(demoted);
    link(demoted, kProbation);
  }

  void remove(std::uint32_t slot) {
    unlink(slot);
    slots_.erase(entries_[slot].key);
    entries_[slot].value.reset();
    free_.push_back(slot);
  }

  void remember_floor(const Key& key, std::uint64_t version) {
    Floor& floor = floors_[key];
    if (floor.serial != 0 && floor.version >= version) return;
    floor = {version, ++floor_serial_};
    floor_order_.emplace_back(key, floor.serial);
    while (floor_order_.size() > config_.capacity) {
      const auto& [oldest, serial] = floor_order_.front();
      const auto found = floors_.find(oldest);
      if (found != floors_.end() && found->second.serial == serial) floors_.erase(found);
      floor_order_.pop_front();
    }
  }

  void unlink(std::uint32_t slot) {
    const Entry& entry = entries_[slot];
    List& list = lists_[entry.segment];
    (entry.newer == kNone ? list.newest : entries_[entry.newer].older) = entry.older;
    (entry.older == kNone ? list.oldest : entries_[entry.older].newer) = entry.newer;
    --list.size;
  }
  void link(std::uint32_t slot, Segment segment) {
    List& list = lists_[segment];
    Entry& entry = entries_[slot];
    entry.segment = segment;
    entry.newer = kNone;
    entry.older = list.newest;
    (list.newest == kNone ? list.oldest : entries_[list.newest].newer) = slot;
    list.newest = slot;
    ++list.size;
  }

  Config config_;
  std::size_t window_most_;
  std::size_t protected_most_;
  std::unordered_map<Key, std::uint32_t, Hash> slots_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  List lists_[3];
  std::unordered_map<Key, Floor, Hash> floors_;
  std::deque<std::pair<Key, std::uint64_t>> floor_order_;
  std::uint64_t floor_serial_ = 0;
  detail::FrequencySketch sketch_;
  CacheCounters counters_;
};

}  // namespace chorus::policy
