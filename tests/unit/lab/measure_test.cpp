#include "chorus/lab/measure.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <unistd.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

MonoTime at(Duration d) {
  return MonoTime{d};
}
const PlatformUserId kBot{5};
const PlatformChatId kRoom{-1};

TEST(SlidingLog, CountsAnyWindowNotCalendarOnes) {
  SlidingLog log(3, 60s);
  EXPECT_FALSE(log.add(1, at(0s)));
  EXPECT_FALSE(log.add(1, at(30s)));
  EXPECT_FALSE(log.add(1, at(59s)));
  EXPECT_TRUE(log.add(1, at(59999ms)));
  EXPECT_FALSE(log.add(2, at(59999ms)));  // another key
  EXPECT_EQ(log.peak(), 4U);
  EXPECT_FALSE(log.add(1, at(120s)));
}

TEST(RetryAfter, ACallBeforeItsTimeDisobeys) {
  RetryAfterWatch watch;
  EXPECT_FALSE(watch.call(kBot, kRoom, 429, 3, at(10s)));
  EXPECT_FALSE(watch.call(kBot, PlatformChatId{-2}, 200, 0, at(11s)));
  EXPECT_TRUE(watch.call(kBot, kRoom, 200, 0, at(12s)));
  EXPECT_FALSE(watch.call(kBot, kRoom, 200, 0, at(12951ms)));  // within the tolerance
  EXPECT_FALSE(watch.call(kBot, kRoom, 200, 0, at(14s)));
}

TEST(LogBins, PercentilesAreWithinThreePercentAndMergeByAddition) {
  LogBins a;
  LogBins b;
  for (int ms = 1; ms <= 1000; ++ms) (ms % 2 == 0 ? a : b).record(std::chrono::milliseconds(ms));
  a.merge(b);
  EXPECT_EQ(a.count(), 1000U);
  EXPECT_NEAR(a.percentile_ms(50), 500, 16);
  EXPECT_NEAR(a.percentile_ms(95), 950, 30);
  EXPECT_DOUBLE_EQ(a.percentile_ms(100), 1000);
  EXPECT_DOUBLE_EQ(LogBins().percentile_ms(50), 0);
}

TEST(LogBins, EveryMagnitudeIsInItsBin) {
  for (double us = 1; us < 3e9; us *= 1.37) {
    LogBins bins;
    bins.record(from_seconds(us / 1e6));
    bins.record(from_seconds(1));
    bins.record(from_seconds(3600));
    if (us < 1e6) {
      EXPECT_NEAR(bins.percentile_ms(10) * 1000, us, us * 0.035 + 1);
    }
  }
}

TEST(Series, StaysBoundedAndLosesNothing) {
  Series series(1s);
  for (int i = 0; i < 5000; ++i) {
    auto& p = series.at(std::chrono::seconds(i));
    ++p.sent;
    p.latency.record(10ms);
  }
  EXPECT_LE(series.points().size(), Series::kMaxPoints);
  EXPECT_EQ(series.interval(), 16s);
  std::uint64_t sent = 0;
  std::uint64_t samples = 0;
  for (const auto& p : series.points()) {
    sent += p.sent;
    samples += p.latency.count();
  }
  EXPECT_EQ(sent, 5000U);
  EXPECT_EQ(samples, 5000U);
}

class MeasureTest : public testing::Test {
 protected:
  MeasureTest() : measure_({at(0s), 10s, 60s, {"normal", "mention"}, {}, {}}) {}

  LedgerRecord record(Duration intended, Duration latency, ReplyRule rule = ReplyRule::Required) {
    LedgerRecord r;
    r.message.intended = at(intended);
    r.message.woke = at(intended + 1ms);
    r.message.accepted = at(intended + 2ms);
    r.message.kind = 1;
    r.message.expect.reply = rule;
    r.message.measured = measure_.in_window(r.message.intended);
    r.taken = at(intended + 5ms);
    r.waited = 3ms;
    r.replied = at(intended + latency);
    r.completed = r.replied;
    r.outcome = Outcome::Answered;
    return r;
  }
  double value(std::string_view metric, std::string_view expr, Duration now = 70s) {
    const auto m = measure_.lookup(*parse_threshold(metric, expr), at(now));
    return m ? m->value : -1;
  }

