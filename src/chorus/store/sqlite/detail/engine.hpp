#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/crypto/key_ring.hpp"
#include "chorus/crypto/random.hpp"
#include "chorus/crypto/sealer.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/store/sqlite/detail/backup.hpp"
#include "chorus/store/sqlite/detail/database.hpp"
#include "chorus/store/sqlite/detail/file_lock.hpp"
#include "chorus/store/sqlite/detail/operations.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chorus::store::detail {

class Engine;

/// One call of the store on its way through the writer. Made and destroyed on the loop's thread.
class Operation {
 public:
  explicit Operation(rt::Loop& loop) : changed(loop), asked_at(loop.wall_now()) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// On the writer's thread, inside a transaction; maybe twice. False: the answer is an error.
  virtual bool run(Engine& engine) = 0;
  /// Replaces the answer: the transaction did not commit.
  virtual void refuse(const Error& error) = 0;
  /// True: runs outside a transaction, after those before it were committed.
  [[nodiscard]] virtual bool alone() const { return false; }

  rt::Notify changed;  ///< loop thread only, like `done`
  WallTime asked_at;
  bool done = false;
};
// Shared by the caller's frame and the queue, because a cancelled caller leaves first.
using OperationPtr = std::shared_ptr<Operation>;

/// Connection, keys and lock of one open store; runs batches. One thread at a time.
class Engine {
 public:
  struct Options {
    std::string path;
    std::int64_t max_pages = 0;  ///< 0: no limit
    bool sync_apart = false;     ///< `execute` does not make durable, `sync_log` does
  };
  /// Locks, opens, migrates, unwraps the data key (or makes it in an empty store).
  static Result<std::unique_ptr<Engine>> open(const Options& options, const crypto::KeyRing& keys,
                                              std::unique_ptr<crypto::RandomSource> random,
                                              WallTime now);

  /// Runs the operations in order in as few transactions as they allow and, unless `sync_apart`,
  /// makes them durable. A
  /// failing operation leaves nothing behind and does not touch the others; a failing engine (disk
  /// full, I/O) makes every operation of its transaction answer that error.
  struct Report {
    std::uint64_t commits = 0;
    std::uint64_t failed_commits = 0;
    bool wrote = false;  ///< with `sync_apart`: it is not durable before the next `sync_log`
  };
  Report execute(std::span<const OperationPtr> batch);
  /// Makes everything durable that `execute` committed before this call. One thread, which may be
  /// another one than that of `execute`, and at the same time. A failure is final, because the
  /// kernel does not write again what it gave up: all operations answer Unavailable from then on,
  /// and the next start finds what the log holds. Errors: Unavailable.
  Result<void> sync_log();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] Session session(WallTime now) { return {*database_, sealer_, now}; }
  [[nodiscard]] std::optional<Backup>& backup() { return backup_; }

 private:
  Engine(const Options& options, FileLock lock, std::unique_ptr<Database> database,
         std::unique_ptr<crypto::RandomSource> random, const crypto::Key& data_key)
      : options_(options),
        lock_(std::move(lock)),
        database_(std::move(database)),
        random_(std::move(random)),
        sealer_(data_key, *random_) {}

  bool execute_together(std::span<const OperationPtr> group);
  Result<void> try_together(std::span<const OperationPtr> group);
  Result<void> run_each_apart(std::span<const OperationPtr> group);

  Options options_;
  // In this order: the backup goes before its source, the lock after the connection.
  FileLock lock_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<crypto::RandomSource> random_;
  crypto::Sealer sealer_;
  std::optional<Backup> backup_;
  int log_ = -1;                        ///< of `sync_log`
  std::atomic<bool> unsynced_ = false;  ///< `sync_log` failed
  bool failing_ = false;                ///< the last transaction did not commit: it was logged
};

/// Fingerprint of the key that sealed the store, nullopt when it has none yet.
Result<std::optional<crypto::WrappedKey>> read_wrapped_key(Database& database);

}  // namespace chorus::store::detail
