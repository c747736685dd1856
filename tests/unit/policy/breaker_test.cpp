#include "chorus/policy/breaker.hpp"

#include <gtest/gtest.h>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonoTime at(Duration d) {
  return MonoTime(d);
}

void fail_n(Breaker& breaker, int n, MonoTime now) {
  for (int i = 0; i < n; ++i) {
    const auto permit = breaker.allow(now);
    ASSERT_TRUE(permit) << "after " << i << " failures";
    breaker.on_failure(*permit, CallHealth::Transport, now);
  }
}

TEST(BreakerClassify, OnlyTransportFaults5xxAndTimeoutsCount) {
  EXPECT_EQ(classify(ErrorCode::Unavailable), CallHealth::Transport);
  EXPECT_EQ(classify(ErrorCode::ConnectionClosed), CallHealth::Transport);
  EXPECT_EQ(classify(ErrorCode::ProtocolError), CallHealth::Transport);
  EXPECT_EQ(classify(ErrorCode::Timeout), CallHealth::Timeout);
  EXPECT_EQ(classify(ErrorCode::Unavailable, 503), CallHealth::ServerError);
  EXPECT_EQ(classify(ErrorCode::Internal, 500), CallHealth::ServerError);
  EXPECT_EQ(classify(ErrorCode::InvalidArgument, 400), CallHealth::Alive);
  EXPECT_EQ(classify(ErrorCode::Unauthenticated, 401), CallHealth::Alive);
  EXPECT_EQ(classify(ErrorCode::Conflict, 409), CallHealth::Alive);
  EXPECT_EQ(classify(ErrorCode::RateLimited, 429), CallHealth::Alive);
  EXPECT_EQ(classify(ErrorCode::Cancelled), CallHealth::Unknown);
  EXPECT_EQ(classify(ErrorCode::QueueFull), CallHealth::Unknown);
  EXPECT_EQ(classify_status(502), CallHealth::ServerError);
  EXPECT_EQ(classify_status(404), CallHealth::Alive);
}

TEST(Breaker, FoundingPresetsOpenAtTheirNumbersAndRecoverByBeingAsked) {
  struct Case {
    BreakerConfig config;
    int failures;
    Duration open_for;
    int probes;
  };
  for (const Case& c : {Case{BreakerConfig::llm(), 5, seconds(120), 2},
                        Case{BreakerConfig::platform(), 10, seconds(60), 3}}) {
    Breaker breaker(c.config);
    fail_n(breaker, c.failures - 1, at({}));
    EXPECT_EQ(breaker.state(), BreakerState::Closed);
    fail_n(breaker, 1, at({}));
    EXPECT_EQ(breaker.state(), BreakerState::Open);
    EXPECT_FALSE(breaker.allow(at(c.open_for - milliseconds(1))));
    EXPECT_EQ(breaker.earliest(at({})), at(c.open_for));
    for (int i = 0; i < c.probes; ++i) {
      const auto probe = breaker.allow(at(c.open_for));
      ASSERT_TRUE(probe);
      EXPECT_EQ(breaker.state(), BreakerState::HalfOpen);
      breaker.on_success(*probe, at(c.open_for));
    }
    EXPECT_EQ(breaker.state(), BreakerState::Closed);
  }
}

TEST(Breaker, ASuccessBreaksTheRowOfFailures) {
  Breaker breaker(BreakerConfig::llm());
  for (int round = 0; round < 3; ++round) {
    fail_n(breaker, 4, at({}));
    breaker.on_success(*breaker.allow(at({})), at({}));
  }
  EXPECT_EQ(breaker.state(), BreakerState::Closed);
}

TEST(Breaker, OpensByRateOnlyWithEnoughVolumeInTheWindow) {
  BreakerConfig config;
  config.window = seconds(10);
  config.minimum_volume = 20;
  Breaker breaker(config);
  fail_n(breaker, 19, at(seconds(0)));
  EXPECT_EQ(breaker.state(), BreakerState::Closed);
  // The old failures have left the window: 19 more are again too few.
  fail_n(breaker, 19, at(seconds(11)));
  EXPECT_EQ(breaker.state(), BreakerState::Closed);
  fail_n(breaker, 1, at(seconds(12)));
  EXPECT_EQ(breaker.state(), BreakerState::Open);
}

