#include "chorus/base/canary.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace chorus {
namespace {

TEST(Canary, ComesBackFromAnyTextAndBelongsToOneRun) {
  const Canary canary{.person = 123456, .message = 789};
  const auto token = canary_text(42, canary);
  EXPECT_EQ(find_canary(42, "you said: " + token + ", right?"), canary);
  EXPECT_EQ(find_canary(42, token), canary);
  EXPECT_EQ(find_canary(43, token), std::nullopt);
  EXPECT_EQ(find_canary(42, "nothing here z zz-zz zbcd"), std::nullopt);
  EXPECT_EQ(find_canary(42, token.substr(0, token.find('-'))), std::nullopt);
}

TEST(Canary, EveryMessageHasItsOwn) {
  std::set<std::string> seen;
  for (std::uint32_t person = 0; person < 40; ++person) {
    for (std::uint32_t message = 0; message < 40; ++message) {
      const Canary canary{person, message};
      const auto token = canary_text(7, canary);
      EXPECT_TRUE(seen.insert(token).second);
      EXPECT_EQ(find_canary(7, token), canary);
      EXPECT_EQ(find_any_canary(token), token);
    }
  }
}

TEST(Canary, OfAnyRunIsFoundWhole) {
  const auto largest = canary_text(1, {UINT32_MAX, UINT32_MAX});
  for (std::uint64_t run = 0; run < 50; ++run) {
    for (const auto& token : {canary_text(run, {0, 0}), canary_text(run, {77, 3}), largest}) {
      EXPECT_EQ(find_any_canary(token), token);
      EXPECT_EQ(find_any_canary("coffee? " + token), token);
      EXPECT_EQ(find_any_canary("(" + token + ") and " + canary_text(run, {9, 9})), token);
    }
  }
}

TEST(Canary, IsNoPartOfAnotherWord) {
  for (const auto* text : {"", "z", "zbcd", "zbcdf", "zbcdf-", "zbcd-f", "xzbcdf-k", "zbcdf-kilo",
                           "zigzag-course", "Zbcdf-k", "zbcdf-22222222", "zbcdf22222222-2"}) {
    EXPECT_EQ(find_any_canary(text), "") << text;
  }
  EXPECT_EQ(find_any_canary("zz zbcdf-k."), "zbcdf-k");
}

}  // namespace
}  // namespace chorus
