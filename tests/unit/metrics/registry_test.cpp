#include "chorus/metrics/registry.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace chorus::metrics {
namespace {

TEST(Registry, GivesTheSameObjectForTheSameNameAndLabels) {
  Registry registry;
  Counter& a = registry.counter("chorus_sends_total", "Sends", {{"bot", "1"}, {"kind", "text"}});
  Counter& b = registry.counter("chorus_sends_total", "Sends", {{"kind", "text"}, {"bot", "1"}});
  Counter& c = registry.counter("chorus_sends_total", "Sends", {{"bot", "2"}, {"kind", "text"}});
  EXPECT_EQ(&a, &b);
  EXPECT_NE(&a, &c);
  a.add();
  c.add(4);
  EXPECT_EQ(registry.value("chorus_sends_total", {{"kind", "text"}, {"bot", "1"}}), 1.0);
  EXPECT_EQ(registry.sum("chorus_sends_total"), 5.0);
  EXPECT_EQ(registry.value("chorus_sends_total", {{"bot", "3"}}), 0.0);
  EXPECT_EQ(registry.value("chorus_absent_total"), 0.0);
  EXPECT_EQ(registry.sum("chorus_absent_total"), 0.0);
}

TEST(Registry, ReferencesSurviveManyMore) {
  Registry registry;
  Gauge& first = registry.gauge("chorus_first", "First");
  for (int i = 0; i < 1000; ++i) registry.gauge("chorus_g" + std::to_string(i), "g").set(i);
  first.set(3);
  first.add(-1.5);
  EXPECT_EQ(registry.value("chorus_first"), 1.5);
}

TEST(Registry, WritesPrometheusText) {
  Registry registry;
  registry.counter("chorus_b_total", "Things\nthat \\ happen", {{"path", "a\"b\\c\nd"}}).add(7);
  registry.counter("chorus_b_total", "ignored: the first help stays", {{"path", "a"}});
  registry.gauge("chorus_a_bytes", "Memory").set(1.5e9);
  registry.gauge("chorus_nan", "Unknown").set(std::numeric_limits<double>::quiet_NaN());
  registry.gauge("chorus_nan", "Unknown", {{"sign", "+"}})
      .set(std::numeric_limits<double>::infinity());
  registry.gauge_callback("chorus_c", "Asked", {}, [] { return 0.25; });
  EXPECT_EQ(registry.prometheus_text(),
            "# HELP chorus_a_bytes Memory\n"
            "# TYPE chorus_a_bytes gauge\n"
            "chorus_a_bytes 1500000000\n"
            "# HELP chorus_b_total Things\\nthat \\\\ happen\n"
            "# TYPE chorus_b_total counter\n"
            "chorus_b_total{path=\"a\"} 0\n"
            "chorus_b_total{path=\"a\\\"b\\\\c\\nd\"} 7\n"
            "# HELP chorus_c Asked\n"
            "# TYPE chorus_c gauge\n"
            "chorus_c 0.25\n"
            "# HELP chorus_nan Unknown\n"
            "# TYPE chorus_nan gauge\n"
            "chorus_nan NaN\n"
            "chorus_nan{sign=\"+\"} +Inf\n");
}

TEST(Registry, WritesHistogramsInSeconds) {
  Registry registry;
  Histogram& h = registry.histogram("chorus_wait_seconds", "Waits", {{"kind", "x"}});
  h.record(400'000);         // 0.4 ms
  h.record(40'000'000);      // 40 ms
  h.record(90'000'000'000);  // 90 s
  EXPECT_EQ(registry.prometheus_text(),
            "# HELP chorus_wait_seconds Waits\n"
            "# TYPE chorus_wait_seconds histogram\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.0005\"} 1\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.001\"} 1\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.0025\"} 1\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.005\"} 1\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.01\"} 1\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.025\"} 1\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.05\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.1\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.25\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"0.5\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"1\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"2.5\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"5\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"10\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"30\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"60\"} 2\n"
            "chorus_wait_seconds_bucket{kind=\"x\",le=\"+Inf\"} 3\n"
            "chorus_wait_seconds_sum{kind=\"x\"} 90.0404\n"
            "chorus_wait_seconds_count{kind=\"x\"} 3\n");
  EXPECT_EQ(registry.value("chorus_wait_seconds", {{"kind", "x"}}), 3.0);
}

TEST(RegistryDeathTest, ANameBelongsToOneType) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Registry registry;
        registry.counter("chorus_x", "x");
        registry.gauge("chorus_x", "x");
      },
      "kind");
}

}  // namespace
}  // namespace chorus::metrics
