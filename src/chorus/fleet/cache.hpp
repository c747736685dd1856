#pragma once

#include "chorus/base/error.hpp"
#include "chorus/fleet/cache_policy.hpp"
#include "chorus/fleet/detail/cache_parts.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/policy/l1_cache.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/store/l2_cache.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chorus::fleet {

struct CacheOptions {
  std::string name{};  ///< of the namespace: in keys, metrics and status
  CachePolicy policy = CachePolicy::L1;
  std::size_t capacity = 1000;
  Duration ttl = std::chrono::minutes(1);
  Duration negative_ttl = std::chrono::seconds(1);
  Duration load_timeout = std::chrono::seconds(10);
  Duration l2_deadline = std::chrono::milliseconds(50);
};

/// `options` with the policy that an operator gave for its name, if any.
CacheOptions cache_options(const CachePolicies& policies, CacheOptions options);

struct CacheStatus {
  std::string name;
  CachePolicy policy = CachePolicy::L1;
  std::size_t entries = 0;
  policy::CacheCounters l1;
  std::uint64_t loads = 0;        ///< reads of the source
  std::uint64_t load_errors = 0;  ///< of these: that failed
  std::uint64_t shared = 0;       ///< callers that waited for another's read
  std::uint64_t l2_hits = 0;
  std::uint64_t l2_errors = 0;
};

/// How a value travels to the second level. A change of `schema` makes older bytes a miss.
template <class Value>
struct CacheCodec {
  std::uint8_t schema = 1;
  std::function<std::string(const Value&)> encode;
  std::function<Result<Value>(std::string_view)> decode;
};

/// One namespace of cached reads: plain immutable values with versions, in this process and, when
/// its policy says so, in a level shared by processes. At most one read of the source per key is
/// under way; who asks meanwhile waits for it, and a caller that is cancelled leaves without
/// ending it. An invalidation counts for everyone who asks after it: a read that began before is
/// given only to those who waited for it, and not cached. A source that says "does not exist" is
/// believed for `negative_ttl`; an error is never cached.
///
/// The second level may fail at any time: it is then left out for 5 s, and reads go to the source.
/// One loop. `close` before destruction.
template <class Value>
class Cache {
 public:
  using Ptr = std::shared_ptr<const Value>;
  struct Loaded {
    std::optional<Value> value;  ///< none: it does not exist
    std::uint64_t version = 0;   ///< 0 for sources without versions
  };
  /// Reads the source; never a capturing coroutine (a plain function that starts one may capture).
  using Loader = std::function<rt::Task<Result<Loaded>>(std::string key)>;

  Cache(rt::Loop& loop, metrics::Registry& metrics, CacheOptions options,
        store::L2Cache* l2 = nullptr, CacheCodec<Value> codec = {})
      : loop_(loop),
        options_(std::move(options)),
        l2_(options_.policy == CachePolicy::L1AndL2 ? l2 : nullptr),
        codec_(std::move(codec)),
        l1_({options_.capacity, options_.ttl, options_.negative_ttl}),
        metrics_(metrics, options_.name),
        scope_(loop) {
    if (l2_ == nullptr) return;
    l2_->watch(prefix(), {[this](const std::string& key, std::uint64_t version) {
                            if (key.starts_with(prefix()))
                              forget(key.substr(prefix().size()), version);
                          },
                          [this] { clear(); }});
  }

  /// The value, or nullptr when it does not exist. Entries older than `min_version` are read again.
  /// Errors: the loader's, Timeout after `load_timeout`, Cancelled.
  rt::Task<Result<Ptr>> get(std::string key, Loader loader, std::uint64_t min_version = 0) {
    if (options_.policy == CachePolicy::Off) {
      auto loaded = co_await read_source(std::move(key), std::move(loader));
      if (!loaded) co_return std::unexpected(loaded.error());
      co_return pointer_to(*std::move(loaded));
    }
    const auto known = l1_.get(key, loop_.now(), min_version);
    metrics_.update(l1_.counters(), l1_.size());
    if (known.hit != policy::CacheHit::Miss) co_return known.value;
    auto found = flights_.find(key);
    if (found != flights_.end() && found->second->min_version < min_version) {
      abandon(key);
      found = flights_.end();
    }
    FlightPtr flight;
    if (found != flights_.end()) {
      flight = found->second;
      metrics_.shared.add();
    } else {
      flight = std::make_shared<Flight>(loop_, min_version);
      flights_.emplace(key, flight);
      rt::spawn(scope_, "cache load", &Cache::fly, this, key, std::move(loader), flight);
    }
    while (!flight->answer) {
      if (scope_.stopping() || !co_await flight->landed.wait()) {
        co_return fail(ErrorCode::Cancelled);
      }
    }
    co_return *flight->answer;
  }

  /// The source has changed to `version` (0: unknown; whatever is held goes). Other processes are
  /// told.
  void invalidate(std::string key, std::uint64_t version = 0) {
    forget(key, version);
    if (l2_ != nullptr && !scope_.stopping()) {
      rt::spawn(scope_, "cache invalidate", &Cache::tell, this, prefix() + key, version);
    }
  }
  void clear() {
    l1_.clear();
    for (auto& [key, flight] : flights_) flight->outdated = true;
    flights_.clear();
    metrics_.update(l1_.counters(), l1_.size());
  }

  [[nodiscard]] CacheStatus status() const {
    return {options_.name,           options_.policy,          l1_.size(),
            l1_.counters(),          metrics_.loads.value(),   metrics_.load_errors.value(),
            metrics_.shared.value(), metrics_.l2_hits.value(), metrics_.l2_errors.value()};
  }
  rt::Task<void> close() { return scope_.close(); }

