#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/rt/task.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace chorus::store {

/// The second level of a cache: shared by processes, and allowed to lose anything at any time.
/// Values are bytes; the caller puts version and schema into them. All calls on the loop's thread.
///
/// Errors of every call: Unavailable, Timeout (after `deadline`, which is counted from the call),
/// Cancelled. A caller goes on without the cache then; nothing may depend on an answer.
class L2Cache {
 public:
  virtual ~L2Cache() = default;
  /// nullopt: not held.
  virtual rt::Task<Result<std::optional<std::string>>> get(std::string key, Duration deadline) = 0;
  virtual rt::Task<Result<void>> put(std::string key, std::string value, Duration ttl,
                                     Duration deadline) = 0;
  /// Forgets the key and tells every process that watches.
  virtual rt::Task<Result<void>> invalidate(std::string key, std::uint64_t version,
                                            Duration deadline) = 0;

  /// What another process invalidated. `lost`: the link was down for a while, so anything may have
  /// changed.
  struct Watcher {
    std::function<void(const std::string& key, std::uint64_t version)> invalidated;
    std::function<void()> lost;
  };
  /// For keys that begin with `prefix`. Called on the loop; one watcher per prefix, for the
  /// cache's life.
  virtual void watch(std::string prefix, Watcher watcher) = 0;
};

}  // namespace chorus::store
