#include "chorus/lab/scrape.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

const ScrapedSeries* find(const ScrapeReport& report, std::string_view name) {
  for (const auto& s : report.series) {
    if (s.name == name) return &s;
  }
  return nullptr;
}

TEST(Scrape, CountersBecomeRatesAndHistogramsMeans) {
  ScrapeLog log;
  for (int i = 0; i <= 4; ++i) {
    log.add(std::chrono::seconds(i * 2),
            fmt::format("# TYPE sends_total counter\nsends_total {}\n# TYPE depth gauge\ndepth {}\n"
                        "# TYPE wait_seconds histogram\nwait_seconds_bucket{{le=\"1\"}} 3\n"
                        "wait_seconds_sum {}\nwait_seconds_count {}\nstill 5\n",
                        i * 10, i, i * 1.5, i * 3));
  }
  const auto report = log.report("http://127.0.0.1:1/metrics");
  EXPECT_EQ(report.scrapes, 5U);
  // Rate and mean do not move, so only the gauge is a curve.
  ASSERT_EQ(report.series.size(), 1U);
  EXPECT_EQ(report.left_out, 3U);
  EXPECT_EQ(report.series[0].name, "depth");
  log.add(10s,
          "# TYPE sends_total counter\nsends_total 100\n"
          "# TYPE wait_seconds histogram\nwait_seconds_sum 9\nwait_seconds_count 13\n");
  const auto more = log.report("");
  const auto* sends = find(more, "sends_total");
  ASSERT_TRUE(sends);
  EXPECT_EQ(sends->shows, ScrapedSeries::Shows::PerSecond);
  EXPECT_TRUE(std::isnan(sends->values[0]));
  EXPECT_DOUBLE_EQ(sends->values[1], 5);
  EXPECT_DOUBLE_EQ(sends->values[5], 30);
  const auto* wait = find(more, "wait_seconds");
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->shows, ScrapedSeries::Shows::Mean);
  EXPECT_DOUBLE_EQ(wait->values[1], 0.5);
  EXPECT_DOUBLE_EQ(wait->values[5], 3);
  EXPECT_TRUE(std::isnan(find(more, "depth")->values[5]));
}

TEST(Scrape, ACounterThatFellHasStartedAgain) {
  ScrapeLog log;
  const int values[] = {100, 110, 4, 5};
  for (int i = 0; i < 4; ++i) {
    log.add(std::chrono::seconds(i), fmt::format("a_total {}\n", values[i]));
  }
  const auto report = log.report("");
  EXPECT_DOUBLE_EQ(report.series.at(0).values[2], 4);
}

TEST(Scrape, AHistogramWithASampleOfItsBareNameKeepsBoth) {
  ScrapeLog log;
  for (int i = 0; i < 3; ++i) {
    log.add(std::chrono::seconds(i), fmt::format("# TYPE w_seconds histogram\n"
                                                 "w_seconds {}\nw_seconds_sum {}\n"
                                                 "w_seconds_count {}\n",
                                                 i, i * 6, i * 2));
  }
  const auto report = log.report("");
  EXPECT_DOUBLE_EQ(find(report, "w_seconds")->values[2], 2);
}

TEST(Scrape, MemoryIsBoundedWhateverComes) {
  ScrapeLog log;
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int k = 0; k < 600; ++k) text += fmt::format("g{{k=\"{}\"}} {}\n", k, (i * (k + 1)) % 97);
    log.add(std::chrono::seconds(i), text);
    if (i > 300) i += 99;
  }
  EXPECT_GT(log.interval(), 1s);
  const auto report = log.report("");
  EXPECT_LE(report.at.size(), ScrapeLog::kMaxPoints);
  EXPECT_EQ(report.series.size(), ScrapeLog::kMaxShown);
  EXPECT_EQ(report.left_out, 540U);
  for (const auto& s : report.series) EXPECT_EQ(s.values.size(), report.at.size());
}

TEST(Scrape, SaysWhyItFailed) {
  ScrapeLog log;
  log.failed("it answered 404");
  const auto report = log.report("http://127.0.0.1:1/metrics");
  EXPECT_EQ(report.failed, 1U);
  EXPECT_EQ(report.last_error, "it answered 404");
  EXPECT_TRUE(report.series.empty());
}

}  // namespace
}  // namespace chorus::lab
