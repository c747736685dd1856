#include "chorus/policy/send_limiter.hpp"

#include <gtest/gtest.h>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

MonoTime at(Duration d) {
  return MonoTime(d);
}
SendKey group(std::int64_t bot, std::int64_t chat) {
  return {BotId(bot), PlatformChatId(chat), ChatKind::Group};
}
SendKey dm(std::int64_t bot, std::int64_t chat) {
  return {BotId(bot), PlatformChatId(chat), ChatKind::Private};
}
int grants(SendLimiter& limiter, const SendKey& key, MonoTime now) {
  int n = 0;
  while (n < 1000 && limiter.reserve(key, now)) ++n;
  return n;
}

TEST(SendLimiter, DocumentedLimitsHoldPerBotGroupAndPrivateChat) {
  SendLimiter limiter(SendProfile::Documented);
  EXPECT_EQ(grants(limiter, group(1, -5), at({})), 20);
  EXPECT_EQ(limiter.earliest(group(1, -5), at({})), at(milliseconds(60'600)));
  EXPECT_EQ(grants(limiter, dm(1, 7), at({})), 3);
  EXPECT_EQ(grants(limiter, dm(1, 8), at({})), 3);
  EXPECT_EQ(grants(limiter, dm(1, 9), at({})), 3);
  EXPECT_EQ(grants(limiter, dm(1, 10), at({})), 1) << "the bot's 30 per second";
  EXPECT_EQ(limiter.earliest(dm(1, 11), at({})), at(milliseconds(1010)));
  EXPECT_EQ(grants(limiter, group(2, -5), at({})), 20) << "another bot has limits of its own";
}

TEST(SendLimiter, FoundingProfileCapsTheFleetAndTheRoom) {
  SendLimiter limiter(SendProfile::Founding);
  EXPECT_EQ(grants(limiter, group(1, -5), at({})), 20);
  EXPECT_EQ(grants(limiter, group(2, -5), at({})), 0) << "20 per minute per chat, all bots";
  EXPECT_EQ(grants(limiter, group(2, -6), at({})), 10) << "30 per second over the fleet";
  EXPECT_EQ(limiter.earliest(group(3, -7), at({})), at(milliseconds(1010)));
}

TEST(SendLimiter, OffLimitsNothingButObeysFreezes) {
  SendLimiter limiter(SendProfile::Off);
  EXPECT_EQ(grants(limiter, group(1, -5), at({})), 1000);
  limiter.freeze(group(1, -5), at(seconds(120)));
  EXPECT_EQ(limiter.earliest(group(1, -5), at(seconds(1))), at(seconds(120)));
}

TEST(SendLimiter, FreezesExactlyTheKeyInFull) {
  SendLimiter limiter(SendProfile::Documented);
  limiter.freeze(group(1, -5), at(seconds(10'072)));
  limiter.freeze(group(1, -5), at(seconds(3)));
  EXPECT_EQ(limiter.earliest(group(1, -5), at(seconds(4))), at(seconds(10'072)));
  EXPECT_EQ(limiter.earliest(group(1, -6), at(seconds(4))), at(seconds(4)));
  EXPECT_EQ(limiter.earliest(group(2, -5), at(seconds(4))), at(seconds(4)));
  EXPECT_EQ(limiter.frozen_until(group(1, -5), at(seconds(4))), at(seconds(10'072)));
  EXPECT_EQ(limiter.frozen_until(group(1, -5), at(seconds(10'072))), std::nullopt);

  limiter.freeze(BotId(2), at(seconds(50)));
  EXPECT_EQ(limiter.earliest(dm(2, 9), at(seconds(4))), at(seconds(50)));
  EXPECT_EQ(limiter.frozen_until(BotId(2), at(seconds(4))), at(seconds(50)));
  limiter.thaw(BotId(2));
  limiter.thaw(group(1, -5));
  EXPECT_EQ(limiter.earliest(dm(2, 9), at(seconds(4))), at(seconds(4)));
  EXPECT_EQ(limiter.earliest(group(1, -5), at(seconds(4))), at(seconds(4)));
}

TEST(SendLimiter, FreezeSurvivesSweepsAndNewLimits) {
  SendLimiter limiter(SendProfile::Documented);
  limiter.freeze(group(1, -5), at(seconds(500)));
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(limiter.reserve(dm(1, 1000 + i), at(milliseconds(1000 + 100 * i))));
  }
  limiter.set_limits(SendLimits::of(SendProfile::Founding));
  EXPECT_EQ(limiter.earliest(group(1, -5), at(seconds(30))), at(seconds(500)));
}

TEST(SendLimiter, RemembersSendsFromBeforeARestart) {
  SendLimiter limiter(SendProfile::Documented);
  for (int i = 0; i < 20; ++i) limiter.remember(group(1, -5), at(seconds(-30)));
  EXPECT_EQ(limiter.earliest(group(1, -5), at({})), at(milliseconds(30'600)));
}

TEST(SendLimiter, ForgetsIdleKeys) {
  SendLimiter limiter(SendProfile::Founding);
  MonoTime now = at({});
  std::size_t most = 0;
  for (std::int64_t i = 1; i <= 20'000; ++i) {
    const SendKey key = dm(1 + i % 5, i);
    now = limiter.earliest(key, now);
    limiter.commit(key, now);
    most = std::max(most, limiter.keys());
  }
  // 30/s for 60 s live in (bot, chat) for 3 s and in the room for 60 s; twice that is the bound.
  EXPECT_LT(most, std::size_t{2 * (1800 + 1800)});
  now += seconds(120);
  for (int i = 0; i < 4000; ++i) {
    now += milliseconds(3100);
    limiter.commit(dm(1, 1), now);
  }
  EXPECT_LE(limiter.keys(), 3U);
}

}  // namespace
}  // namespace chorus::policy
