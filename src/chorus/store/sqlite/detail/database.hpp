#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/store/sqlite/detail/row_tally.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace chorus::store::detail {

class Database;

/// One execution of a cached statement: bind in order, then `row` or `finish`. Bound views must
/// live until it goes; temporaries are copied. The first error is kept and answered by `row`.
class Run {
 public:
  Run(Database& database, sqlite3_stmt* statement);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Run& bind(std::int64_t value);
  Run& bind_text(std::string_view value);
  Run& bind_blob(std::string_view value);
  Run& bind_blob(std::string&& value);  ///< copied
  Run& bind_null();

  template <class Tag>
  Run& bind(Id<Tag> id) {
    return bind(id.value);
  }
  template <class Tag>
  Run& bind(std::optional<Id<Tag>> id) {
    return id ? bind(id->value) : bind_null();
  }
  Run& bind(WallTime time) { return bind(to_micros(time)); }
  template <class E>
    requires std::is_enum_v<E>
  Run& bind(E value) {
    return bind(static_cast<std::int64_t>(value));
  }

  /// True when a row is there, false at the end.
  [[nodiscard]] Result<bool> row();
  /// Runs to the end; for statements without an answer.
  [[nodiscard]] Result<void> finish();

  // Columns of the current row, from 0. Views last until the next `row`.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  template <class IdType>
  [[nodiscard]] IdType id(int column) const {
    return IdType(integer(column));
  }
  [[nodiscard]] WallTime time(int column) const { return from_micros(integer(column)); }
  template <class E>
  [[nodiscard]] E enumerator(int column) const {
    return static_cast<E>(integer(column));
  }
  [[nodiscard]] std::optional<PlatformMessageId> optional_message(int column) const {
    if (is_null(column)) return std::nullopt;
    return PlatformMessageId(integer(column));
  }

 private:
  Database* database_;
  sqlite3_stmt* statement_;
  int next_ = 1;
  int failed_ = 0;
};

/// One SQLite connection with its prepared statements. Used by one thread at a time; it may move to
/// another thread between two uses.
class Database {
 public:
  enum class Access : unsigned char { ReadWrite, ReadOnly };
  /// Opens (and makes) the file; ":memory:" is a store of its own. Errors: Unavailable.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Statements without parameters; several separated by ';'.
  Result<void> exec(const char* sql);
  /// `sql` must be a constant of the program: its address is the key of the statement cache.
  Run run(const char* sql);

  Result<void> begin();
  Result<void> commit() { return finish(kCommit); }
  /// What was committed leaves the process: a kill does not lose it, a power failure may.
  Result<void> write_log();
  /// Closing leaves the log beside the file, as it is.
  void keep_log();
  /// No effect outside a transaction (the engine may have rolled back by itself).
  void rollback();
  Result<void> savepoint();
  Result<void> release() { return finish(kRelease); }
  Result<void> rollback_to_savepoint();

  /// Rows changed by the last statement, and ever by this connection.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t total_changes() const;

  /// What the operations keep of the rows they write and delete; it follows the transaction back
  /// when that is undone. nullopt: nobody has counted, or an operation that cannot tell has run.
  [[nodiscard]] std::optional<RowTally>& tally() { return tally_; }
  void add_to_tally(std::uint64_t RowTally::* rows, std::int64_t change);

  /// Set since an error that concerns the engine and not one operation (disk full, I/O, damage),
  /// until `clear_failure`: the open transaction must then be given up.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  void clear_failure() { failure_.reset(); }

  /// The connection for what has no wrapper (backup); never stored.
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  /// Our error for a result code of the engine.
  Error error_of(int code);

 private:
  explicit Database(sqlite3* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  Result<void> finish(const char* sql) { return run(sql).finish(); }

  static constexpr char kBegin[] = "BEGIN IMMEDIATE";
  static constexpr char kCommit[] = "COMMIT";
  static constexpr char kRollback[] = "ROLLBACK";
  static constexpr char kSavepoint[] = "SAVEPOINT op";
  static constexpr char kRelease[] = "RELEASE op";
  static constexpr char kRollbackTo[] = "ROLLBACK TO op";

  sqlite3* handle_;
  std::string name_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::optional<Error> failure_;
  std::optional<RowTally> tally_;
  std::optional<RowTally> tally_at_begin_;
  std::optional<RowTally> tally_at_savepoint_;
};

}  // namespace chorus::store::detail
