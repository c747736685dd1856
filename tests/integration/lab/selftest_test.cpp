#include "chorus/lab/selftest.hpp"

#include "chorus/rt/scope.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

struct Real {
  static rt::Task<void> drive(rt::Loop* loop, SelftestOptions options,
                              std::optional<Result<SelftestReport>>* out) {
    out->emplace(co_await selftest_on_loopback(*loop, options));
    loop->stop();
  }
};

// How honest the numbers are is for `chorus lab selftest` on a quiet machine; here it must only
// work over real sockets.
TEST(SelftestIntegration, GoesOverSocketsOfItsOwn) {
  rt::Loop loop;
  std::optional<Result<SelftestReport>> out;
  rt::TaskScope scope(loop);
  rt::spawn(scope, "selftest", &Real::drive, &loop,
            SelftestOptions{.rate = 200, .length = 1s, .stall_at = 300ms, .stall = 200ms}, &out);
  loop.run();
  ASSERT_TRUE(out && *out);
  const auto& report = **out;
  EXPECT_EQ(report.requests, 200U);
  EXPECT_EQ(report.failed, 0U);
  EXPECT_GT(report.max_ms, 100);
}

}  // namespace
}  // namespace chorus::lab
