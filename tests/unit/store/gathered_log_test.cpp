#include "chorus/store/sqlite/detail/database.hpp"

#include "support/temp_dir.hpp"
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/resource.h>

namespace chorus::store::detail {
namespace {

/// One table in a file with a write-ahead log that nothing empties.
class GatheredLog : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::open(path("store.db"), Database::Access::ReadWrite);
    ASSERT_TRUE(opened);
    database_ = *std::move(opened);
    exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
    exec("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)");
  }
  std::string path(const char* name) { return (dir_ / name).string(); }
  void exec(const char* sql) {
    const auto done = database_->exec(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Texts of 1,000 bytes: four hundred are three times what the log gathers.
  Result<void> insert(int rows) {
    auto run = database_->run(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO t (text) SELECT hex(randomblob(500)) FROM n");
    return run.bind(rows).finish();
  }
  std::int64_t rows() {
    auto query = database_->run("SELECT count(*) FROM t");
    EXPECT_TRUE(query.row().value());
    return query.integer(0);
  }
  /// Rows of a copy of the files as they stand now, as a start after a crash would find them.
  std::int64_t rows_after_a_crash() {
    using std::filesystem::copy_options;
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(path("store.db") + suffix, path("copy.db") + suffix,
                                 copy_options::overwrite_existing);
    }
    sqlite3* copy = nullptr;  // without our file system
    EXPECT_EQ(sqlite3_open(path("copy.db").c_str(), &copy), SQLITE_OK);
    sqlite3_stmt* count = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(copy, "SELECT count(*) FROM t", -1, &count, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(count), SQLITE_ROW);
    const std::int64_t rows = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(copy);
    return rows;
  }

  test::TempDir dir_;
  std::unique_ptr<Database> database_;
};

TEST_F(GatheredLog, WhatIsCommittedStandsInTheFiles) {
  std::int64_t expected = 0;
  for (const int n : {1, 400, 2}) {
    ASSERT_TRUE(database_->begin());
    ASSERT_TRUE(insert(n));
    EXPECT_EQ(rows_after_a_crash(), expected);
    ASSERT_TRUE(database_->commit());
    expected += n;
    EXPECT_EQ(rows_after_a_crash(), expected);
  }
}

TEST_F(GatheredLog, PagesThatLeaveTheCacheBeforeTheCommitAreReadBack) {
  exec("PRAGMA cache_size = 10");
  ASSERT_TRUE(database_->begin());
  ASSERT_TRUE(insert(400));
  EXPECT_EQ(rows(), 400);
  database_->rollback();
  EXPECT_EQ(rows(), 0);
  ASSERT_TRUE(insert(300));  // over what the transaction before has left there
  EXPECT_EQ(rows(), 300);
  EXPECT_EQ(rows_after_a_crash(), 300);
  exec("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_EQ(std::filesystem::file_size(path("store.db-wal")), 0);
  ASSERT_TRUE(insert(1));
  EXPECT_EQ(rows_after_a_crash(), 301);
  auto check = database_->run("PRAGMA integrity_check");
  ASSERT_TRUE(check.row().value());
  EXPECT_EQ(check.text(0), "ok");
}

TEST_F(GatheredLog, ACommitThatTheDiskDoesNotTakeFailsAndTheNextGoesThrough) {
  ASSERT_TRUE(insert(3));
  // As a full disk: the kernel refuses what would make a file longer than this.
  auto* const before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  rlimit tight = unlimited;
  tight.rlim_cur = std::filesystem::file_size(path("store.db-wal")) + 10'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  EXPECT_FALSE(insert(20)) << "less than what is gathered: the sync has to tell";
  EXPECT_FALSE(insert(400));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(rows_after_a_crash(), 3);
  EXPECT_TRUE(insert(20));
  EXPECT_EQ(rows_after_a_crash(), 23);
}

}  // namespace
}  // namespace chorus::store::detail
