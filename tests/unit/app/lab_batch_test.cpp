#include "chorus/app/lab_batch.hpp"

#include "chorus/app/commands/lab_flags.hpp"

#include "support/temp_dir.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace chorus::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

BatchRun run_of(std::string name, lab::Verdict verdict, int code) {
  BatchRun run;
  run.name = std::move(name);
  run.exit_code = code;
  run.result.emplace();
  run.result->verdict = verdict;
  run.result->bots = 10;
  if (verdict != lab::Verdict::Pass) run.result->reasons = {"reply_latency p(95)<5000: 6.10 s"};
  return run;
}

std::vector<std::string> names(const Result<std::vector<LabRunOptions>>& chosen) {
  std::vector<std::string> out;
  if (!chosen) return {chosen.error().message};
  for (const auto& options : *chosen) out.push_back(options.scenario.name);
  return out;
}

TEST(LabBatch, OneRowForEachRunAndTheReasonsBelow) {
  EXPECT_EQ(batch_table({run_of("baseline-low", lab::Verdict::Pass, 0),
                         run_of("baseline-high", lab::Verdict::Fail, 99)}),
            "scenario       verdict  bots  people  sent  bots' msg/s  reply p95  not answered\n"
            "baseline-low   PASS       10       0     0            -          -             0\n"
            "baseline-high  FAIL       10       0     0            -          -             0\n"
            "\n"
            "baseline-high: reply_latency p(95)<5000: 6.10 s\n");
  BatchRun none;
  none.name = "x";
  EXPECT_THAT(batch_table({none}), HasSubstr("x         no run"));
}

TEST(LabBatch, TheGravestCodeWins) {
  const auto of = [](std::vector<int> codes) {
    std::vector<BatchRun> runs;
    for (const int code : codes) runs.push_back(run_of("x", lab::Verdict::Pass, code));
    return gravest(runs);
  };
  EXPECT_EQ(of({0, 0}), 0);
  EXPECT_EQ(of({0, 99, 120}), 120);
  EXPECT_EQ(of({122, 120}), 122);
  EXPECT_EQ(of({108, 122}), 108);
  EXPECT_EQ(of({107, 99, 108}), 107);
  EXPECT_EQ(of({99, 105}), 105);
  EXPECT_EQ(of({121, 99}), 99);
}

TEST(LabBatch, EachRunWritesItsOwnFiles) {
  EXPECT_EQ(batch_path("out/a.json", "low"), "out/a-low.json");
  EXPECT_EQ(batch_path("report", "low"), "report-low");
  EXPECT_EQ(batch_path("", "low"), "");
  EXPECT_EQ(batch_path("-", "low"), "-");
}

TEST(LabChoice, AFamilyRunsTheSmallestLoadFirst) {
  EXPECT_THAT(names(choose_scenarios("baseline", true, "", {}, {})),
              ElementsAre("baseline-low", "baseline-medium", "baseline-high"));
}

TEST(LabChoice, ATagChoosesAmongTheShippedOnes) {
  EXPECT_THAT(names(choose_scenarios("", false, "baseline", {}, {})),
              ElementsAre("baseline-low", "baseline-medium", "baseline-high"));
  EXPECT_THAT(names(choose_scenarios("", false, "any-bot", {}, {"bot"})),
              testing::UnorderedElementsAre("dm", "echo"));
  EXPECT_THAT(names(choose_scenarios("", false, "nope", {}, {})),
              ElementsAre("no scenario among the shipped ones carries the tag 'nope'"));
}

TEST(LabChoice, AFolderIsAFamilyToo) {
  test::TempDir folder;
  const auto write = [&](const char* name, const char* bots) {
    std::ofstream(folder.path() / name)
        << "version: 1\nname: " << name
        << "\ntags: [mine]\ntarget: { kind: attach, bots: { count: " << bots
        << " } }\nrooms: [{ id: r, bots: all, people: none }]\n"
           "scenarios: { main: { executor: constant-vus, duration: 10s } }\n";
  };
  write("b.yaml", "1");
  write("a.yaml", "5");
  std::ofstream(folder.path() / "notes.txt") << "no scenario";
  EXPECT_THAT(names(choose_scenarios(folder.path().string(), true, "", {}, {})),
              ElementsAre("b.yaml", "a.yaml"));
  EXPECT_THAT(names(choose_scenarios(folder.path().string(), false, "other", {}, {})),
              ElementsAre(HasSubstr("carries the tag 'other'")));
}

TEST(LabChoice, AFamilysNameAloneIsAnsweredWithWhatToDo) {
  const auto chosen = choose_scenarios("baseline", false, "", {}, {});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code, ErrorCode::Misconfigured);
  EXPECT_EQ(chosen.error().message,
            "'baseline' is a family of 3 scenarios; name one of them (chorus lab list), or run "
            "them all: chorus lab run baseline --all");
}

TEST(LabFlagsOf, ATimeoutMustBeADuration) {
  LabFlags flags;
  flags.timeout = "soon";
  EXPECT_EQ(prepare_lab("demo", flags, {}).error().code, ErrorCode::InvalidArgument);
  flags.timeout = "0s";
  EXPECT_EQ(prepare_lab("demo", flags, {}).error().message, "--timeout must be longer than 0");
  flags.timeout = "90s";
  EXPECT_EQ(prepare_lab("demo", flags, {})->timeout, std::chrono::seconds(90));
}

}  // namespace
}  // namespace chorus::app
