#include "chorus/lab/fault_window.hpp"

#include "chorus/lab/fault_times.hpp"
#include "chorus/lab/fault_track.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

/// One second of service: `n` required messages, all answered after `latency` but `missed`.
SeriesPoint second(std::int64_t at, std::uint64_t n, Duration latency, std::uint64_t missed = 0) {
  SeriesPoint point;
  point.at = std::chrono::seconds(at);
  point.length = 1s;
  point.sent = n;
  point.answered = n - missed;
  for (std::uint64_t i = 0; i < n - missed; ++i) point.latency.record(latency);
  return point;
}

FaultWindow window(Duration begin, std::optional<Duration> end) {
  FaultWindow out;
  out.begin = begin;
  out.end = end;
  return out;
}

/// 60 s at 10 messages a second and 200 ms; slow from 30 to 40 s.
std::vector<SeriesPoint> slow_between(std::int64_t from, std::int64_t to,
                                      std::uint64_t missed = 0) {
  std::vector<SeriesPoint> out;
  for (std::int64_t i = 0; i < 60; ++i) {
    const bool slow = i >= from && i < to;
    out.push_back(second(i, 10, slow ? 3s : 200ms, slow ? missed : 0));
  }
  return out;
}

TEST(Recovery, CountsFromTheEndOfTheFaultUntilPeopleAreServedAsBefore) {
  std::vector<FaultWindow> windows{window(30s, 35s)};
  judge_recovery(windows, slow_between(30, 41), 60s);
  ASSERT_TRUE(windows[0].recovery) << windows[0].note;
  EXPECT_EQ(*windows[0].recovery, Duration(6s));
  EXPECT_NEAR(*windows[0].p95_before_ms, 200, 10);
  EXPECT_NEAR(*windows[0].p95_during_ms, 3000, 100);
}

TEST(Recovery, IsImmediateWhenNothingWasWorse) {
  std::vector<FaultWindow> windows{window(30s, 35s)};
  judge_recovery(windows, slow_between(0, 0), 60s);
  EXPECT_EQ(windows[0].recovery, Duration{});
}

TEST(Recovery, AlsoAsksForTheShareThatIsAnswered) {
  auto points = slow_between(0, 0);
  for (std::size_t i = 35; i < 45; ++i)
    points[i] = second(static_cast<std::int64_t>(i), 10, 200ms, 3);
  std::vector<FaultWindow> windows{window(30s, 35s)};
  judge_recovery(windows, points, 60s);
  ASSERT_TRUE(windows[0].recovery);
  EXPECT_GE(*windows[0].recovery, Duration(9s));
}

TEST(Recovery, IsUnknownRatherThanGuessed) {
  std::vector<FaultWindow> never{window(30s, 35s)};
  judge_recovery(never, slow_between(30, 60), 60s);
  EXPECT_FALSE(never[0].recovery);
  EXPECT_NE(never[0].note.find("not served as before"), std::string::npos);
  std::vector<FaultWindow> open{window(30s, std::nullopt)};
  judge_recovery(open, slow_between(30, 60), 60s);
  EXPECT_EQ(open[0].note, "it lasted until the load ended");
  std::vector<FaultWindow> early{window(1s, 5s)};
  judge_recovery(early, slow_between(0, 0), 60s);
  EXPECT_NE(early[0].note.find("too few messages in the minute before"), std::string::npos);
  std::vector<FaultWindow> late{window(30s, 59s)};
  judge_recovery(late, slow_between(30, 60), 60s);
  EXPECT_EQ(late[0].note, "too few messages after it to judge");
}

