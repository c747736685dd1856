#include "chorus/store/sqlite/detail/database.hpp"

#include "chorus/base/check.hpp"
#include "chorus/store/sqlite/detail/gathered_log.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace chorus::store::detail {

Run::Run(Database& database, sqlite3_stmt* statement)
    : database_(&database),
      statement_(statement),
      failed_(statement == nullptr ? sqlite3_errcode(database.handle()) : SQLITE_OK) {}

Run::~Run() {
  if (statement_ == nullptr) return;
  // Reset repeats the error that `row` has reported already.
  (void)sqlite3_reset(statement_);
  (void)sqlite3_clear_bindings(statement_);
}

Run& Run::bind(std::int64_t value) {
  if (failed_ == SQLITE_OK) failed_ = sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Run& Run::bind_text(std::string_view value) {
  if (failed_ == SQLITE_OK) {
    failed_ = sqlite3_bind_text64(statement_, next_++, value.empty() ? "" : value.data(),
                                  value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return *this;
}

Run& Run::bind_blob(std::string_view value) {
  // A null pointer would bind NULL instead of an empty blob.
  if (failed_ == SQLITE_OK) {
    failed_ = sqlite3_bind_blob64(statement_, next_++, value.empty() ? "" : value.data(),
                                  value.size(), SQLITE_STATIC);
  }
  return *this;
}

Run& Run::bind_blob(std::string&& value) {
  if (failed_ == SQLITE_OK) {
    failed_ =
        sqlite3_bind_blob64(statement_, next_++, value.data(), value.size(), SQLITE_TRANSIENT);
  }
  return *this;
}

Run& Run::bind_null() {
  if (failed_ == SQLITE_OK) failed_ = sqlite3_bind_null(statement_, next_++);
  return *this;
}

Result<bool> Run::row() {
  if (failed_ != SQLITE_OK) return std::unexpected(database_->error_of(failed_));
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  failed_ = code;
  return std::unexpected(database_->error_of(code));
}

Result<void> Run::finish() {
  while (true) {
    CH_TRY(const bool more, row());
    if (!more) return {};
  }
}

std::int64_t Run::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Run::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Run::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Run::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Access access) {
  sqlite3* handle = nullptr;
  // NOMUTEX: one thread at a time uses a connection, so the engine's own lock buys nothing.
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == Access::ReadOnly ? SQLITE_OPEN_READONLY
                                                : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, gathered_log());
  // The handle is set even on failure, and then carries the message.
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) {
    return fail(ErrorCode::Unavailable,
                fmt::format("cannot open the database {}: {}", path,
                            handle != nullptr ? sqlite3_errmsg(handle) : "out of memory"));
  }
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  const int code = sqlite3_close(handle_);
  CH_CHECK(code == SQLITE_OK);  // anything else is a statement or a backup that outlived us
}

Result<void> Database::exec(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(code));
  return {};
}

Run Database::run(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    // On failure the pointer stays null and Run reports the connection's error.
    (void)sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  }
  return {*this, statement};
}

Result<void> Database::begin() {
  tally_at_begin_ = tally_;
  return finish(kBegin);
}

Result<void> Database::write_log() {
  const int code = write_gathered(handle_);
  if (code != SQLITE_OK) return std::unexpected(error_of(code));
  return {};
}

void Database::keep_log() {
  // Fails for nothing but an unknown option.
  (void)sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::rollback() {
  tally_ = tally_at_begin_;
  if (sqlite3_get_autocommit(handle_) != 0) return;
  // A failed rollback leaves the engine without a transaction all the same.
  (void)finish(kRollback);
}

Result<void> Database::savepoint() {
  tally_at_savepoint_ = tally_;
  return finish(kSavepoint);
}

Result<void> Database::rollback_to_savepoint() {
  tally_ = tally_at_savepoint_;
  CH_TRY_VOID(finish(kRollbackTo));
  return release();
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}
std::int64_t Database::total_changes() const {
  return sqlite3_total_changes64(handle_);
}

void Database::add_to_tally(std::uint64_t RowTally::* rows, std::int64_t change) {
  if (tally_) (*tally_).*rows += static_cast<std::uint64_t>(change);
}

Error Database::error_of(int code) {
  const auto say = [&](ErrorCode ours, std::string_view hint) {
    return Error(ours, fmt::format("database {}: {}{}", name_, sqlite3_errmsg(handle_), hint));
  };
  const auto engine = [&](ErrorCode ours, std::string_view hint) {
    if (!failure_) failure_ = say(ours, hint);
    return *failure_;
  };
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return say(ErrorCode::Conflict, "");
    case SQLITE_FULL:
      return engine(ErrorCode::Unavailable, "; free some space");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return engine(ErrorCode::Conflict, "; another program has it open, stop that first");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return engine(ErrorCode::Unavailable, "");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return engine(ErrorCode::Internal, "; run chorus db check and restore a backup");
    default:
      return say(ErrorCode::Internal, "");
  }
}

}  // namespace chorus::store::detail