  Measure measure_;
};

TEST_F(MeasureTest, LatencyCountsFromTheIntendedTimeServiceFromAcceptance) {
  measure_.replied(record(20s, 100ms));
  EXPECT_NEAR(value("reply_latency", "max<1"), 100, 0.2);
  EXPECT_NEAR(value("reply_service", "max<1"), 98, 0.2);
  EXPECT_NEAR(value("bot_latency", "max<1"), 95, 0.2);
  EXPECT_NEAR(value("reply_latency{kind:mention}", "max<1"), 100, 2);
  EXPECT_EQ(value("reply_latency{kind:normal}", "count>0"), 0);
}

TEST_F(MeasureTest, WarmUpIsExcluded) {
  measure_.replied(record(5s, 100ms));
  measure_.sent(record(5s, 100ms).message);
  EXPECT_EQ(value("reply_latency", "count>0"), 0);
  EXPECT_EQ(measure_.sent_in_window(), 0U);
  measure_.sent(record(10s, 100ms).message);
  EXPECT_EQ(measure_.sent_in_window(), 1U);
}

TEST_F(MeasureTest, AnUnlinkedAnswerToSmallTalkIsNoLatency) {
  auto weak = record(20s, 9s, ReplyRule::Optional);
  weak.via = Via::Window;
  measure_.replied(weak);
  EXPECT_EQ(value("reply_latency", "count>0"), 0);
  auto strong = record(20s, 1s, ReplyRule::Optional);
  measure_.replied(strong);
  EXPECT_EQ(value("reply_latency", "count>0"), 1);
}

TEST_F(MeasureTest, AReplyThatNeverCameIsSlowerThanAny) {
  for (int i = 0; i < 95; ++i) measure_.replied(record(20s, 100ms));
  auto missing = record(20s, 0ms);
  missing.replied.reset();
  missing.completed.reset();
  missing.outcome = Outcome::Unanswered;
  for (int i = 0; i < 5; ++i) measure_.closed(missing);
  EXPECT_NEAR(value("reply_latency", "p(95)<1"), 100, 1);
  EXPECT_TRUE(std::isinf(value("reply_latency", "p(99)<1")));
  EXPECT_TRUE(std::isinf(value("reply_latency{kind:mention}", "max<1")));
  EXPECT_NEAR(value("reply_latency", "avg<1"), 100, 1);
}

TEST_F(MeasureTest, CallsAndLimitsAreJudgedByOurOwnLog) {
  for (int i = 0; i < 25; ++i) {
    measure_.bot_message(kBot, sandbox::Platform::Telegram, kRoom,
                         at(20s + std::chrono::milliseconds(i)));
    measure_.call(kBot, "sendMessage", i < 24 ? 200 : 429, kRoom, 3,
                  at(20s + std::chrono::milliseconds(i)));
  }
  EXPECT_EQ(value("chat_rate_violations", "count==0"), 5);
  EXPECT_EQ(value("global_rate_violations", "count==0"), 0);
  EXPECT_EQ(value("rate_limited", "count==0"), 1);
  EXPECT_DOUBLE_EQ(value("platform_errors", "rate<1"), 0.04);
  EXPECT_NEAR(value("messages{side:bot}", "rate<30"), 25.0 / 60, 1e-9);
}

