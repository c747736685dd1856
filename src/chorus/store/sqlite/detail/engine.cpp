#include "chorus/store/sqlite/detail/engine.hpp"

#include "chorus/base/log.hpp"
#include "chorus/store/sqlite/detail/schema.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace chorus::store::detail {

namespace {

constexpr char kReadKey[] = "SELECT fingerprint, wrapped FROM store_keys WHERE id = 1";
constexpr char kWriteKey[] =
    "INSERT INTO store_keys (id, fingerprint, wrapped, created_at) VALUES (1, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, wrapped = excluded.wrapped";
constexpr char kHoldsRows[] =
    "SELECT EXISTS (SELECT 1 FROM bots) OR EXISTS (SELECT 1 FROM messages) OR "
    "EXISTS (SELECT 1 FROM inbox) OR EXISTS (SELECT 1 FROM outbox)";

/// The engine would make the file readable by all; it is ours alone. WAL and journal follow it.
Result<void> make_file(const std::string& path) {
  std::error_code error;
  const auto folder = std::filesystem::absolute(path, error).parent_path();
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  const int fd = error ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    const auto why = error ? error : std::error_code(errno, std::generic_category());
    return fail(ErrorCode::Unavailable,
                fmt::format("cannot make the database {}: {}", path, why.message()));
  }
  ::close(fd);
  return {};
}

Result<void> configure(Database& database, std::int64_t max_pages) {
  CH_TRY_VOID(
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                    "PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;"
                    "PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;"
                    "PRAGMA secure_delete = FAST"));
  if (max_pages > 0) {
    CH_TRY_VOID(database.exec(fmt::format("PRAGMA max_page_count = {}", max_pages).c_str()));
  }
  return {};
}

Error unsynced_error() {
  return Error(ErrorCode::Unavailable,
               "the log of the store could not be synced; look after the disk and start again");
}

Result<void> write_key(Database& database, const crypto::WrappedKey& key, WallTime now) {
  auto write = database.run(kWriteKey);
  write.bind_text(key.fingerprint).bind_blob(std::string_view(key.sealed)).bind(now);
  return write.finish();
}

Result<crypto::Key> data_key(Database& database, const crypto::KeyRing& keys,
                             crypto::RandomSource& random, WallTime now) {
  CH_TRY(const auto wrapped, read_wrapped_key(database));
  if (wrapped) {
    CH_TRY(crypto::Key key, keys.unwrap(*wrapped));
    // After a rotation the store follows to the new primary key.
    if (wrapped->fingerprint != keys.fingerprint()) {
      CH_TRY_VOID(write_key(database, keys.wrap(key, random), now));
    }
    return key;
  }
  {
    auto holds = database.run(kHoldsRows);
    CH_TRY(const bool found, holds.row());
    if (found && holds.integer(0) != 0) {
      return fail(ErrorCode::Misconfigured,
                  "the store holds sealed rows, but its key record is missing; restore a backup. "
                  "No new key is made, because it could not open what is stored");
    }
  }
  crypto::Key key = crypto::Key::generate(random);
  CH_TRY_VOID(write_key(database, keys.wrap(key, random), now));
  return key;
}

}  // namespace

Result<std::optional<crypto::WrappedKey>> read_wrapped_key(Database& database) {
  auto query = database.run(kReadKey);
  CH_TRY(const bool found, query.row());
  if (!found) return std::nullopt;
  return crypto::WrappedKey{query.text(0), std::string(query.blob(1))};
}

