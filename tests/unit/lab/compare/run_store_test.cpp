#include "chorus/lab/compare/run_store.hpp"

#include "chorus/lab/compare/trend.hpp"
#include "chorus/lab/outputs.hpp"

#include "unit/lab/compare/made_runs.hpp"
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace chorus::lab {
namespace {

namespace fs = std::filesystem;

class RunStoreTest : public ::testing::Test {
 protected:
  RunStoreTest() {
    std::string pattern = (fs::temp_directory_path() / "chorus-runs-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  ~RunStoreTest() override {
    std::error_code ignored;  // the system clears its temporary folder too
    fs::remove_all(folder, ignored);
  }
  /// A run of a few seconds in a folder of its own; gives its result.
  RunResult put(const std::string& id, double median_ms = 400, std::uint64_t seed = 1) {
    auto run = make_run({.seed = seed, .median_ms = median_ms, .seconds = 8}).result;
    run.started_at = WallTime{} + std::chrono::hours(++hour);
    EXPECT_TRUE(write_output(folder + "/" + id + "/result.json", result_json(run)));
    return run;
  }
  std::vector<std::string> ids() {
    std::vector<std::string> out;
    for (const auto& run : *RunStore(folder).runs()) out.push_back(run.id);
    return out;
  }
  std::size_t index_lines() const {
    std::ifstream in(folder + "/index.ndjson");
    std::size_t n = 0;
    for (std::string line; std::getline(in, line);) ++n;
    return n;
  }

  std::string folder;
  int hour = 0;
};

TEST_F(RunStoreTest, RunsComeBackInTheOrderOfRecording) {
  RunStore store(folder);
  for (const char* id : {"a", "c", "b"}) {
    auto result = put(id);
    result.environment.emplace_back("label", "commit-" + std::string(id));
    ASSERT_TRUE(store.add(index_entry(id, result)));
  }
  const auto runs = store.runs();
  ASSERT_TRUE(runs);
  EXPECT_EQ(ids(), (std::vector<std::string>{"a", "c", "b"}));
  EXPECT_EQ((*runs)[1].label, "commit-c");
  EXPECT_EQ((*runs)[1].scenario, "made");
  EXPECT_EQ((*runs)[1].verdict, Verdict::Pass);
  EXPECT_TRUE((*runs)[1].load.starts_with("10 people, 1 bots, ")) << (*runs)[1].load;
  EXPECT_NEAR((*runs)[1].values.at("reply_latency:p50"), 400, 40);
  EXPECT_EQ(index_lines(), 3);
}

TEST_F(RunStoreTest, ALostIndexIsMadeAgain) {
  put("20260105T120000-made-10");
  hour = 0;
  put("20260105T120000-made-2");
  fs::create_directories(folder + "/not-a-run");
  ASSERT_TRUE(write_output(folder + "/broken/result.json", "{"));
  const std::vector<std::string> wanted = {"20260105T120000-made-2", "20260105T120000-made-10"};
  EXPECT_EQ(ids(), wanted);
  EXPECT_EQ(index_lines(), 2) << "and kept";
  EXPECT_EQ(ids(), wanted);
  EXPECT_EQ(index_lines(), 2);
}

TEST_F(RunStoreTest, AnUnfinishedLineIsPassedOver) {
  RunStore store(folder);
  ASSERT_TRUE(store.add(index_entry("a", put("a"))));
  std::ofstream(folder + "/index.ndjson", std::ios::app) << R"({"id":"b","scen)" << "\n";
  EXPECT_EQ(ids(), std::vector<std::string>{"a"});
}

TEST_F(RunStoreTest, TheIndexIsBounded) {
  RunStore store(folder);
  StoredRun run;
  run.scenario = "made";
  std::string lines;
  for (std::size_t i = 0; i < RunStore::kMostRuns + 1001; ++i) {
    run.id = std::to_string(i);
    lines += index_line(run) + "\n";
  }
  ASSERT_TRUE(write_output(folder + "/index.ndjson", lines));
  run.id = "last";
  ASSERT_TRUE(store.add(run));
  EXPECT_EQ(index_lines(), RunStore::kMostRuns);
  const auto runs = store.runs();
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->size(), RunStore::kMostRuns);
  EXPECT_EQ(runs->back().id, "last");
}

TEST_F(RunStoreTest, OldFoldersGoAndTheirNumbersStay) {
  RunStore store(folder);
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(store.add(index_entry(id, put(id))));
  auto other = put("other");
  other.name = "another";
  ASSERT_TRUE(store.add(index_entry("other", other)));
  const auto removed = store.keep_newest("made", 1);
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(fs::exists(folder + "/a"));
  EXPECT_TRUE(fs::exists(folder + "/c/result.json"));
  EXPECT_TRUE(fs::exists(folder + "/other/result.json"));
  EXPECT_EQ(ids().size(), 4);
}

TEST_F(RunStoreTest, NothingThatIsNoRunIsRemoved) {
  RunStore store(folder);
  fs::create_directories(folder + "/mine");
  fs::create_directories(folder + "/sub/inner");
  std::ofstream(folder + "/sub/inner/result.json") << "{}";
  put("target");
  fs::create_directory_symlink(folder + "/target", folder + "/link");
  StoredRun run;
  run.scenario = "made";
  for (const char* id : {"mine", "../mine", ".", "..", "", "sub/inner", "link"}) {
    run.id = id;
    ASSERT_TRUE(store.add(run));
  }
  const auto removed = store.keep_newest("made", 0);
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->empty()) << removed->front();
  EXPECT_TRUE(fs::exists(folder + "/target/result.json"));
  EXPECT_TRUE(fs::exists(folder + "/sub/inner/result.json"));
}

