#include "chorus/fleet/tools/reminder_time.hpp"

#include "chorus/fleet/tools/reminder_lines.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = from_iso8601("2026-01-05T12:00:00Z").value();

std::string at(std::string_view text) {
  const auto time = reminder_time(std::nullopt, text, kNow);
  return time ? to_iso8601(*time) : time.error().message;
}

TEST(ReminderTime, IsSecondsFromNowOrATimeWithItsOffset) {
  EXPECT_EQ(reminder_time(90, std::nullopt, kNow).value(), kNow + 90s);
  EXPECT_EQ(at("2026-01-05T18:30:00+03:00"), to_iso8601(kNow + 3h + 30min));
  EXPECT_EQ(at("2026-01-05T18:30+0300"), to_iso8601(kNow + 3h + 30min));
  EXPECT_EQ(at("2026-01-05T15:30+03"), to_iso8601(kNow + 30min));
  EXPECT_EQ(at("2026-01-05T07:30:00-05:00"), to_iso8601(kNow + 30min));
  EXPECT_EQ(at("2026-01-05T12:00:01.5Z"), to_iso8601(kNow + 1500ms));
  EXPECT_EQ(at(" 2026-01-05T12:01Z "), to_iso8601(kNow + 1min));
}

TEST(ReminderTime, LiesInTheFutureAndWithinAYear) {
  for (const std::int64_t seconds : {INT64_MIN, -5L, 0L, 366L * 86'400, INT64_MAX}) {
    EXPECT_FALSE(reminder_time(seconds, std::nullopt, kNow)) << seconds;
  }
  EXPECT_TRUE(reminder_time(365 * 86'400, std::nullopt, kNow));
  for (const char* bad : {"2026-01-05T12:00:00Z", "2025-01-05T12:00:00Z", "2027-01-06T12:00:00Z",
                          "9999-12-31T23:59:59Z"}) {
    EXPECT_FALSE(reminder_time(std::nullopt, bad, kNow)) << bad;
  }
}

TEST(ReminderTime, WhatIsUnclearIsAskedBack) {
  EXPECT_NE(at("2026-01-05T18:30:00").find("offset"), std::string::npos);
  for (const char* bad : {"", "tomorrow", "Z", "2026-01-05", "2026-13-05T18:30:00Z",
                          "2026-01-05T18:30:00+", "2026-01-05T18:30:00+3", "2026-01-05T18:30:00+99",
                          "2026-01-05T18:30:00+03:0x", "2026-01-05T18:30:00+03:00Z"}) {
    EXPECT_FALSE(reminder_time(std::nullopt, bad, kNow)) << bad;
  }
  EXPECT_FALSE(reminder_time(std::nullopt, std::nullopt, kNow));
  EXPECT_FALSE(reminder_time(5, "2026-01-05T18:30:00Z", kNow));
}

TEST(ReminderLines, SayWhatIsDueForWhomAndWhetherItIsLate) {
  EXPECT_EQ(reminder_line(Language::English, "", "tea", std::nullopt), "⏰ Reminder: tea");
  EXPECT_EQ(reminder_line(Language::English, "@ada", "tea", kNow),
            "⏰ Reminder for @ada: tea\n(This is late: it was due at 2026-01-05 12:00 UTC.)");
  EXPECT_EQ(reminder_line(Language::Turkish, "Ada", "çay", std::nullopt),
            "⏰ Hatırlatma, Ada: çay");
}

TEST(ReminderLines, TheCommandNamesTheOneToCancel) {
  EXPECT_EQ(cancelled_number("/reminders"), std::nullopt);
  EXPECT_EQ(cancelled_number("/reminders please"), std::nullopt);
  EXPECT_EQ(cancelled_number("/reminders@bot cancel 3"), 3);
  EXPECT_EQ(cancelled_number("/reminders Cancel  12 "), 12);
  EXPECT_EQ(cancelled_number("/reminders cancel"), 0);
  EXPECT_EQ(cancelled_number("/reminders cancel -1"), 0);
  EXPECT_EQ(cancelled_number("/reminders cancel 99999999999999"), 0);
}

}  // namespace
}  // namespace chorus::fleet
