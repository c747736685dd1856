#include "chorus/lab/selftest.hpp"

#include "chorus/rt/scope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

struct Virtual {
  static rt::Task<void> drive(rt::Loop* loop, net::Transport* transport, MonoTime begin,
                              SelftestOptions options, SelftestReport* out) {
    *out = co_await run_selftest(*loop, *transport, *net::Url::parse("http://stall.test:80"), begin,
                                 options);
  }
};

SelftestReport stalled(SelftestOptions options, Duration server_stall) {
  rt::Loop loop(rt::Loop::Options{.mode = rt::Loop::Mode::Virtual});
  const MonoTime begin = loop.now() + 1s;
  StallingServer server(loop, begin + options.stall_at, begin + options.stall_at + server_stall);
  net::InProcessTransport transport(loop, Rng(1));
  transport.route("http://stall.test:80", server);
  SelftestReport out;
  rt::TaskScope scope(loop);
  rt::spawn(scope, "selftest", &Virtual::drive, &loop, &transport, begin, options, &out);
  loop.run();
  return out;
}

TEST(Selftest, ReportsTheStallAsItWas) {
  const auto r = stalled({.rate = 250}, 2s);
  EXPECT_EQ(r.requests, 3000U);
  EXPECT_TRUE(r.ok) << selftest_text(r);
  EXPECT_NEAR(r.ratio, 1, 0.005);
  EXPECT_NEAR(r.p90_ms, 800, 20);
  EXPECT_NEAR(r.p95_ms, 1400, 20);
  EXPECT_NEAR(r.p99_ms, 1880, 20);
  EXPECT_NEAR(r.max_ms, 2000, 5);
  EXPECT_LT(r.late_max_ms, 0.1);
}

TEST(Selftest, ANumberThatIsNotTheTruthIsNotOk) {
  // The server stalls for half as long as the theory is told.
  const auto r = stalled({.rate = 250}, 1s);
  EXPECT_FALSE(r.ok);
  EXPECT_LT(r.ratio, 0.6);
  EXPECT_THAT(selftest_text(r), testing::HasSubstr("NOT OK"));
}

}  // namespace
}  // namespace chorus::lab