Result<std::unique_ptr<Engine>> Engine::open(const Options& options, const crypto::KeyRing& keys,
                                             std::unique_ptr<crypto::RandomSource> random,
                                             WallTime now) {
  FileLock lock;
  if (options.path != ":memory:") {
    CH_TRY_VOID(make_file(options.path));
    CH_TRY(lock, FileLock::acquire(options.path));
  }
  CH_TRY(auto database, Database::open(options.path, Database::Access::ReadWrite));
  // The schema is looked at before anything is changed: the file may belong to another program.
  CH_TRY_VOID(database->exec("PRAGMA locking_mode = EXCLUSIVE"));
  CH_TRY_VOID(schema_version(*database));
  CH_TRY_VOID(configure(*database, options.max_pages));
  CH_TRY_VOID(migrate(*database, now));
  CH_TRY(const crypto::Key key, data_key(*database, keys, *random, now));
  // Until here each commit is durable; with this one only the checkpoints are.
  if (options.sync_apart) CH_TRY_VOID(database->exec("PRAGMA synchronous = NORMAL"));
  return std::unique_ptr<Engine>(
      new Engine(options, std::move(lock), std::move(database), std::move(random), key));
}

Engine::~Engine() {
  if (log_ >= 0) ::close(log_);
  // The next start reads the log by its checksums; here it would be believed.
  if (unsynced_) database_->keep_log();
}

Result<void> Engine::sync_log() {
  const auto cannot = [&](std::string_view what) {
    unsynced_ = true;
    return fail(
        ErrorCode::Unavailable,
        fmt::format("cannot {} {}-wal: {}; look after the disk and start again", what,
                    options_.path, std::error_code(errno, std::generic_category()).message()));
  };
  if (unsynced_) return std::unexpected(unsynced_error());
  // There since the first commit, and the same file until the engine closes it.
  if (log_ < 0) log_ = ::open((options_.path + "-wal").c_str(), O_RDWR | O_CLOEXEC);
  if (log_ < 0) return cannot("open");
  if (::fdatasync(log_) != 0) return cannot("sync");
  return {};
}

Engine::Report Engine::execute(std::span<const OperationPtr> batch) {
  Report report;
  const auto count = [&](bool committed) {
    ++(committed ? report.commits : report.failed_commits);
  };
  const std::int64_t before = database_->total_changes();
  std::size_t from = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!batch[i]->alone()) continue;
    if (i > from) count(execute_together(batch.subspan(from, i - from)));
    batch[i]->run(*this);
    database_->clear_failure();
    from = i + 1;
  }
  if (from < batch.size()) count(execute_together(batch.subspan(from)));
  report.wrote = options_.sync_apart && database_->total_changes() != before;
  return report;
}

bool Engine::execute_together(std::span<const OperationPtr> group) {
  const Result<void> done = try_together(group);
  if (done) {
    if (failing_) log::info("store", "the store writes again");
    failing_ = false;
    return true;
  }
  if (!failing_) {
    log::error("store", "{}; nothing is acknowledged until it writes again", done.error().message);
  }
  failing_ = true;
  database_->rollback();
  database_->clear_failure();
  for (const auto& operation : group) operation->refuse(done.error());
  return false;
}

// Almost no operation fails after it has written, so the usual way has no savepoint per operation;
// only a batch in which one did is run again with them.
Result<void> Engine::try_together(std::span<const OperationPtr> group) {
  if (unsynced_) return std::unexpected(unsynced_error());
  CH_TRY_VOID(database_->begin());
  for (const auto& operation : group) {
    const std::int64_t before = database_->total_changes();
    const bool ok = operation->run(*this);
    if (database_->failure()) return std::unexpected(*database_->failure());
    if (!ok && database_->total_changes() != before) {
      database_->rollback();
      CH_TRY_VOID(database_->begin());
      CH_TRY_VOID(run_each_apart(group));
      break;
    }
  }
  CH_TRY_VOID(database_->commit());
  return options_.sync_apart ? database_->write_log() : Result<void>{};
}

Result<void> Engine::run_each_apart(std::span<const OperationPtr> group) {
  for (const auto& operation : group) {
    CH_TRY_VOID(database_->savepoint());
    const bool ok = operation->run(*this);
    if (database_->failure()) return std::unexpected(*database_->failure());
    CH_TRY_VOID(ok ? database_->release() : database_->rollback_to_savepoint());
  }
  return {};
}

}  // namespace chorus::store::detail