TEST_F(MeasureTest, TheAccountBecomesMetrics) {
  LedgerCounts counts;
  counts.sent = 200;
  counts.required = 100;
  counts.outcomes[static_cast<std::size_t>(Outcome::Unanswered)] = 4;
  counts.outcomes[static_cast<std::size_t>(Outcome::Lost)] = 2;
  counts.duplicated = 3;
  measure_.account(counts);
  EXPECT_DOUBLE_EQ(value("messages_unanswered", "rate<1"), 0.04);
  EXPECT_DOUBLE_EQ(value("errors", "rate<1"), 0.03);
  EXPECT_EQ(value("messages_lost", "count==0"), 2);
  EXPECT_EQ(value("messages_duplicated", "count==0"), 3);
}

TEST_F(MeasureTest, FairnessFallsWhenOnePersonIsStarved) {
  auto good = record(20s, 100ms);
  auto bad = record(20s, 100ms);
  bad.message.person = 1;
  bad.replied.reset();
  bad.outcome = Outcome::Unanswered;
  LedgerCounts counts;
  counts.required = 20;
  for (int i = 0; i < 10; ++i) {
    measure_.closed(good);
    measure_.closed(bad);
  }
  measure_.finish(counts, MonoTime{});
  EXPECT_DOUBLE_EQ(value("fairness_jain", "value>0"), 0.5);
}

TEST_F(MeasureTest, QueuesAndTheWindow) {
  measure_.queues(at(5s), 900, 1, 0);  // warm-up
  measure_.queues(at(20s), 7, 3, 2);
  EXPECT_EQ(value("queue_depth", "max<1"), 10);
  EXPECT_EQ(value("outbound_queue_depth", "max<1"), 3);
  EXPECT_DOUBLE_EQ(measure_.measured_seconds(at(40s)), 30);
  EXPECT_DOUBLE_EQ(measure_.measured_seconds(at(400s)), 60);
  measure_.end_window(at(30s));
  EXPECT_DOUBLE_EQ(measure_.measured_seconds(at(400s)), 20);
}

TEST_F(MeasureTest, FillGivesSummariesWithASpectrum) {
  for (int i = 1; i <= 100; ++i) measure_.replied(record(20s, std::chrono::milliseconds(i * 10)));
  RunResult out;
  measure_.fill(out, at(70s));
  const auto* m = find_summary(out, "reply_latency");
  ASSERT_NE(m, nullptr);
  EXPECT_EQ(m->count, 100U);
  EXPECT_NEAR(m->p95, 950, 1);
  EXPECT_FALSE(m->hdr.empty());
  ASSERT_GT(m->spectrum.size(), 20U);
  EXPECT_DOUBLE_EQ(m->spectrum.back().first, 100);
  EXPECT_NEAR(m->spectrum.back().second, 1000, 0.001);
  EXPECT_EQ(out.measured, 60s);
}

TEST(ProcessTrack, SummarizesTheMeasuredWindow) {
  ProcessTrack track("target");
  ProcessSample s;
  s.rss = 100;
  s.cpu = 1s;
  EXPECT_DOUBLE_EQ(track.add(1s, s, false), 0);
  for (int i = 0; i < 1000; ++i) {
    s.rss = 1000 + static_cast<std::uint64_t>(i);
    s.cpu += 500ms;
    EXPECT_DOUBLE_EQ(track.add(std::chrono::seconds(2 + i), s, true), 0.5);
  }
  const auto out = track.summary();
  EXPECT_DOUBLE_EQ(out.rss_before, 1000);
  EXPECT_DOUBLE_EQ(out.rss_after, 1999);
  EXPECT_DOUBLE_EQ(track.growth(), 999);
  EXPECT_NEAR(out.rss_slope, 3600, 1);
  EXPECT_NEAR(out.cpu_mean, 0.5, 1e-9);
}

TEST(ProcessStats, ReadsThisVeryProcess) {
  const auto s = sample_processes({static_cast<int>(getpid())});
  EXPECT_GE(s.processes, 1U);
  EXPECT_GT(s.rss, 1'000'000U);
  EXPECT_GE(s.threads, 1U);
  EXPECT_GE(s.fds, 3U);
  EXPECT_EQ(sample_processes({999'999'999}).processes, 0U);
}

}  // namespace
}  // namespace chorus::lab
