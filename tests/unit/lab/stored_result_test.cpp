#include "chorus/lab/stored_result.hpp"

#include "chorus/lab/outputs.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A run with something in every section: failed thresholds, late and doubled answers.
const RunResult& eventful() {
  static const RunResult result = [] {
    auto r = *run(kGroup, {.duplicate_every = 9, .late_every = 7, .at_start = "setMyDescription"})
                  .result;
    r.founding = {{"p95", "1647 ms"}};
    r.environment = {{"cores", "2"}};
    ProcessSummary process;
    process.name = "target";
    process.rss_after = 12'345'678;
    r.processes.push_back(process);
    r.target_counts.unknown = 3;
    r.drift = Drift{410, 980, 1, 0.75, 100, 120, 0.0123};
    r.little = {.n = 80, .recorded_seconds = 40, .in_flight_seconds = 42, .window_seconds = 20};
    r.thresholds.at(0).threshold.broken_for = 5s;
    r.thresholds.at(0).longest_broken = 7s;
    return r;
  }();
  return result;
}

TEST(StoredResult, RendersEveryKindAsTheRunDid) {
  const auto stored = result_json(eventful());
  for (const auto& kind : output_kinds()) {
    if (kind == "ndjson" || kind == "prometheus-rw") continue;
    const auto again = render_stored(kind, stored);
    ASSERT_TRUE(again) << kind << ": " << again.error().message;
    EXPECT_EQ(*again, *render(kind, eventful())) << kind;
  }
}

TEST(StoredResult, GivesTheSameSummary) {
  const auto result = parse_result(result_json(eventful()));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(summary_text(*result, {}), summary_text(eventful(), {}));
  EXPECT_EQ(result->end, eventful().end);
  EXPECT_EQ(result->errors, eventful().errors);
  EXPECT_EQ(result->not_simulated, eventful().not_simulated);
}

TEST(StoredResult, ANeverIsStillANever) {
  auto r = eventful();
  r.thresholds.at(0).value = std::numeric_limits<double>::infinity();
  EXPECT_THAT(*render_stored("md", result_json(r)), HasSubstr("| never |"));
}

TEST(StoredResult, SaysWhatIsNoResult) {
  EXPECT_THAT(parse_result("{").error().message, HasSubstr("not a result.json: "));
  EXPECT_THAT(parse_result("[]").error().message, HasSubstr("not the result of a run"));
  EXPECT_THAT(parse_result(R"({"schema_version":1})").error().message,
              HasSubstr("not the result of a run"));
  EXPECT_THAT(parse_result(R"({"schema_version":9,"verdict":"PASS"})").error().message,
              HasSubstr("written by a newer chorus (schema 9, this one reads 1)"));
  EXPECT_EQ(parse_result("{").error().code, ErrorCode::Misconfigured);
}

TEST(StoredResult, OddContentsAreReadAsFarAsTheyGo) {
  const auto result = parse_result(
      R"({"schema_version":1,"verdict":"??","metrics":{"nonsense":{},"reply_latency":7},)"
      R"("thresholds":[3,{"metric":"no","expr":"such"}],"ledger":[],"seed":-1,"target":null})");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->verdict, Verdict::Invalid);
  EXPECT_TRUE(result->metrics.empty());
  EXPECT_TRUE(result->thresholds.empty());
}

TEST(StoredResult, HasNoRecords) {
  EXPECT_EQ(render_stored("ndjson", result_json(eventful())).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_FALSE(render_stored("prometheus-rw", result_json(eventful())));
  EXPECT_FALSE(render_stored("pdf", result_json(eventful())));
}

}  // namespace
}  // namespace chorus::lab