TEST(Recovery, AnotherFaultIsNoTimeBeforeAndEndsTheLook) {
  auto points = slow_between(10, 20);
  for (std::size_t i = 30; i < 38; ++i) points[i] = second(static_cast<std::int64_t>(i), 10, 3s);
  std::vector<FaultWindow> windows{window(10s, 20s), window(30s, 33s), window(36s, 37s)};
  judge_recovery(windows, points, 60s);
  EXPECT_EQ(windows[0].recovery, Duration{});
  EXPECT_NEAR(*windows[1].p95_before_ms, 200, 10) << "the first fault's seconds do not count";
  EXPECT_FALSE(windows[1].recovery) << "the third came first";
  EXPECT_EQ(windows[2].recovery, Duration(1s));
}

TEST(FaultWindow, WhoLeavesNobodyWaitingDrainsAtOnce) {
  auto left_out = window(40s, 45s);
  left_out.missed = 1;
  auto open = window(50s, 55s);
  open.end.reset();
  auto drained = window(60s, 65s);
  drained.drain = 3s;
  std::vector<FaultWindow> windows{window(30s, 33s), left_out, open, drained};
  judge_recovery(windows, slow_between(0, 0), 60s);
  EXPECT_EQ(windows[0].drain, Duration{});
  EXPECT_FALSE(windows[1].drain) << "somebody was never answered";
  EXPECT_FALSE(windows[2].drain) << "it did not end";
  EXPECT_EQ(windows[3].drain, Duration(3s));
}

TEST(FaultTimes, OnceAtItsTime) {
  FaultPlan plan;
  plan.at = 30s;
  FaultTimes times(plan, Rng(1));
  EXPECT_EQ(times.next({}), Duration(30s));
  EXPECT_EQ(times.next(31s), std::nullopt);
}

TEST(FaultTimes, AgainAndAgainByTheSeedAlone) {
  FaultPlan plan;
  plan.at = 10s;
  plan.jitter = 2s;
  plan.every = *parse_delay("exponential(30s)");
  const auto drawn = [&](std::uint64_t seed, Duration lasts) {
    FaultTimes times(plan, Rng(seed));
    std::vector<Duration> out;
    Duration ended{};
    for (int i = 0; i < 500; ++i) {
      out.push_back(*times.next(ended));
      EXPECT_GE(out.back(), ended) << "it is over before it begins again";
      ended = out.back() + lasts;
    }
    return out;
  };
  const auto a = drawn(7, {});
  EXPECT_EQ(a, drawn(7, {}));
  EXPECT_NE(a, drawn(8, {}));
  EXPECT_GE(a.front(), Duration(10s));
  EXPECT_LE(a.front(), Duration(12s));
  EXPECT_NEAR(to_seconds(a.back()), 500 * 30, 500 * 30 * 0.15);
  drawn(7, 20s);
}

TEST(FaultKinds, SayWhatAPersonCallsThem) {
  const auto kind = [](std::string_view fault) {
    FaultPlan plan;
    plan.fault = json::parse(fault).as_object();
    return kind_of(plan);
  };
  EXPECT_EQ(kind(R"({"latency":"1s"})"), "latency");
  EXPECT_EQ(kind(R"({"status":503})"), "error_503");
  EXPECT_EQ(kind(R"({"retry_after":5})"), "rate_limit");
  EXPECT_EQ(kind(R"({"status":429,"retry_after":5})"), "rate_limit");
  EXPECT_EQ(kind(R"({"quota":"daily"})"), "quota");
  EXPECT_EQ(kind(R"({"loss":"answer"})"), "loss");
  EXPECT_EQ(kind(R"({"drop":"middle"})"), "truncated");
  EXPECT_EQ(kind(R"({"drop":"after","latency":"1s"})"), "latency+reset");
  EXPECT_EQ(kind(R"({"stall":"9s"})"), "stall");
}

TEST(FaultTrack, KeepsABoundedNumber) {
  FaultTrack track;
  for (std::size_t i = 0; i < FaultTrack::kMaxWindows; ++i) EXPECT_TRUE(track.begin({}));
  EXPECT_FALSE(track.begin({}));
  EXPECT_EQ(track.uncounted(), 1U);
}

}  // namespace
}  // namespace chorus::lab