TEST(Breaker, AnswersAboutOneMessageDoNotOpenIt) {
  Breaker breaker(BreakerConfig::platform());
  for (int i = 0; i < 1000; ++i) {
    breaker.on_result(*breaker.allow(at({})), classify(ErrorCode::InvalidArgument, 400), at({}));
  }
  EXPECT_EQ(breaker.state(), BreakerState::Closed);
}

TEST(Breaker, HandsOutBoundedProbesAndOneFailureOpensAgain) {
  Breaker breaker(BreakerConfig::platform());
  fail_n(breaker, 10, at({}));
  const MonoTime later = at(seconds(60));
  const auto first = breaker.allow(later);
  const auto second = breaker.allow(later);
  const auto third = breaker.allow(later);
  ASSERT_TRUE(first && second && third);
  EXPECT_FALSE(breaker.allow(later));
  breaker.on_success(*first, later);
  EXPECT_FALSE(breaker.allow(later)) << "two out and one success are already three";
  breaker.on_failure(*second, CallHealth::Timeout, later);
  EXPECT_EQ(breaker.state(), BreakerState::Open);
  breaker.on_success(*third, later);
  EXPECT_EQ(breaker.state(), BreakerState::Open);
  EXPECT_EQ(breaker.earliest(later), later + seconds(60));
}

TEST(Breaker, TakesBackALostProbe) {
  BreakerConfig config = BreakerConfig::llm();
  config.probes = 1;
  config.probe_timeout = seconds(30);
  Breaker breaker(config);
  fail_n(breaker, 5, at({}));
  const auto lost = breaker.allow(at(seconds(120)));
  ASSERT_TRUE(lost);
  EXPECT_FALSE(breaker.allow(at(seconds(149))));
  EXPECT_EQ(breaker.earliest(at(seconds(149))), at(seconds(150)));
  const auto next = breaker.allow(at(seconds(150)));
  ASSERT_TRUE(next);
  breaker.on_failure(*lost, CallHealth::Timeout, at(seconds(151)));
  EXPECT_EQ(breaker.state(), BreakerState::HalfOpen) << "a probe taken back has no say";
  breaker.on_success(*next, at(seconds(151)));
  EXPECT_EQ(breaker.state(), BreakerState::Closed);
}

TEST(Breaker, AnUnknownOutcomeFreesTheProbe) {
  BreakerConfig config = BreakerConfig::llm();
  config.probes = 1;
  Breaker breaker(config);
  fail_n(breaker, 5, at({}));
  breaker.on_result(*breaker.allow(at(seconds(120))), CallHealth::Unknown, at(seconds(120)));
  EXPECT_EQ(breaker.state(), BreakerState::HalfOpen);
  EXPECT_TRUE(breaker.allow(at(seconds(120))));
}

TEST(Breaker, LateOutcomesOfAnEarlierStateSayNothing) {
  Breaker breaker(BreakerConfig::llm());
  const auto early = breaker.allow(at({}));
  fail_n(breaker, 5, at({}));
  breaker.on_success(*breaker.allow(at(seconds(120))), at(seconds(120)));
  breaker.on_failure(*early, CallHealth::Timeout, at(seconds(121)));
  EXPECT_EQ(breaker.state(), BreakerState::HalfOpen);
}

TEST(Breaker, ResetClosesAndTheSnapshotTells) {
  Breaker breaker(BreakerConfig::llm());
  fail_n(breaker, 5, at(seconds(3)));
  (void)breaker.allow(at(seconds(10)));
  const Breaker::Snapshot open = breaker.snapshot(at(seconds(13)));
  EXPECT_EQ(open.state, BreakerState::Open);
  EXPECT_EQ(open.failures, 5U);
  EXPECT_EQ(open.retry_after, Duration(seconds(110)));
  EXPECT_EQ(open.opened, 1U);
  EXPECT_EQ(open.refused, 1U);
  EXPECT_EQ(open.since, at(seconds(3)));
  EXPECT_EQ(open.last_failure, CallHealth::Transport);
  breaker.reset(at(seconds(14)));
  const Breaker::Snapshot closed = breaker.snapshot(at(seconds(14)));
  EXPECT_EQ(closed.state, BreakerState::Closed);
  EXPECT_EQ(closed.failures, 0U);
  EXPECT_EQ(closed.retry_after, Duration::zero());
  EXPECT_EQ(to_string(closed.state), "closed");
}

}  // namespace
}  // namespace chorus::policy
