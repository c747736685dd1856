#include "chorus/base/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace chorus {
namespace {

TEST(Error, EveryCodeHasANameOfItsOwnAndAStatus) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::Misconfigured); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_TRUE(names.insert(to_string(code)).second) << to_string(code);
    EXPECT_NE(to_string(code), "unknown");
    EXPECT_GE(http_status(code), 400);
    EXPECT_LT(http_status(code), 600);
  }
  EXPECT_EQ(http_status(ErrorCode::RateLimited), 429);
  EXPECT_TRUE(is_retryable(ErrorCode::RateLimited));
  EXPECT_FALSE(is_retryable(ErrorCode::InvalidArgument));
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::InvalidArgument, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  CH_TRY(const int h, half(n));
  CH_TRY(const int q, half(h));
  return q;
}

Result<void> check_quarter(int n) {
  CH_TRY_VOID(quarter(n));
  return {};
}

TEST(Error, TryReturnsTheFirstFailure) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error(), Error(ErrorCode::InvalidArgument, "odd"));
  EXPECT_TRUE(check_quarter(4));
  EXPECT_FALSE(check_quarter(2));
}

}  // namespace
}  // namespace chorus
