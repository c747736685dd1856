#include "chorus/lab/report_page.hpp"

#include "chorus/lab/compare/compare.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"

#include "unit/lab/run_harness.hpp"
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

/// The page's data, as its script reads it.
std::string data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const auto at = page.find(begin);
  EXPECT_NE(at, std::string::npos);
  const auto from = at + begin.size();
  return page.substr(from, page.find("</script>", from) - from);
}

const RunResult& ordinary() {
  static const RunResult result = *run(kGroup, {}).result;
  return result;
}

TEST(ReportPage, LoadsNothingAndRunsNothingButItsOwnScript) {
  const auto page = result_html(ordinary());
  EXPECT_NE(page.find("default-src 'none'; script-src 'sha256-"), std::string::npos);
  for (const char* never : {"unsafe-inline", " onclick=", " src=", "@import", "url(", "__CHORUS_",
                            "__STYLE", "__SCRIPT"}) {
    EXPECT_EQ(page.find(never), std::string::npos) << never;
  }
  EXPECT_LT(page.size(), kMaxReportBytes);
}

TEST(ReportPage, StrangersTextIsDataAndNothingElse) {
  auto r = ordinary();
  r.name = "__CHORUS_DATA__ </title><script>alert(1)</script>";
  r.target = "<!--<script>bot</script>";
  r.fairness.worst_people = {{"\"><img src=x onerror=alert(1)>", 3, 1, 5}};
  const auto page = result_html(r);
  const auto data = data_of(page);
  EXPECT_EQ(data.find('<'), std::string::npos);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  const auto read = parse_json(data);
  ASSERT_TRUE(read) << read.error().message;
  const auto& result = *find_object(read->as_object(), "result");
  EXPECT_EQ(*find_string(result, "name"), r.name);
  EXPECT_EQ(*find_string(*find_object(result, "target"), "description"), r.target);
}

TEST(ReportPage, TheLongestRunStaysBelowAMegabyte) {
  auto r = ordinary();
  Series series(6s);
  for (int i = 0; i < 600; ++i) {
    auto& point = series.at(i * 6s);
    point.planned = point.sent = 123'456;
    point.legs_n = 1000;
    point.legs_ms = {1234.567, 2345.678, 3456.789, 4567.891};
    for (int k = 0; k < 1000; ++k)
      point.latency.record(std::chrono::microseconds(1000 + k * k * 37));
  }
  r.series = series.points();
  r.series_interval = series.interval();
  ScrapeReport scrape;
  for (std::size_t t = 0; t < ScrapeLog::kMaxPoints; ++t)
    scrape.at.push_back(static_cast<double>(t));
  for (std::size_t k = 0; k < ScrapeLog::kMaxShown; ++k) {
    ScrapedSeries s;
    s.name = "some_metric_of_the_target_with_a_long_name_total";
    s.labels = {{"handler", "value_" + std::to_string(k)}};
    for (const double t : scrape.at) s.values.push_back(1.0 / (1 + t * static_cast<double>(k + 1)));
    scrape.series.push_back(std::move(s));
  }
  r.scrape = std::move(scrape);
  const auto page = result_html(r);
  EXPECT_LT(page.size(), kMaxReportBytes);
  const auto read = parse_json(data_of(page));
  ASSERT_TRUE(read);
  const auto& result = *find_object(read->as_object(), "result");
  const auto* points = find_array(result, "series");
  ASSERT_TRUE(points);
  EXPECT_GE(points->size(), 75U);
  std::uint64_t n = 0;
  for (const auto& p : *points) n += static_cast<std::uint64_t>(*find_int(p.as_object(), "n"));
  EXPECT_EQ(n, 600U * 1000U);  // joined, not dropped
}

TEST(ReportPage, AComparisonCarriesBothRuns) {
  // Runs to compare come out of their files.
  const auto stored = parse_result(result_json(ordinary()));
  ASSERT_TRUE(stored);
  const std::vector<NamedRun> before = {{"monday", *stored}};
  const std::vector<NamedRun> after = {{"tuesday", ordinary()}};
  const auto compared = compare_runs(before, after, {});
  ASSERT_TRUE(compared) << compared.error().message;
  const auto read = parse_json(data_of(comparison_report(*compared, before[0], after[0])));
  ASSERT_TRUE(read);
  EXPECT_TRUE(find_object(read->as_object(), "comparison"));
  EXPECT_TRUE(find_object(read->as_object(), "result"));
  const auto* then = find_object(read->as_object(), "before");
  ASSERT_TRUE(then);
  EXPECT_TRUE(find_array(*then, "series")->empty());
  EXPECT_GT(find_array(*find_object(*then, "spectrum"), "reply_latency")->size(), 10U);
}

TEST(RunLegs, ABotsRepliesAreTakenApartByWhatTheSandboxSees) {
  const auto r = *run(R"(version: 1
name: dm
target: { kind: attach, bots: { count: 2 } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people: { person: { count: 10, rate: 6/min, text: "hi {{number}}", expect: required } }
scenarios: { main: { executor: constant-vus, duration: 60s } }
)",
                      {.delay = 300ms})
                      .result;
  EXPECT_GT(r.legs.replies, 40U);
  EXPECT_EQ(r.legs.split, r.legs.replies);
  const auto* react = find_summary(r, "leg_latency{leg:react}");
  const auto* work = find_summary(r, "leg_latency{leg:work}");
  ASSERT_TRUE(react && work);
  EXPECT_NEAR(react->p50, 300, 15);
  EXPECT_DOUBLE_EQ(work->max, 0);
  EXPECT_EQ(r.fairness.people, 10U);
  EXPECT_EQ(r.fairness.worst_people.size(), 10U);
  const auto again = parse_result(result_json(r));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->legs.split, r.legs.split);
  EXPECT_EQ(again->fairness.worst_people.at(0).name, r.fairness.worst_people.at(0).name);
  EXPECT_EQ(again->series.back().legs_n, r.series.back().legs_n);
}

}  // namespace
}  // namespace chorus::lab
