#include "chorus/app/founding/founding_file.hpp"

#include "founding_testing.hpp"
#include "support/temp_dir.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

namespace chorus::app {
namespace {

struct FoundingFile : ::testing::Test {
  std::string write(const std::string& name, std::string_view text) {
    const std::string path = (dir.path() / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string database(const std::string& name, const std::string& sql) {
    const std::string path = (dir.path() / name).string();
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    return path;
  }
  static std::string complaint(const Result<FoundingTables>& result) {
    return result ? "no error" : result.error().message;
  }
  test::TempDir dir;
};

using ::testing::HasSubstr;

TEST_F(FoundingFile, ADumpAndItsFileGiveTheSameRows) {
  const auto file = read_founding(database("app 100%.db", founding_dump()));
  const auto dump = read_founding(write("app.sql", founding_dump()));
  ASSERT_TRUE(file) << complaint(file);
  ASSERT_TRUE(dump) << complaint(dump);
  EXPECT_EQ(file->rows, dump->rows);
  EXPECT_EQ(file->totals.at("messages"), 12U);
  EXPECT_EQ(file->of("messages").front().at("id"), 1);
  EXPECT_TRUE(file->of("bot_holdings").empty());
  EXPECT_FALSE(file->rows.contains("api_users")) << "only counted";
  EXPECT_EQ(file->totals.at("api_users"), 1U);
}

TEST_F(FoundingFile, NothingIsWrittenBesideTheFile) {
  const auto path = database("app.db", "PRAGMA journal_mode=WAL;" + founding_dump());
  ASSERT_TRUE(read_founding(path));
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
}

TEST_F(FoundingFile, WhatIsNotWrittenBackIsNotRead) {
  const auto path = database("app.db", founding_dump());
  std::ofstream(path + "-wal") << "pages";
  const auto read = read_founding(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Conflict);
  EXPECT_THAT(complaint(read), HasSubstr("stop the old system first"));
}

TEST_F(FoundingFile, WrongFilesGetOneClearLine) {
  EXPECT_THAT(complaint(read_founding((dir / "none.db").string())), HasSubstr("cannot read"));
  EXPECT_THAT(complaint(read_founding(dir.path().string())), HasSubstr("cannot read"));
  EXPECT_THAT(complaint(read_founding(write("a.txt", "hello"))), HasSubstr("neither a SQLite"));
  EXPECT_THAT(complaint(read_founding(write("empty", ""))), HasSubstr("neither a SQLite"));
  EXPECT_THAT(complaint(read_founding(write("b.sql", "CREATE TABLE bots (id int); nonsense;"))),
              HasSubstr("the SQL of it does not run"));
  EXPECT_THAT(complaint(read_founding(write("c.sql", "CREATE TABLE cats (id int);"))),
              HasSubstr("no table 'bots' in it, so it is not the founding system's database "
                        "(it has cats)"));
  EXPECT_THAT(complaint(read_founding(
                  write("d.db", std::string("SQLite format 3\0", 16) + std::string(500, 'x')))),
              HasSubstr("cannot be"));
  for (const auto* name : {"a.txt", "b.sql", "c.sql", "d.db"}) {
    EXPECT_EQ(complaint(read_founding((dir.path() / name).string())).find('\n'), std::string::npos);
  }
}

TEST_F(FoundingFile, ADumpHasNoReachToOtherFiles) {
  const auto other = (dir / "other.db").string();
  const auto read =
      read_founding_dump("CREATE TABLE bots (id int); ATTACH '" + other + "' AS o;", "evil.sql");
  ASSERT_FALSE(read);
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_FALSE(read_founding_dump("CREATE TABLE bots(id int); PRAGMA writable_schema=ON;", "x"));
}

}  // namespace
}  // namespace chorus::app
