#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/store/sqlite/detail/database.hpp"

#include <span>
#include <string_view>

namespace chorus::store::detail {

/// Marks a file as ours in SQLite's header ("Chrs").
inline constexpr int kApplicationId = 0x43687273;

struct Migration {
  int version;
  std::string_view description;
  const char* sql;
};
/// In order, numbered from 1 without gaps. One that was released is never changed.
std::span<const Migration> migrations();

/// 0 for an empty file. Errors: Misconfigured for a database that is not ours.
Result<int> schema_version(Database& database);

/// Brings the schema to version `up_to`, each step in one transaction. Errors: Misconfigured when
/// the file is newer than this program or not ours.
Result<void> migrate(Database& database, WallTime now, int up_to = migrations().back().version);

}  // namespace chorus::store::detail
