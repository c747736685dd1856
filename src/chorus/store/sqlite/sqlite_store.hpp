#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/crypto/key_ring.hpp"
#include "chorus/crypto/random.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chorus::store {

struct SqliteOptions {
  std::string path = ":memory:";  ///< a file, or ":memory:" for a store of this object alone
  std::size_t queue = 8192;       ///< operations that may wait; then QueueFull
  std::size_t max_batch = 1000;   ///< operations in one transaction
  std::int64_t max_pages = 0;     ///< of 4 KiB; 0: what the disk holds
  Duration modelled_delay = std::chrono::microseconds(200);  ///< of a commit, on a virtual loop
  metrics::Registry* metrics = nullptr;                      ///< must outlive the store
};

/// The embedded store: one SQLite file (WAL), one writer thread that commits everything queued, one
/// that syncs each commit before it is answered, one process per file. On a virtual loop and in
/// memory it runs inline on the loop instead, as an event after `modelled_delay` (at once in memory
/// on a real loop).
class SqliteStore : public Store {
 public:
  /// Copies the store to `file` while it goes on, 1 MiB at a time between batches; the copy stays
  /// sealed by the same key ring. Errors: Conflict when the file exists or a backup is under way.
  virtual rt::Task<Result<void>> backup(std::string file) = 0;
};

/// Opens or makes the store; blocks while migrating. `random` gives keys and nonces (default: the
/// system's generator; on a virtual loop one that follows the loop's seed).
/// Errors: Conflict when another process holds the file (it is named); Misconfigured for a file of
/// another program or of a newer Chorus, and when `keys` does not open it; Unavailable.
Result<std::unique_ptr<SqliteStore>> open_sqlite(
    rt::Loop& loop, SqliteOptions options, const crypto::KeyRing& keys,
    std::unique_ptr<crypto::RandomSource> random = nullptr);

/// Fingerprint of the key that sealed the store at `path`; nullopt when there is no store or it
/// holds no key. Asked before `crypto::open_key_ring`. Errors as `open_sqlite`.
Result<std::optional<std::string>> sealed_by(const std::string& path);

/// What `chorus db check` tells of a store that nobody has open.
struct CheckReport {
  int schema_version = 0;
  std::uint64_t sealed_values = 0;    ///< opened successfully
  std::vector<std::string> problems;  ///< one line each; empty: sound
};
/// Reads everything: the engine's own check, and every sealed value. Errors as `open_sqlite`.
Result<CheckReport> check_sqlite(const std::string& path, const crypto::KeyRing& keys);

/// Copies a store that nobody has open. Errors: as `open_sqlite`, NotFound, Conflict when `file`
/// exists.
Result<void> backup_sqlite(const std::string& path, const std::string& file);

}  // namespace chorus::store
