#pragma once

#include "chorus/base/check.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <cstdint>
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
  std::uint64_t evicted = 0;        ///< gave room to another
  std::uint64_t invalidated = 0;    ///< removed by a newer version
  std::uint64_t stale_refused = 0;  ///< a put that carried an older version than known
};

/// Bounded cache of immutable plain values in one process, least recently used out first. Each key
/// carries a version; a value never replaces a newer one, and an invalidation that overtakes the
/// read it belongs to is remembered, so that the late, old value is not cached. A negative entry
/// ("does not exist") lives for its own, shorter time.
///
/// Values are handed out as `shared_ptr<const Value>` because the cache and any number of turns own
/// a value together: a turn keeps its snapshot when the cache drops it.
///
/// One thread; `now` must not go back. All operations O(1); memory: `capacity` entries, reserved as
/// they come. Time to live is checked on reading, so an expired entry stays until read, overwritten
/// or evicted. An invalidation of a key that is not held takes an entry like any other.
template <class Key, class Value, class Hash = std::hash<Key>>
class L1Cache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  struct Config {
    std::size_t capacity = 1024;                      ///< entries, >= 1
    Duration ttl = std::chrono::seconds(5);           ///< of values
    Duration negative_ttl = std::chrono::seconds(1);  ///< of "does not exist"
  };
  struct Lookup {
    CacheHit hit = CacheHit::Miss;
    Ptr value{};
    std::uint64_t version = 0;
    explicit operator bool() const { return hit == CacheHit::Value; }
  };

  explicit L1Cache(Config config) : config_(config) { CH_CHECK(config.capacity >= 1); }

  /// A hit makes the entry the most recently used. Entries older than `min_version` are a miss.
  [[nodiscard]] Lookup get(const Key& key, MonoTime now, std::uint64_t min_version = 0) {
    const auto found = slots_.find(key);
    if (found == slots_.end()) {
      ++counters_.misses;
      return {};
    }
    Entry& entry = entries_[found->second];
    if (entry.held == Held::Floor || entry.version < min_version) {
      ++counters_.misses;
      return {};
    }
    if (entry.expires <= now) {
      ++counters_.misses;
      ++counters_.expired;
      // Its version stays known as a floor; the value is let go.
      entry.held = Held::Floor;
      entry.value.reset();
      return {};
    }
    touch(found->second);
    if (entry.held == Held::Absent) {
      ++counters_.negative_hits;
      return {CacheHit::Negative, nullptr, entry.version};
    }
    ++counters_.hits;
    return {CacheHit::Value, entry.value, entry.version};
  }

  /// False when a newer version is known (the value is not cached).
  bool put(const Key& key, std::uint64_t version, Ptr value, MonoTime now) {
    return store(key, version, Held::Present, std::move(value), now + config_.ttl);
  }
  bool put(const Key& key, std::uint64_t version, Value value, MonoTime now) {
    return put(key, version, std::make_shared<const Value>(std::move(value)), now);
  }
  /// Remembers that the key does not exist, as of `version`.
  bool put_negative(const Key& key, std::uint64_t version, MonoTime now) {
    return store(key, version, Held::Absent, nullptr, now + config_.negative_ttl);
  }

  /// The key has changed to `version`: anything older is forgotten, and refused if it comes later.
  void invalidate(const Key& key, std::uint64_t version) {
    const auto found = slots_.find(key);
    if (found != slots_.end() && entries_[found->second].version >= version) return;
    if (found != slots_.end() && entries_[found->second].held != Held::Floor) {
      ++counters_.invalidated;
    }
    (void)store(key, version, Held::Floor, nullptr, MonoTime::max());  // newer: never refused
  }
  /// Forgets everything, versions too (the invalidation link was lost).
  void clear() {
    slots_.clear();
    entries_.clear();
    newest_ = oldest_ = kNone;
  }

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] const CacheCounters& counters() const { return counters_; }

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  enum class Held : std::uint8_t { Present, Absent, Floor };  ///< Floor: only a version is known
  struct Entry {
    Key key;
    Ptr value{};
    std::uint64_t version = 0;
    MonoTime expires{};
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
    Held held = Held::Floor;
  };

  bool store(const Key& key, std::uint64_t version, Held held, Ptr value, MonoTime expires) {
    std::uint32_t slot = kNone;
    if (const auto found = slots_.find(key); found != slots_.end()) {
      slot = found->second;
      if (entries_[slot].version > version) {
        ++counters_.stale_refused;
        return false;
      }
      touch(slot);
    } else {
      slot = claim(key);
    }
    Entry& entry = entries_[slot];
    entry.value = std::move(value);
    entry.version = version;
    entry.expires = expires;
    entry.held = held;
    return true;
  }

  /// A linked slot for a new key. The one place where admission is decided: a frequency sketch
  /// (W-TinyLFU) would compare the newcomer with `oldest_` here.
  std::uint32_t claim(const Key& key) {
    std::uint32_t slot = kNone;
    if (slots_.size() >= config_.capacity) {
      slot = oldest_;
      unlink(slot);
      slots_.erase(entries_[slot].key);
      ++counters_.evicted;
      entries_[slot] = Entry{.key = key};
    } else {
      slot = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back(Entry{.key = key});
    }
    slots_.emplace(key, slot);
    link_newest(slot);
    return slot;
  }

  void touch(std::uint32_t slot) {
    if (slot == newest_) return;
    unlink(slot);
    link_newest(slot);
  }
  void unlink(std::uint32_t slot) {
    const Entry& entry = entries_[slot];
    (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
    (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
  }
  void link_newest(std::uint32_t slot) {
    entries_[slot].newer = kNone;
    entries_[slot].older = newest_;
    (newest_ == kNone ? oldest_ : entries_[newest_].newer) = slot;
    newest_ = slot;
  }

  Config config_;
  std::unordered_map<Key, std::uint32_t, Hash> slots_;
  std::vector<Entry> entries_;
  std::uint32_t newest_ = kNone;
  std::uint32_t oldest_ = kNone;
  CacheCounters counters_;
};

}  // namespace chorus::policy
