#include "chorus/app/founding/founding_file.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <unistd.h>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kLargestDump = 256U << 20;
constexpr std::int64_t kMostRows = 1'000'000;
constexpr std::string_view kMagic("SQLite format 3\0", 16);

/// What is read, with the order; the rest is only counted.
struct Table {
  const char* name;
  const char* query;
};
constexpr std::array kRead{
    Table{"bots", "SELECT * FROM bots ORDER BY id"},
    Table{"chats", "SELECT * FROM chats ORDER BY id"},
    Table{"settings", "SELECT * FROM settings ORDER BY key"},
    Table{"messages", "SELECT * FROM messages ORDER BY id DESC"},
    Table{"bot_memories", "SELECT * FROM bot_memories ORDER BY id"},
    Table{"bot_stances", "SELECT * FROM bot_stances ORDER BY id"},
    Table{"bot_holdings", "SELECT * FROM bot_holdings ORDER BY id"},
};

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

std::unexpected<Error> misconfigured(const std::string& name, std::string_view what) {
  return fail(ErrorCode::Misconfigured, fmt::format("{}: {}", name, what));
}

Result<Connection> open_connection(const std::string& where, int flags, const std::string& name) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(where.c_str(), &handle, flags, nullptr);
  Connection connection(handle, &sqlite3_close);
  if (code != SQLITE_OK) return misconfigured(name, "cannot be opened as a SQLite file");
  return connection;
}

json::value cell(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return nullptr;
    default: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
      return json::string(to_valid_utf8({bytes == nullptr ? "" : bytes, size}));
    }
  }
}

/// The engine's message tells of syntax and tables, never of values.
std::unexpected<Error> damaged(sqlite3* db, const std::string& name) {
  return misconfigured(name, fmt::format("cannot be read: {}", sqlite3_errmsg(db)));
}

Result<std::vector<json::object>> query(sqlite3* db, const char* sql, std::int64_t most,
                                        const std::string& name) {
  sqlite3_stmt* raw = nullptr;
  const int prepared = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr);
  const Statement statement(raw, &sqlite3_finalize);
  if (prepared != SQLITE_OK) return damaged(db, name);
  std::vector<json::object> out;
  while (static_cast<std::int64_t>(out.size()) < most) {
    const int code = sqlite3_step(raw);
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return damaged(db, name);
    json::object row;
    for (int i = 0; i < sqlite3_column_count(raw); ++i) {
      row[sqlite3_column_name(raw, i)] = cell(raw, i);
    }
    out.push_back(std::move(row));
  }
  return out;
}

Result<FoundingTables> read_tables(sqlite3* db, const std::string& name) {
  FoundingTables out;
  CH_TRY(const auto tables,
         query(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", kMostRows,
               name));
  std::string names;
  for (const auto& row : tables) {
    const std::string table(find_string(row, "name").value_or(""));
    if (table.starts_with("sqlite_")) continue;
    names += (names.empty() ? "" : ", ") + table;
    const std::string count =
        fmt::format("SELECT count(*) AS n FROM \"{}\"", replace_all(table, "\"", "\"\""));
    CH_TRY(const auto counted, query(db, count.c_str(), 1, name));
    out.totals[table] = static_cast<std::uint64_t>(find_int(counted.at(0), "n").value_or(0));
  }
  if (!out.totals.contains("bots")) {
    return misconfigured(name, fmt::format("there is no table 'bots' in it, so it is not the "
                                           "founding system's database (it has {})",
                                           names.empty() ? "no table" : names));
  }
  for (const auto& table : kRead) {
    const auto total = out.totals.find(table.name);
    if (total == out.totals.end()) continue;
    const bool messages = std::string_view(table.name) == "messages";
    const auto most = messages ? kMostFoundingMessages : kMostRows;
    CH_TRY(auto rows, query(db, table.query, most, name));
    if (messages) std::ranges::reverse(rows);
    out.rows.emplace(table.name, std::move(rows));
  }
  return out;
}

