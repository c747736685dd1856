#include "chorus/lab/thresholds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using testing::HasSubstr;

TEST(Thresholds, ReadsTheGrammarOfK6) {
  const auto t = parse_threshold("reply_latency{kind:mention}", "p(95) < 5000");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->aggregate, Aggregate::Percentile);
  EXPECT_DOUBLE_EQ(t->percentile, 95);
  EXPECT_EQ(t->comparison, Comparison::Less);
  EXPECT_DOUBLE_EQ(t->bound, 5000);
  EXPECT_EQ(to_string(t->metric), "reply_latency{kind:mention}");
}

TEST(Thresholds, UnitsMayBeWritten) {
  EXPECT_DOUBLE_EQ(parse_threshold("reply_latency", "p(99)<2s")->bound, 2000);
  EXPECT_DOUBLE_EQ(parse_threshold("process_rss_growth", "value<100MiB")->bound, 104857600);
  EXPECT_DOUBLE_EQ(parse_threshold("errors", "rate<1%")->bound, 0.01);
  EXPECT_EQ(parse_threshold("messages_lost", "count==0")->comparison, Comparison::Equal);
  EXPECT_EQ(parse_threshold("fairness_jain", "value>=0.9")->comparison, Comparison::GreaterEqual);
}

TEST(Thresholds, MistakesAreExplained) {
  EXPECT_THAT(parse_threshold("reply_latenc", "p(95)<1").error().message,
              HasSubstr("did you mean 'reply_latency'?"));
  EXPECT_THAT(parse_threshold("reply_latency", "p95<1").error().message,
              HasSubstr("is not a threshold"));
  EXPECT_THAT(parse_threshold("reply_latency", "p(101)<1").error().message,
              HasSubstr("is not a threshold"));
  EXPECT_THAT(parse_threshold("reply_latency", "rate<1").error().message,
              HasSubstr("offers avg, min, med, max, p(N) or count"));
  EXPECT_THAT(parse_threshold("errors", "p(95)<1").error().message, HasSubstr("rate or count"));
  EXPECT_FALSE(parse_threshold("errors", "rate<"));
  EXPECT_FALSE(parse_threshold("errors", ""));
  EXPECT_FALSE(parse_threshold("reply_latency{kind", "p(95)<1"));
  EXPECT_FALSE(parse_threshold("reply_latency{kind:}", "p(95)<1"));
}

TEST(Thresholds, APercentileNeedsItsSamples) {
  EXPECT_EQ(samples_needed(*parse_threshold("reply_latency", "p(95)<1")), 59U);
  EXPECT_EQ(samples_needed(*parse_threshold("reply_latency", "p(99)<1")), 299U);
  EXPECT_EQ(samples_needed(*parse_threshold("reply_latency", "max<1")), 1U);
  EXPECT_EQ(samples_needed(*parse_threshold("messages_lost", "count==0")), 1U);
}

TEST(Thresholds, TooFewSamplesDecideNothing) {
  const auto t = *parse_threshold("reply_latency", "p(95)<5000");
  const auto run = [&](double value, std::uint64_t n) {
    return evaluate({t}, [&](const Threshold&) { return Measured{value, n}; })[0];
  };
  EXPECT_TRUE(run(4999, 59).ok);
  EXPECT_FALSE(run(5000, 59).ok);
  EXPECT_TRUE(run(5000, 59).decided);
  EXPECT_FALSE(run(1, 58).decided);
  EXPECT_FALSE(run(1, 58).ok);
  const auto absent = evaluate({t}, [](const Threshold&) { return std::nullopt; })[0];
  EXPECT_FALSE(absent.decided);
  EXPECT_FALSE(absent.value.has_value());
}

TEST(Thresholds, EveryMetricHasADefinitionAndItsOwnName) {
  std::vector<std::string_view> names;
  for (const auto& m : known_metrics()) {
    EXPECT_FALSE(m.definition.empty());
    names.push_back(m.name);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(Thresholds, ValuesAreWrittenForPeople) {
  EXPECT_EQ(format_value(1200, MetricUnit::Time), "1.20 s");
  EXPECT_EQ(format_value(0.004, MetricUnit::Share), "0.4 %");
  EXPECT_EQ(format_value(12345, MetricUnit::Count), "12,345");
  EXPECT_EQ(format_value(0.25, MetricUnit::Number), "0.25");
  EXPECT_EQ(format_value(119632.4, MetricUnit::Number), "119,632");
}

}  // namespace
}  // namespace chorus::lab
