#include "chorus/app/durable_files.hpp"

#include "chorus/app/run_checkpoint_file.hpp"

#include "support/temp_dir.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace chorus::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

TEST(RunLock, AFolderHasOneLabAtATimeAndADeadOneHoldsNothing) {
  const test::TempDir folder;
  const auto path = folder.path().string();
  EXPECT_FALSE(RunLock::held(path));
  {
    const auto lock = RunLock::take(path);
    ASSERT_TRUE(lock) << lock.error().message;
    EXPECT_TRUE(RunLock::held(path));
    const auto second = RunLock::take(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    EXPECT_THAT(second.error().message, HasSubstr("still at work (process "));
  }
  // As after a kill: the file is there, and nobody holds it.
  EXPECT_TRUE(fs::exists(path + "/lab.lock"));
  EXPECT_FALSE(RunLock::held(path));
  auto again = RunLock::take(path);
  ASSERT_TRUE(again);
  again->remove();
  EXPECT_FALSE(fs::exists(path + "/lab.lock"));
}

TEST(WriteDurably, ReplacesAFileAsAWholeOrSaysWhy) {
  const test::TempDir folder;
  const auto path = (folder.path() / "result.json").string();
  ASSERT_TRUE(write_durably(path, "old"));
  ASSERT_TRUE(write_durably(path, "new", 0600));
  EXPECT_EQ(text_of(path), "new");
  EXPECT_FALSE(fs::exists(path + ".new"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto nowhere = write_durably((folder.path() / "no" / "file").string(), "x");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::Unavailable);
}

TEST(RecordSpool, GoesOnWhereACheckpointWas) {
  const test::TempDir folder;
  const auto path = (folder.path() / "records.ndjson").string();
  {
    RecordSpool first;
    ASSERT_TRUE(first.open(path));
    first.add("one");
    first.add("two");
    first.add("after the checkpoint");
    first.flush();
  }
  RecordSpool second;
  ASSERT_TRUE(second.open(path, 8));
  second.add("three");
  const auto out = (folder.path() / "out" / "copy").string();
  ASSERT_TRUE(second.copy_to(out));
  EXPECT_EQ(text_of(out), "one\ntwo\nthree\n");
  second.discard();
  EXPECT_FALSE(fs::exists(path));
  RecordSpool third;
  EXPECT_FALSE(third.open(path, 8));  // what should be there is not
}

TEST(RunCheckpointFile, ComesBackAsItWasWritten) {
  const test::TempDir folder;
  RunCheckpoint checkpoint;
  checkpoint.invocation["scenario"] = "soak";
  checkpoint.identity = {{"people", "20 person"}, {"bots", "1"}};
  checkpoint.state = R"({"place":{"format":1}})";
  const auto path = folder.path().string();
  ASSERT_TRUE(write_durably(path + "/checkpoint.json", checkpoint_text(checkpoint)));
  const auto read = read_checkpoint(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->invocation, checkpoint.invocation);
  EXPECT_EQ(read->identity, checkpoint.identity);
  EXPECT_EQ(read->state, checkpoint.state);
}

TEST(RunCheckpointFile, SaysWhyThereIsNothingToGoOnWith) {
  const test::TempDir folder;
  const auto path = folder.path().string();
  EXPECT_THAT(read_checkpoint(path).error().message, HasSubstr("holds no checkpoint"));
  ASSERT_TRUE(write_durably(path + "/result.json", R"({"schema_version":1,"verdict":"PASS"})"));
  EXPECT_THAT(read_checkpoint(path).error().message, HasSubstr("has ended (PASS)"));
  for (const auto* odd : {"", "[]", "{}", R"({"chorus_checkpoint":2})",
                          R"({"chorus_checkpoint":1,"invocation":{},"identity":[1],"state":{}})"}) {
    ASSERT_TRUE(write_durably(path + "/checkpoint.json", odd));
    const auto read = read_checkpoint(path);
    ASSERT_FALSE(read) << odd;
    EXPECT_EQ(read.error().code, ErrorCode::Misconfigured);
  }
}

}  // namespace
}  // namespace chorus::app