/// What keeps a file from being read as it stands on the disk; empty: nothing. The engine would
/// open it without looking at locks (immutable), because only so it writes nothing beside it.
std::string still_in_use(const std::string& path) {
  for (const auto* ending : {"-wal", "-journal"}) {
    std::error_code missing;  // no such file: nothing waits there
    const auto size = fs::file_size(path + ending, missing);
    if (!missing && size > 0) return fmt::format("{}{} is not written back", path, ending);
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  // Source: https://www.sqlite.org/fileformat2.html, the lock bytes at 1 GiB.
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0x40000000;
  lock.l_len = 512;
  const bool locked = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(fd);
  return locked ? fmt::format("process {} has it locked", lock.l_pid) : std::string();
}

Result<FoundingTables> read_file(const std::string& path) {
  if (const auto use = still_in_use(path); !use.empty()) {
    return fail(ErrorCode::Conflict,
                fmt::format("{}: {}; stop the old system first, or give a copy made with "
                            "sqlite3 FILE \".backup COPY\"",
                            path, use));
  }
  std::error_code error;
  const auto absolute = fs::absolute(path, error);
  if (error) return misconfigured(path, "cannot be opened");
  const std::string uri = fmt::format("file:{}?mode=ro&immutable=1",
                                      replace_all(percent_encode(absolute.string()), "%2F", "/"));
  CH_TRY(const auto db, open_connection(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, path));
  return read_tables(db.get(), path);
}

/// A dump makes tables and rows; it has no business with other files or the engine itself.
int allow(void*, int action, const char* what, const char* function, const char*, const char*) {
  if (action == SQLITE_ATTACH || action == SQLITE_DETACH) return SQLITE_DENY;
  if (action == SQLITE_PRAGMA) {
    return std::string_view(what == nullptr ? "" : what) == "foreign_keys" ? SQLITE_OK
                                                                           : SQLITE_DENY;
  }
  if (action == SQLITE_FUNCTION && function != nullptr) {
    return std::string_view(function) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
  }
  return SQLITE_OK;
}

}  // namespace

const std::vector<json::object>& FoundingTables::of(const std::string& table) const {
  static const std::vector<json::object> none;
  const auto found = rows.find(table);
  return found == rows.end() ? none : found->second;
}

Result<FoundingTables> read_founding_dump(std::string_view sql, const std::string& name) {
  CH_TRY(const auto db,
         open_connection(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, name));
  sqlite3_set_authorizer(db.get(), &allow, nullptr);
  // A statement of a dump is short work; one that never ends is none.
  constexpr int kStepsBetween = 1'000'000;
  int rounds = 0;
  sqlite3_progress_handler(
      db.get(), kStepsBetween,
      [](void* count) { return ++*static_cast<int*>(count) > 20'000 ? 1 : 0; }, &rounds);
  const std::string text(sql);
  if (sqlite3_exec(db.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return misconfigured(name, fmt::format("the SQL of it does not run: {} (expected is what "
                                           "sqlite3 FILE .dump writes)",
                                           truncate_code_points(sqlite3_errmsg(db.get()), 120)));
  }
  return read_tables(db.get(), name);
}

Result<FoundingTables> read_founding(const std::string& path) {
  std::error_code error;
  std::ifstream in(path, std::ios::binary);
  if (!in || !fs::is_regular_file(path, error)) {
    return fail(ErrorCode::NotFound, fmt::format("cannot read {}", path));
  }
  std::string head(4096, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.starts_with(kMagic)) return read_file(path);
  const bool sql =
      head.find('\0') == std::string::npos && (head.find("CREATE TABLE") != std::string::npos ||
                                               head.find("INSERT INTO") != std::string::npos);
  if (!sql) return misconfigured(path, "is neither a SQLite file nor an SQL dump of one");
  if (fs::file_size(path, error) > kLargestDump || error) {
    return misconfigured(path, "a dump has at most 256 MiB; give the SQLite file itself");
  }
  in.clear();
  in.seekg(0);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return read_founding_dump(text, path);
}

}  // namespace chorus::app
