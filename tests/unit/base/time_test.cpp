#include "chorus/base/time.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus {
namespace {

using namespace std::chrono_literals;

TEST(Time, Iso8601BothWays) {
  const WallTime t = from_micros(1'767'614'400'123'456);
  EXPECT_EQ(to_iso8601(t), "2026-01-05T12:00:00.123Z");
  EXPECT_EQ(from_iso8601("2026-01-05T12:00:00.123456Z").value(), t);
  EXPECT_EQ(from_iso8601("2026-01-05T12:00:00Z").value(), from_micros(1'767'614'400'000'000));
  EXPECT_EQ(from_iso8601("2026-01-05T12:00:00.5Z").value(), from_micros(1'767'614'400'500'000));
  EXPECT_EQ(from_iso8601("2024-02-29T23:59:59Z").value(), from_micros(1'709'251'199'000'000));
}

TEST(Time, Iso8601RefusesWhatIsNoUtcTime) {
  for (const char* text :
       {"", "2026-01-05", "2026-01-05T12:00:00", "2026-01-05T12:00:00+01:00",
        "2026-02-29T12:00:00Z", "2026-13-05T12:00:00Z", "2026-01-05T24:00:00Z",
        "2026-01-05T12:60:00Z", "2026-01-05T-1:00:00Z", "2026-01-05T12:-1:00Z",
        "2026-01-05T12:00:00.Z", "2026-01-05T12:00:00.-5Z", "2026-01-05T12:00:00.1234567Z",
        "2026-01-05T12:00:00,5Z", "2026-01-05 12:00:00Z", "x026-01-05T12:00:00Z"}) {
    EXPECT_FALSE(from_iso8601(text)) << text;
  }
}

TEST(Time, ManualClockMovesBothTimes) {
  ManualClock clock(from_micros(1'000'000));
  clock.advance(2500ms);
  EXPECT_EQ(clock.now(), MonoTime{2500ms});
  EXPECT_EQ(to_micros(clock.wall_now()), 3'500'000);
}

TEST(Time, SecondsRoundDown) {
  EXPECT_EQ(to_unix_seconds(from_micros(1'999'999)), 1);
  EXPECT_EQ(to_unix_seconds(from_micros(-1)), -1);
  EXPECT_DOUBLE_EQ(to_seconds(from_seconds(1.25)), 1.25);
  EXPECT_DOUBLE_EQ(to_millis(1500us), 1.5);
}

TEST(Time, AddingToNeverStaysNever) {
  const MonoTime start{5s};
  EXPECT_EQ(saturating_add(start, 1s), MonoTime{6s});
  EXPECT_EQ(saturating_add(start, -7s), MonoTime{-2s});
  EXPECT_EQ(saturating_add(start, Duration::max()), MonoTime::max());
  EXPECT_EQ(saturating_add(MonoTime::max(), 1ns), MonoTime::max());
  EXPECT_EQ(saturating_add(MonoTime{-7s}, Duration::max()), MonoTime::max() - 7s);
}

}  // namespace
}  // namespace chorus
