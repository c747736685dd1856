#include "chorus/lab/compare/compare.hpp"

#include "chorus/base/json.hpp"
#include "chorus/lab/compare/compare_output.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"

#include "unit/lab/compare/made_runs.hpp"
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using stats::Decision;

RunComparison compared(const std::vector<NamedRun>& before, const std::vector<NamedRun>& after,
                       CompareOptions options = {}) {
  options.resamples = 500;
  auto out = compare_runs(before, after, options);
  EXPECT_TRUE(out) << out.error().message;
  return out ? std::move(*out) : RunComparison{};
}

const MeasureChange& change_of(const RunComparison& c, std::string_view key) {
  for (const auto& change : c.changes) {
    if (to_string(change.key) == key) return change;
  }
  ADD_FAILURE() << "no " << key;
  static const MeasureChange none;
  return none;
}

MadeRun slower(double factor, std::uint64_t seed = 2) {
  MadeRun made;
  made.seed = seed;
  made.median_ms *= factor;
  return made;
}

TEST(Compare, OneRunAgainstOneIsJudgedByBlocks) {
  const std::vector before = {make_run({.seed = 1})};
  const auto same = compared(before, {make_run({.seed = 2})});
  EXPECT_EQ(same.decision, Decision::Same) << comparison_text(same, false);
  EXPECT_EQ(same.method, CompareMethod::Blocks);
  const auto worse = compared(before, {make_run(slower(1.15))});
  EXPECT_EQ(worse.decision, Decision::Worse) << comparison_text(worse, false);
  const auto& p95 = change_of(worse, "reply_latency:p95");
  EXPECT_NEAR(p95.evidence.effect, 0.15, 0.04);
  EXPECT_LT(p95.evidence.interval.low, 0.15);
  EXPECT_GT(p95.evidence.interval.high, 0.15);
  const auto better = compared({make_run(slower(1.15))}, before);
  EXPECT_EQ(change_of(better, "reply_latency:p50").decision, Decision::Better);
}

TEST(Compare, ARealButSmallChangeIsTheSame) {
  MadeRun base{.seed = 1, .sigma = 0.1, .seconds = 600};
  MadeRun two_percent{.seed = 2, .median_ms = 408, .sigma = 0.1, .seconds = 600};
  const auto c = compared({make_run(base)}, {make_run(two_percent)});
  const auto& p50 = change_of(c, "reply_latency:p50");
  EXPECT_LT(p50.p, 0.05) << "it is there";
  EXPECT_EQ(p50.decision, Decision::Same) << "and does not matter";
  CompareOptions strict;
  strict.min_effect = 0.01;
  EXPECT_EQ(
      change_of(compared({make_run(base)}, {make_run(two_percent)}, strict), "reply_latency:p50")
          .decision,
      Decision::Worse);
}

TEST(Compare, AMillisecondOfAFastTargetIsNoRegression) {
  const MadeRun fast{.seed = 1, .median_ms = 2, .sigma = 0.05, .seconds = 300};
  MadeRun slow = fast;
  slow.seed = 2;
  slow.median_ms = 2.6;  // 30 %, and 0.6 ms
  const auto c = compared({make_run(fast)}, {make_run(slow)});
  EXPECT_EQ(change_of(c, "reply_latency:p50").decision, Decision::Same);
}

TEST(Compare, ShortRunsStayUndecided) {
  const auto c =
      compared({make_run({.seed = 1, .seconds = 12})}, {make_run({.seed = 2, .seconds = 12})});
  EXPECT_EQ(c.decision, Decision::Undecided);
  const auto text = comparison_text(c, false);
  EXPECT_NE(text.find("too short: 12 intervals in blocks of 3, and 6 blocks are needed"),
            std::string::npos)
      << text;
}

TEST(Compare, APercentileOfTooFewRepliesIsNotJudged) {
  CompareOptions options;
  options.gates = {*parse_measure("reply_latency:p99")};
  const auto c = compared({make_run({.seed = 1, .seconds = 60, .per_second = 4})},
                          {make_run({.seed = 2, .seconds = 60, .per_second = 4})}, options);
  const auto& p99 = change_of(c, "reply_latency:p99");
  EXPECT_EQ(p99.decision, Decision::Undecided);
  EXPECT_EQ(p99.note, "240 replies on a side, and 299 are needed");
  EXPECT_TRUE(p99.before && p99.after) << "shown all the same";
}