 private:
  struct Flight {
    Flight(rt::Loop& loop, std::uint64_t least) : min_version(least), landed(loop) {}
    std::uint64_t min_version;
    rt::Notify landed;
    std::optional<Result<Ptr>> answer;
    bool outdated = false;  ///< invalidated since it began
  };
  using FlightPtr = std::shared_ptr<Flight>;  // owners: the table, its task and its waiters

  [[nodiscard]] std::string prefix() const { return "chorus:" + options_.name + ":"; }
  static Ptr pointer_to(Loaded loaded) {
    return loaded.value ? std::make_shared<const Value>(*std::move(loaded.value)) : nullptr;
  }
  void abandon(const std::string& key) {
    const auto found = flights_.find(key);
    if (found == flights_.end()) return;
    found->second->outdated = true;
    flights_.erase(found);
  }
  void forget(const std::string& key, std::uint64_t version) {
    if (version == 0) {
      (void)l1_.erase(key);  // whether it was held does not matter
    } else {
      l1_.invalidate(key, version);
    }
    abandon(key);
    metrics_.update(l1_.counters(), l1_.size());
  }

  rt::Task<Result<Loaded>> read_source(std::string key, Loader loader) {
    metrics_.loads.add();
    auto loaded = co_await rt::with_timeout(loop_, options_.load_timeout, loader(std::move(key)));
    if (!loaded) metrics_.load_errors.add();
    co_return loaded;
  }

  /// The one read of a key. Its result is handed out even when it may not be kept.
  static rt::Task<void> fly(Cache* self, std::string key, Loader loader, FlightPtr flight) {
    std::optional<Loaded> shared = co_await self->read_l2(key, flight->min_version);
    const bool from_l2 = shared.has_value();
    Result<Loaded> loaded = Loaded{};
    if (from_l2) {
      loaded = *std::move(shared);
    } else {
      loaded = co_await self->read_source(key, std::move(loader));
    }
    std::string bytes;
    if (loaded && !from_l2 && self->l2_ != nullptr) bytes = self->encode(*loaded);
    const bool negative = loaded && !loaded->value;
    flight->answer.emplace(loaded ? Result<Ptr>(self->keep(key, *std::move(loaded), *flight))
                                  : Result<Ptr>(std::unexpected(loaded.error())));
    const auto mine = self->flights_.find(key);
    if (mine != self->flights_.end() && mine->second == flight) self->flights_.erase(mine);
    flight->landed.notify_all();
    if (!bytes.empty() && !flight->outdated) {
      co_await self->write_l2(std::move(key), std::move(bytes), negative);
    }
  }

  Ptr keep(const std::string& key, Loaded loaded, const Flight& flight) {
    const std::uint64_t version = loaded.version;
    Ptr value = pointer_to(std::move(loaded));
    if (!flight.outdated) {
      // Refused when a newer version is known: then it is not cached, as it should be.
      if (value == nullptr) {
        (void)l1_.put_negative(key, version, loop_.now());
      } else {
        (void)l1_.put(key, version, value, loop_.now());
      }
      metrics_.update(l1_.counters(), l1_.size());
    }
    return value;
  }

  [[nodiscard]] bool l2_usable() const { return l2_ != nullptr && loop_.now() >= l2_again_; }
  void l2_failed() {
    metrics_.l2_errors.add();
    l2_again_ = loop_.now() + detail::kL2Pause;
  }
  rt::Task<std::optional<Loaded>> read_l2(std::string key, std::uint64_t min_version) {
    if (!l2_usable()) co_return std::nullopt;
    auto bytes = co_await l2_->get(prefix() + key, options_.l2_deadline);
    if (!bytes) {
      l2_failed();
      co_return std::nullopt;
    }
    if (!*bytes) co_return std::nullopt;
    const auto envelope = detail::open_envelope(**bytes, codec_.schema);
    if (!envelope || envelope->version < min_version) co_return std::nullopt;
    Loaded loaded;
    loaded.version = envelope->version;
    if (!envelope->negative) {
      auto value = codec_.decode(envelope->value);
      if (!value) co_return std::nullopt;  // another program's bytes: the source knows better
      loaded.value = *std::move(value);
    }
    metrics_.l2_hits.add();
    co_return loaded;
  }
  [[nodiscard]] std::string encode(const Loaded& loaded) const {
    return detail::seal_envelope({codec_.schema, loaded.version, !loaded.value,
                                  loaded.value ? codec_.encode(*loaded.value) : std::string()});
  }
  rt::Task<void> write_l2(std::string key, std::string bytes, bool negative) {
    if (!l2_usable()) co_return;
    const auto written =
        co_await l2_->put(prefix() + key, std::move(bytes),
                          negative ? options_.negative_ttl : options_.ttl, options_.l2_deadline);
    if (!written) l2_failed();
  }
  static rt::Task<void> tell(Cache* self, std::string key, std::uint64_t version) {
    const auto told =
        co_await self->l2_->invalidate(std::move(key), version, self->options_.l2_deadline);
    if (!told) self->l2_failed();
  }

  rt::Loop& loop_;
  CacheOptions options_;
  store::L2Cache* l2_;
  CacheCodec<Value> codec_;
  policy::L1Cache<std::string, Value> l1_;
  detail::CacheMetrics metrics_;
  std::map<std::string, FlightPtr> flights_;
  MonoTime l2_again_ = MonoTime::min();
  rt::TaskScope scope_;
};

}  // namespace chorus::fleet
