#include "chorus/lab/watch/family_log.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace chorus::lab {
namespace {

std::string counter(std::string_view name, double value, std::string_view labels = {}) {
  return fmt::format("# TYPE {0} counter\n{0}{1} {2}\n", name, labels, value);
}

TEST(FamilyLog, ACounterCountsFromTheFirstReading) {
  FamilyLog log;
  log.add(counter("a_total", 1000));
  EXPECT_EQ(log.grown("a_total"), 0) << "what was before the watch is not of the watch";
  log.add(counter("a_total", 1007));
  EXPECT_EQ(log.grown("a_total"), 7);
}

TEST(FamilyLog, ACounterThatFellBeganAnew) {
  FamilyLog log;
  EXPECT_FALSE(log.add(counter("a_total", 100)).restarted);
  log.add(counter("a_total", 110));
  const auto reading = log.add(counter("a_total", 3));
  EXPECT_TRUE(reading.restarted);
  EXPECT_EQ(log.grown("a_total"), 13) << "10 before the restart, 3 after it, as rate() takes it";
  log.each("a_total", [](const WatchedSeries& s) { EXPECT_EQ(s.resets, 1u); });
}

TEST(FamilyLog, ALaterStartOfTheProcessCountsEverythingFromZero) {
  // The new process has counted further than the old one: without its start time nobody could see.
  FamilyLog log;
  const std::string start = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ";
  log.add(start + "1000\n" + counter("a_total", 5));
  const auto reading = log.add(start + "2000\n" + counter("a_total", 9));
  EXPECT_TRUE(reading.restarted);
  EXPECT_EQ(log.grown("a_total"), 9);
}

TEST(FamilyLog, WhenMostCountersFellThoseThatAreBackAboveCountFromZeroToo) {
  FamilyLog log;
  const auto text = [](int a, int b, int c, int flushed) {
    return counter("a_total", a) + counter("b_total", b) + counter("c_total", c) +
           counter("flushed_total", flushed);
  };
  log.add(text(100, 100, 100, 20));
  EXPECT_TRUE(log.add(text(1, 2, 3, 25)).restarted);
  EXPECT_EQ(log.grown("flushed_total"), 25) << "a new program has sent 25, and not 5 more";
}

TEST(FamilyLog, AFewCountersThatAreResetByHandAreNoRestartOfTheOthers) {
  FamilyLog log;
  log.add(counter("a_total", 100) + counter("b_total", 100) + counter("c_total", 100));
  EXPECT_TRUE(
      log.add(counter("a_total", 0) + counter("b_total", 101) + counter("c_total", 105)).restarted);
  EXPECT_EQ(log.grown("b_total") + log.grown("c_total"), 6);
}

TEST(FamilyLog, AClockThatIsCorrectedIsNoRestart) {
  FamilyLog log;
  const std::string start = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ";
  log.add(start + "1000.2\n" + counter("a_total", 5));
  EXPECT_FALSE(log.add(start + "1000.4\n" + counter("a_total", 9)).restarted);
  EXPECT_EQ(log.grown("a_total"), 4);
}

TEST(FamilyLog, ASeriesThatAppearsLaterCountsFromZero) {
  FamilyLog log;
  log.add(counter("calls_total", 50, R"({status="200"})"));
  log.add(counter("calls_total", 50, R"({status="200"})") + "calls_total{status=\"500\"} 1\n");
  EXPECT_EQ(log.grown("calls_total"), 1) << "the first error is an error";
  EXPECT_EQ(log.grown("calls_total", {{"status", "500"}}), 1);
}

TEST(FamilyLog, AGaugeKeepsItsExtremesAndItsMean) {
  FamilyLog log;
  for (const int v : {5, 1, 9, 3}) log.add(fmt::format("# TYPE g gauge\ng {}\n", v));
  log.each("g", [](const WatchedSeries& s) {
    EXPECT_EQ(s.low, 1);
    EXPECT_EQ(s.high, 9);
    EXPECT_EQ(s.last, 3);
    EXPECT_EQ(s.sum / static_cast<double>(s.readings), 4.5);
  });
}

std::string histogram(int low, int mid, int all, double sum) {
  return fmt::format(
      "# TYPE h_seconds histogram\nh_seconds_bucket{{le=\"0.1\"}} {}\n"
      "h_seconds_bucket{{le=\"0.5\"}} {}\nh_seconds_bucket{{le=\"+Inf\"}} {}\n"
      "h_seconds_sum {}\nh_seconds_count {}\n",
      low, mid, all, sum, all);
}

TEST(FamilyLog, QuantilesAreOfWhatCameNew) {
  FamilyLog log;
  log.add(histogram(1000, 1000, 1000, 10));  // fast, before the watch
  log.add(histogram(1000, 1100, 1100, 40));  // 100 new ones, all between 0.1 and 0.5 s
  const auto spread = log.spread("h_seconds");
  EXPECT_EQ(spread.count, 100);
  EXPECT_NEAR(*spread.quantile(0.5), 0.3, 1e-9) << "the middle of the bucket";
  EXPECT_NEAR(*spread.mean(), 0.3, 1e-9);
  EXPECT_NEAR(*spread.quantile(0.95), 0.48, 1e-9);
}

TEST(FamilyLog, AQuantileAboveAllBucketsIsTheHighestBound) {
  FamilyLog log;
  log.add(histogram(0, 0, 0, 0));
  log.add(histogram(1, 1, 10, 100));
  EXPECT_EQ(log.spread("h_seconds").quantile(0.95), 0.5);
}

TEST(FamilyLog, AHistogramThatBeganAnewKeepsItsOldValues) {
  FamilyLog log;
  log.add(histogram(0, 0, 0, 0));
  log.add(histogram(10, 20, 20, 4));
  EXPECT_TRUE(log.add(histogram(1, 2, 2, 0.3)).restarted);
  EXPECT_EQ(log.spread("h_seconds").count, 22);
  EXPECT_NEAR(log.spread("h_seconds").sum, 4.3, 1e-9);
}

TEST(FamilyLog, ItsMemoryHasABound) {
  FamilyLog log;
  std::string text = "# TYPE many_total counter\n";
  for (std::size_t i = 0; i < 2 * FamilyLog::kMaxSeries; ++i) {
    text += fmt::format("many_total{{i=\"{}\"}} {}\n", i, i);
  }
  log.add(text);
  std::size_t series = 0;
  log.each("many_total", [&](const WatchedSeries&) { ++series; });
  EXPECT_EQ(series, FamilyLog::kMaxSeries);
  EXPECT_GE(log.left_out(), FamilyLog::kMaxSeries);
}

TEST(FamilyLog, WhatIsNoExpositionIsNoReading) {
  FamilyLog log;
  EXPECT_EQ(log.add("<html>not here</html>").samples, 0u);
  log.add(counter("a_total", 7));
  EXPECT_EQ(log.grown("a_total"), 0) << "the page before it was no reading";
}

}  // namespace
}  // namespace chorus::lab