TEST(Compare, FiveAgainstFiveAreRanked) {
  const auto before = make_runs(5, {.seed = 1, .seconds = 30});
  const auto c = compared(before, make_runs(5, {.seed = 2, .median_ms = 480, .seconds = 30}));
  EXPECT_EQ(c.decision, Decision::Worse) << comparison_text(c, false);
  EXPECT_EQ(c.method, CompareMethod::Ranks);
  const auto& p95 = change_of(c, "reply_latency:p95");
  EXPECT_EQ(p95.method, CompareMethod::Ranks);
  EXPECT_NEAR(p95.p, 2.0 / 252, 1e-9);
  EXPECT_EQ(p95.cliff, 1.0);
  EXPECT_NEAR(p95.evidence.effect, 0.2, 0.08);
  const auto same = compared(make_runs(8, {.seed = 1, .seconds = 60}, 0.003),
                             make_runs(8, {.seed = 2, .seconds = 60}, 0.003));
  EXPECT_EQ(same.decision, Decision::Same) << comparison_text(same, false);
}

TEST(Compare, WhatOneStartDoesIsSeenByRanksOnly) {
  // Each start of the program moves all its latencies by some 15 %: inside a run nothing shows it.
  const auto before = make_runs(6, {.seed = 3, .seconds = 120}, 0.15);
  const auto after = make_runs(6, {.seed = 4, .seconds = 120}, 0.15);
  const auto c = compared(before, after);
  EXPECT_NE(c.decision, Decision::Same);
  EXPECT_NE(c.decision, Decision::Worse);
  const auto one = compared({before[0]}, {after[0]});
  EXPECT_NE(comparison_text(one, false).find("too few runs to know how one start differs"),
            std::string::npos);
}

TEST(Compare, MoreErrorsAreWorse) {
  const auto c = compared({make_run({.seed = 1, .error_share = 0.002})},
                          {make_run({.seed = 2, .error_share = 0.04})});
  EXPECT_EQ(change_of(c, "errors:rate").decision, Decision::Worse);
  EXPECT_EQ(change_of(c, "errors:rate").method, CompareMethod::Shares);
  EXPECT_FALSE(change_of(c, "errors:rate").relative);
}

TEST(Compare, InvalidRunsProveNothing) {
  auto broken = make_run({.seed = 3});
  broken.name = "broken";
  broken.result.verdict = Verdict::Invalid;
  broken.result.reasons = {"the lab itself was late"};
  const auto c = compared({make_run({.seed = 1}), broken}, {make_run({.seed = 2})});
  EXPECT_EQ(c.before.size(), 1);
  EXPECT_EQ(c.notes.front(), "broken is INVALID and left out: the lab itself was late");
  const auto none = compare_runs(std::vector{broken}, std::vector{make_run({})}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::NotFound);
  EXPECT_NE(none.error().message.find("no run before is left"), std::string::npos);
}

TEST(Compare, DifferentLoadsAreRefused) {
  auto other = make_run({.seed = 2});
  other.result.people = 20;
  other.result.measured = std::chrono::seconds(300);
  const auto c = compare_runs(std::vector{make_run({})}, std::vector{other}, {});
  ASSERT_FALSE(c);
  EXPECT_EQ(c.error().code, ErrorCode::Misconfigured);
  EXPECT_NE(c.error().message.find("people: 10 and 20; measured window"), std::string::npos)
      << c.error().message;
}

TEST(Compare, ARunThatSomebodySteeredDoesNotCount) {
  auto steered = make_run({.seed = 2});
  steered.result.steered = {"at 3s: paused (control API)"};
  const auto before = std::vector{make_run({.seed = 1})};
  const auto none = compare_runs(before, std::vector{steered}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::NotFound);
  const auto c = compared(before, {steered, make_run({.seed = 3})});
  EXPECT_EQ(c.after, std::vector<std::string>{"run-3"});
  EXPECT_NE(comparison_text(c, false).find("run-2 was steered by hand and left out: at 3s: paused"),
            std::string::npos);
}

