#include "chorus/lab/detail/archive.hpp"

#include "chorus/lab/fairness.hpp"
#include "chorus/lab/metric_set.hpp"
#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/series.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string text_of(T& value) {
  json::object out;
  detail::Archive archive(out);
  value.archive(archive);
  return json::serialize(out);
}

/// Through text, as a checkpoint goes.
template <class T>
void go_on(T& from, T& into) {
  const auto parsed = parse_json(text_of(from));
  RC_ASSERT(parsed.has_value());
  detail::Archive archive(parsed->get_object());
  into.archive(archive);
  RC_ASSERT(archive.state().has_value());
}

std::vector<Duration> some_times() {
  std::vector<Duration> out;
  for (const auto us : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50'000'000))) {
    out.push_back(std::chrono::microseconds(us));
  }
  return out;
}

std::size_t cut(const std::vector<Duration>& all) {
  return all.empty() ? 0 : *rc::gen::inRange<std::size_t>(0, all.size() + 1);
}

RC_GTEST_PROP(ArchiveProperties, ATrendOfTwoProcessesIsThatOfOne, (bool fine)) {
  const auto all = some_times();
  const auto at = cut(all);
  Metric whole(MetricType::Trend, fine);
  Metric first(MetricType::Trend, fine);
  Metric second(MetricType::Trend, fine);
  for (const auto t : all) whole.record(t);
  for (std::size_t i = 0; i < at; ++i) first.record(all[i]);
  go_on(first, second);
  for (std::size_t i = at; i < all.size(); ++i) second.record(all[i]);
  RC_ASSERT(second.count() == whole.count());
  for (const auto a : {Aggregate::Min, Aggregate::Max, Aggregate::Avg, Aggregate::Med}) {
    const auto left = second.measured(a, 0, 1);
    const auto right = whole.measured(a, 0, 1);
    RC_ASSERT(left.has_value() == right.has_value());
    if (left) RC_ASSERT(left->value == right->value);
  }
  for (const double p : {0.0, 1.0, 90.0, 95.0, 99.9, 100.0}) {
    if (whole.count() == 0) break;
    RC_ASSERT(second.measured(Aggregate::Percentile, p, 1)->value ==
              whole.measured(Aggregate::Percentile, p, 1)->value);
  }
  RC_ASSERT(second.histogram()->encode_base64() == whole.histogram()->encode_base64());
}

RC_GTEST_PROP(ArchiveProperties, ASeriesOfTwoProcessesIsThatOfOne, ()) {
  const auto all = some_times();
  const auto at = cut(all);
  const auto note = [](Series& series, Duration t) {
    auto& point = series.at(t * 100);  // far enough for neighbours to be merged
    ++point.sent;
    point.latency.record(t);
    point.target_cpu = std::max(point.target_cpu, to_seconds(t) / 3);
  };
  Series whole;
  Series first;
  Series second;
  for (const auto t : all) note(whole, t);
  for (std::size_t i = 0; i < at; ++i) note(first, all[i]);
  go_on(first, second);
  for (std::size_t i = at; i < all.size(); ++i) note(second, all[i]);
  RC_ASSERT(text_of(second) == text_of(whole));
}

RC_GTEST_PROP(ArchiveProperties, WhoWasServedIsKnownAfterwards, ()) {
  const auto all = some_times();
  const auto at = cut(all);
  const auto note = [](ServiceTally& tally, Duration t) {
    const auto who = static_cast<std::uint32_t>(t.count() % 7);
    tally.add(who, t < 5s);
    tally.replied(who, t);
  };
  ServiceTally whole;
  ServiceTally first;
  ServiceTally second;
  for (const auto t : all) note(whole, t);
  for (std::size_t i = 0; i < at; ++i) note(first, all[i]);
  go_on(first, second);
  for (std::size_t i = at; i < all.size(); ++i) note(second, all[i]);
  RC_ASSERT(second.jain() == whole.jain());
  RC_ASSERT(text_of(second) == text_of(whole));
}

RC_GTEST_PROP(ArchiveProperties, OddTextIsRefusedAndNeverRead, (const std::string& odd)) {
  MetricSet metrics;
  metrics.at("reply_latency").record(1s);
  auto object = parse_json(text_of(metrics))->get_object();
  object["keys"] = json::array{odd};
  detail::Archive archive(std::as_const(object));
  MetricSet read;
  read.archive(archive);
  RC_ASSERT(!archive.state().has_value());
}

TEST(Archive, ProcessesOfTwoPartsAreSummedAndTheLongerOneHasTheSlope) {
  const auto sample = [](std::uint64_t rss, Duration cpu) {
    ProcessSample out;
    out.rss = rss;
    out.cpu = cpu;
    out.processes = 1;
    return out;
  };
  ProcessTrack first("target");
  for (int i = 0; i <= 100; ++i) first.add(i * 1s, sample(1000 + i * 10, i * 500ms), true);
  json::object out;
  detail::Archive writing(out);
  first.archive(writing);
  ProcessTrack second("target");
  detail::Archive reading(std::as_const(out));
  second.archive(reading);
  ASSERT_TRUE(reading.state());
  EXPECT_FALSE(second.empty());
  EXPECT_NEAR(second.summary().rss_slope, 36'000, 1);
  // A new process begins small; that it did is no shrinking.
  for (int i = 0; i <= 20; ++i) second.add(200s + i * 1s, sample(100, i * 250ms), true);
  const auto sum = second.summary();
  EXPECT_NEAR(sum.rss_slope, 36'000, 1);
  EXPECT_EQ(sum.rss_before, 1000);
  EXPECT_EQ(sum.rss_after, 100);
  EXPECT_EQ(sum.rss_peak, 2000);
  EXPECT_NEAR(sum.cpu_seconds, 55, 1e-9);
  EXPECT_NEAR(sum.cpu_mean, 55.0 / 120, 1e-9);
  EXPECT_EQ(second.growth(), 0);
}

}  // namespace
}  // namespace chorus::lab
