#pragma once

#include "chorus/base/error.hpp"
#include "chorus/store/sqlite/detail/database.hpp"

#include <memory>
#include <string>

struct sqlite3_backup;

namespace chorus::store::detail {

/// A copy of an open store made a few pages at a time, so that writers go on in between. The copy
/// appears under its name only when it is whole. The source must outlive it.
class Backup {
 public:
  /// Errors: Conflict when the file exists, Unavailable when it cannot be made.
  static Result<Backup> start(Database& source, std::string file);
  Backup(Backup&&) noexcept;
  Backup& operator=(Backup&&) noexcept;
  ~Backup();

  /// True when the copy is complete, durable and under its name. Not inside a transaction.
  Result<bool> step(int pages);

 private:
  Backup(std::unique_ptr<Database> target, sqlite3_backup* handle, std::string file);
  Result<void> publish();

  std::unique_ptr<Database> target_;
  sqlite3_backup* handle_;
  std::string file_;
};

}  // namespace chorus::store::detail