TEST(Compare, MetricsThatTheScenarioDeclaredAreJudgedToo) {
  const auto with_own = [](std::uint64_t seed, double took_ms, double sold) {
    auto runs = make_runs(5, {.seed = seed, .seconds = 30});
    for (std::size_t i = 0; i < runs.size(); ++i) {
      MetricSummary took;
      took.key = "took";
      took.unit = MetricUnit::Time;
      took.count = 100;
      took.p95 = took_ms + static_cast<double>(i);
      MetricSummary count;
      count.key = "sold";
      count.type = MetricType::Counter;
      count.unit = MetricUnit::Count;
      count.value = sold + static_cast<double>(i);
      runs[i].result.metrics.push_back(took);
      runs[i].result.metrics.push_back(count);
    }
    return runs;
  };
  const auto before = with_own(1, 100, 500);
  const auto after = with_own(2, 150, 900);
  EXPECT_FALSE(parse_measure("took:p95"));
  const auto own = own_metrics(before.front().result);
  ASSERT_EQ(own.size(), 2U);
  CompareOptions options;
  options.gates = {*parse_measure("took:p95", own), *parse_measure("sold", own)};
  EXPECT_EQ(to_string(options.gates[1]), "sold:rate");
  const auto c = compared(before, after, options);
  EXPECT_EQ(change_of(c, "took:p95").decision, Decision::Worse) << comparison_text(c, false);
  const auto& sold = change_of(c, "sold:rate");
  EXPECT_EQ(sold.decision, Decision::Undecided);
  EXPECT_EQ(sold.note, "neither direction is worse") << "nobody said which";
}

TEST(Compare, AStoredRunComparesLikeTheRunItself) {
  const auto run = make_run({.seed = 1});
  auto stored = parse_result(result_json(run.result));
  ASSERT_TRUE(stored);
  const std::vector after = {make_run(slower(1.1))};
  const auto a = compared({run}, after);
  const auto b = compared({NamedRun{run.name, std::move(*stored)}}, after);
  EXPECT_EQ(comparison_json(a), comparison_json(b));
}

TEST(Compare, SeriesOfAnotherLengthAreJoined) {
  auto coarse = make_run({.seed = 2});
  auto& series = coarse.result.series;
  std::vector<SeriesPoint> joined;
  for (std::size_t i = 0; i + 1 < series.size(); i += 2) {
    auto p = series[i];
    p.length *= 2;
    p.latency.merge(series[i + 1].latency);
    joined.push_back(std::move(p));
  }
  series = std::move(joined);
  coarse.result.series_interval *= 2;
  const auto c = compared({make_run({.seed = 1})}, {coarse});
  EXPECT_EQ(change_of(c, "reply_latency:p50").decision, Decision::Same);
}

TEST(Compare, OutputsSayTheSame) {
  const auto c = compared({make_run({.seed = 1})}, {make_run(slower(1.3))});
  const auto md = comparison_markdown(c);
  EXPECT_TRUE(md.starts_with("### `made`: worse: reply_latency:p50, reply_latency:p95\n")) << md;
  EXPECT_NE(md.find("| **worse** | reply_latency:p95 |"), std::string::npos) << md;
  const auto json = parse_json(comparison_json(c));
  ASSERT_TRUE(json);
  EXPECT_EQ(find_string(json->as_object(), "decision"), "worse");
  const auto* changes = find_array(json->as_object(), "changes");
  ASSERT_TRUE(changes);
  EXPECT_EQ(find_string(changes->at(0).as_object(), "measure"), "reply_latency:p50");
  const auto junit = comparison_junit(c);
  EXPECT_NE(junit.find("tests=\"3\" failures=\"2\" skipped=\"0\""), std::string::npos) << junit;
  EXPECT_FALSE(render_comparison("pdf", c));
}

TEST(MeasureKey, IsReadAndWrittenAlike) {
  for (const char* text : {"reply_latency:p95", "reply_latency:p99.9", "errors:rate",
                           "messages{side:bot}:rate", "reply_latency{kind:mention}:p50",
                           "process_rss:max", "reply_latency:avg", "queue_depth:value"}) {
    const auto key = parse_measure(text);
    ASSERT_TRUE(key) << text << ": " << key.error().message;
    EXPECT_EQ(to_string(*key), text);
  }
  EXPECT_EQ(to_string(*parse_measure("reply_latency")), "reply_latency:p95");
  EXPECT_EQ(to_string(*parse_measure("errors")), "errors:rate");
  EXPECT_EQ(to_string(*parse_measure("messages{side:bot}")), "messages{side:bot}:rate");
  for (const char* text : {"reply_latenzy", "reply_latency:rate", "errors:p95", "", ":p95",
                           "reply_latency:p101", "messages{side:bot"}) {
    EXPECT_FALSE(parse_measure(text)) << text;
  }
}

TEST(MeasureKey, OddPercentilesComeFromTheHistogram) {
  const auto run = make_run({.seed = 1});
  const auto p75 = value_of(run.result, *parse_measure("reply_latency:p75"));
  ASSERT_TRUE(p75);
  EXPECT_GT(*p75, run.result.metrics[0].p50);
  EXPECT_LT(*p75, run.result.metrics[0].p95);
  EXPECT_FALSE(value_of(run.result, *parse_measure("llm_total:p95")));
}

}  // namespace
}  // namespace chorus::lab