TEST_F(RunStoreTest, AWordMeansARunOrAFolderOfThem) {
  put("a");
  put("b");
  EXPECT_EQ(load_runs(folder + "/a", "runs")->front().name, "a");
  EXPECT_EQ(load_runs(folder + "/a/result.json", "runs")->front().name, "a");
  EXPECT_EQ(load_runs("b", folder)->front().name, "b");
  EXPECT_EQ(load_runs(folder, "runs")->size(), 2);
  StoredRun labelled = index_entry("b", put("b"));
  labelled.label = "4f2a";
  ASSERT_TRUE(RunStore(folder).add(labelled));
  EXPECT_EQ(load_runs("4f2a", folder)->front().name, "b");
  EXPECT_EQ(load_runs("nowhere", folder).error().code, ErrorCode::NotFound);
  std::ofstream(folder + "/x.json") << "{}";
  EXPECT_EQ(load_runs(folder + "/x.json", "runs").error().code, ErrorCode::Misconfigured);
}

TEST_F(RunStoreTest, NoFolderIsSaid) {
  EXPECT_EQ(RunStore(folder + "/none").runs().error().code, ErrorCode::NotFound);
}

TEST(Trend, AStepIsNamedWithItsRunAndDirection) {
  std::vector<StoredRun> runs;
  Rng rng(4);
  for (int i = 0; i < 40; ++i) {
    StoredRun run;
    run.id = "run-" + std::to_string(i);
    run.scenario = "made";
    run.label = "c" + std::to_string(i);
    run.verdict = i == 3 ? Verdict::Invalid : Verdict::Pass;
    run.values["reply_latency:p95"] = (i < 25 ? 100 : 120) + 2 * rng.normal();
    run.values["messages{side:bot}:rate"] = 30 + 0.1 * rng.normal();
    runs.push_back(run);
    run.scenario = "another";
    runs.push_back(run);
  }
  const auto trend = trend_of(runs, "made", *parse_measure("reply_latency:p95"), "", {});
  EXPECT_EQ(trend.points.size(), 39);
  EXPECT_EQ(trend.left_out, 1);
  ASSERT_EQ(trend.changes.size(), 1);
  EXPECT_EQ(trend.points[trend.changes[0].found.at].label, "c25");
  EXPECT_TRUE(trend.changes[0].worse);
  EXPECT_TRUE(regressed(trend));
  const auto text = trend_text(trend);
  EXPECT_NE(text.find("worse from run-25 (c25): 100 ms to 120 ms"), std::string::npos) << text;
  EXPECT_NE(text.find("no drift since"), std::string::npos) << text;
  const auto steady = trend_of(runs, "made", *parse_measure("messages{side:bot}"), "", {});
  EXPECT_TRUE(steady.changes.empty());
  EXPECT_NE(trend_markdown(steady).find("no change found"), std::string::npos);
  EXPECT_NE(trend_json({trend, steady}).find("\"at\": \"run-25\""), std::string::npos)
      << trend_json({trend});
}

TEST(Trend, MorePeopleAreNoChangeOfTheTarget) {
  std::vector<StoredRun> runs;
  for (int i = 0; i < 30; ++i) {
    StoredRun run;
    run.id = std::to_string(i);
    run.scenario = "made";
    run.verdict = Verdict::Pass;
    run.load = i < 15 ? "10 people" : "20 people";
    run.values["reply_latency:p95"] = i < 15 ? 100 : 200;
    runs.push_back(run);
  }
  const auto trend = trend_of(runs, "made", *parse_measure("reply_latency:p95"), "", {});
  EXPECT_EQ(trend.points.size(), 15);
  EXPECT_EQ(trend.left_out, 15);
  EXPECT_EQ(trend.load, "20 people");
  EXPECT_TRUE(trend.changes.empty());
}

TEST(Trend, FewRunsSayNothing) {
  std::vector<StoredRun> runs(5);
  for (auto& run : runs) {
    run.scenario = "made";
    run.verdict = Verdict::Pass;
    run.values["reply_latency:p95"] = 100;
  }
  const auto trend = trend_of(runs, "made", *parse_measure("reply_latency:p95"), "", {});
  EXPECT_NE(trend_text(trend).find("too few runs"), std::string::npos);
  EXPECT_FALSE(regressed(trend));
  const auto none = trend_of(runs, "nothing", *parse_measure("reply_latency:p95"), "", {});
  EXPECT_NE(trend_text(none).find("0 runs"), std::string::npos);
}

}  // namespace
}  // namespace chorus::lab
