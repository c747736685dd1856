#include "chorus/store/sqlite/detail/backup.hpp"
#include "chorus/store/sqlite/detail/engine.hpp"
#include "chorus/store/sqlite/detail/schema.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

/// What is done to a store that nobody has open: `chorus db check|backup`, and the question which
/// key it asks for.
namespace chorus::store {

namespace {

using detail::Database;
using detail::FileLock;

struct Held {
  FileLock lock;  // goes after the connection
  std::unique_ptr<Database> database;
  int version = 0;
};

/// nullopt when there is no file, or an empty one.
Result<std::optional<Held>> hold(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size == 0) return std::nullopt;
  Held held;
  CH_TRY(held.lock, FileLock::acquire(path));
  CH_TRY(held.database, Database::open(path, Database::Access::ReadWrite));
  CH_TRY_VOID(held.database->exec("PRAGMA locking_mode = EXCLUSIVE"));
  CH_TRY(held.version, detail::schema_version(*held.database));
  return std::optional<Held>(std::move(held));
}

constexpr char kIntegrity[] = "PRAGMA integrity_check(100)";

struct Sealed {
  const char* table;
  const char* column;
  const char* select;
  int since = 1;  ///< schema in which the column came
};
constexpr std::array kSealed{
    Sealed{"bots", "token", "SELECT id, token FROM bots"},
    Sealed{"bots", "webhook_secret", "SELECT id, webhook_secret FROM bots"},
    Sealed{"personas", "document", "SELECT id, document FROM personas"},
    Sealed{"personas", "findings", "SELECT id, findings FROM personas", 4},
    Sealed{"personas", "rewrite", "SELECT id, rewrite FROM personas", 4},
    Sealed{"messages", "body", "SELECT id, body FROM messages"},
    Sealed{"messages", "name", "SELECT id, name FROM messages", 5},
    Sealed{"memories", "text", "SELECT id, text FROM memories", 2},
    Sealed{"inbox", "payload", "SELECT id, payload FROM inbox"},
    Sealed{"outbox", "text", "SELECT id, text FROM outbox"},
    Sealed{"outbox", "options", "SELECT id, options FROM outbox"},
};

Result<void> check_engine(Database& database, CheckReport& report) {
  auto query = database.run(kIntegrity);
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return {};
    if (auto line = query.text(0); line != "ok") report.problems.push_back(std::move(line));
  }
}

Result<void> check_column(Database& database, const crypto::Sealer& sealer, const Sealed& column,
                          CheckReport& report) {
  auto query = database.run(column.select);
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return {};
    const auto value = query.blob(1);
    if (value.empty()) continue;
    if (auto plain = sealer.open({column.table, column.column, query.integer(0)}, value); plain) {
      ++report.sealed_values;
    } else {
      report.problems.push_back(plain.error().message);
    }
  }
}

}  // namespace

Result<std::optional<std::string>> sealed_by(const std::string& path) {
  CH_TRY(auto held, hold(path));
  if (!held || held->version == 0) return std::nullopt;
  CH_TRY(auto key, detail::read_wrapped_key(*held->database));
  if (!key) return std::nullopt;
  return std::optional<std::string>(std::move(key->fingerprint));
}

Result<CheckReport> check_sqlite(const std::string& path, const crypto::KeyRing& keys) {
  CH_TRY(auto held, hold(path));
  if (!held) return fail(ErrorCode::NotFound, fmt::format("there is no store at {}", path));
  CheckReport report;
  report.schema_version = held->version;
  auto& database = *held->database;
  CH_TRY_VOID(check_engine(database, report));
  if (held->version == 0) return report;
  CH_TRY(const auto wrapped, detail::read_wrapped_key(database));
  if (!wrapped) {
    report.problems.emplace_back("the key record is missing");
    return report;
  }
  CH_TRY(const crypto::Key key, keys.unwrap(*wrapped));
  crypto::SystemRandom random;
  const crypto::Sealer sealer(key, random);
  for (const auto& column : kSealed) {
    if (column.since > held->version) continue;
    CH_TRY_VOID(check_column(database, sealer, column, report));
  }
  return report;
}

Result<void> backup_sqlite(const std::string& path, const std::string& file) {
  CH_TRY(auto held, hold(path));
  if (!held) return fail(ErrorCode::NotFound, fmt::format("there is no store at {}", path));
  CH_TRY(auto backup, detail::Backup::start(*held->database, file));
  constexpr int kAllPages = -1;
  CH_TRY_VOID(backup.step(kAllPages));
  return {};
}

}  // namespace chorus::store
