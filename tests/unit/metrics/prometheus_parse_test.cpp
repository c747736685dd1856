#include "chorus/metrics/prometheus_parse.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace chorus::metrics {
namespace {

TEST(PrometheusParse, ReadsWhatTheSpecificationShows) {
  const auto read = parse_prometheus_text(
      "# HELP http_requests_total The total number of HTTP requests.\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "# Escaping in label values:\n"
      "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"not\\n\\\"found\\\"\"}"
      " "
      "1.458255915e9\n"
      "metric_without_timestamp_and_labels 12.47\n"
      "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
      "# TYPE rpc_duration_seconds summary\n"
      "rpc_duration_seconds{quantile=\"0.99\"} 76656\n"
      "rpc_duration_seconds_sum 1.7560473e+07\n");
  ASSERT_EQ(read.samples.size(), 6U);
  EXPECT_EQ(read.malformed, 0U);
  EXPECT_EQ(read.samples[0].kind, SampleKind::Counter);
  EXPECT_DOUBLE_EQ(read.samples[0].value, 1027);
  EXPECT_EQ(read.samples[0].labels, (Labels{{"method", "post"}, {"code", "200"}}));
  EXPECT_EQ(read.samples[1].labels[0].second, "C:\\DIR\\FILE.TXT");
  EXPECT_EQ(read.samples[1].labels[1].second, "not\n\"found\"");
  EXPECT_TRUE(std::isinf(read.samples[3].value));
  EXPECT_EQ(read.samples[5].kind, SampleKind::Summary);
}

TEST(PrometheusParse, ReadsBackWhatOurRegistryWrites) {
  Registry registry;
  registry.counter("sends_total", "Sends", {{"result", "a \"b\"\\c\nd"}}).add(7);
  registry.gauge("queue", "Depth").set(-2.5);
  registry.histogram("wait_seconds", "Wait").record(2'000'000'000);
  const auto read = parse_prometheus_text(registry.prometheus_text());
  EXPECT_EQ(read.malformed, 0U);
  bool counter = false;
  bool sum = false;
  for (const auto& s : read.samples) {
    if (s.name == "sends_total") {
      counter = s.value == 7 && s.labels.at(0).second == "a \"b\"\\c\nd";
    }
    if (s.name == "wait_seconds_sum") {
      sum = s.kind == SampleKind::Histogram && std::abs(s.value - 2) < 0.01;
    }
  }
  EXPECT_TRUE(counter);
  EXPECT_TRUE(sum);
}

TEST(PrometheusParse, CountsWhatItCannotReadAndWhatIsTooMuch) {
  const auto read = parse_prometheus_text("a 1\nb{x=\"1} 2\n<html>\nc\nd 4\r\ne 5\n{} 1\n", 2);
  EXPECT_EQ(read.samples.size(), 2U);
  EXPECT_EQ(read.samples[1].name, "d");
  EXPECT_EQ(read.malformed, 4U);
  EXPECT_EQ(read.beyond, 1U);
}

}  // namespace
}  // namespace chorus::metrics
