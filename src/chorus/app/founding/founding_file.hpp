#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::app {

/// Rows of the founding system's database as they stand there: column -> null, number or text.
struct FoundingTables {
  std::map<std::string, std::vector<json::object>> rows;  ///< only tables that the file has
  std::map<std::string, std::uint64_t> totals;            ///< of those, and of the ones not read

  [[nodiscard]] const std::vector<json::object>& of(const std::string& table) const;
};

/// Messages beyond these are not read: the newest are what a room log keeps.
inline constexpr std::int64_t kMostFoundingMessages = 200'000;

/// Reads the founding system's SQLite file, or an SQL dump of it (`sqlite3 FILE .dump`), told apart
/// by how it begins. The file is opened read-only and nothing is written beside it; a dump runs in
/// memory, without reach to other files. Errors, one line each that says what to do: NotFound,
/// Conflict (a process has it locked, or has not written everything back), Misconfigured (neither
/// of the two, damaged, too large, another program's tables).
Result<FoundingTables> read_founding(const std::string& path);

/// A dump that is at hand. Errors: Misconfigured; `name` stands in the message.
Result<FoundingTables> read_founding_dump(std::string_view sql, const std::string& name);

}  // namespace chorus::app
