#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/persona/zone.hpp"

#include "support/zones_on_file.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus::fleet {
namespace {

WallTime at(std::string_view iso) {
  const auto time = from_iso8601(iso);
  EXPECT_TRUE(time) << iso;
  return time.value_or(WallTime{});
}

TimeZone zone(const std::string& name) {
  const auto parsed = TimeZone::parse(test::zone_bytes(name));
  EXPECT_TRUE(parsed) << name;
  return parsed.value_or(TimeZone{});
}

double hours(const TimeZone& zone, std::string_view iso) {
  return static_cast<double>(zone.offset_at(at(iso)).count()) / 3600;
}

TEST(Zone, BerlinChangesOnTheLastSundaysOfMarchAndOctober) {
  const TimeZone berlin = zone("Berlin");
  EXPECT_EQ(hours(berlin, "2026-01-15T12:00:00Z"), 1);
  EXPECT_EQ(hours(berlin, "2026-03-29T00:59:59Z"), 1);
  EXPECT_EQ(hours(berlin, "2026-03-29T01:00:00Z"), 2);
  EXPECT_EQ(hours(berlin, "2026-10-25T00:59:59Z"), 2);
  EXPECT_EQ(hours(berlin, "2026-10-25T01:00:00Z"), 1);
}

TEST(Zone, TheRuleHoldsAfterTheLastChangeOfTheFile) {
  const TimeZone berlin = zone("Berlin");
  EXPECT_EQ(hours(berlin, "2060-01-15T12:00:00Z"), 1);
  EXPECT_EQ(hours(berlin, "2060-03-28T00:59:59Z"), 1);
  EXPECT_EQ(hours(berlin, "2060-03-28T01:00:00Z"), 2);
  EXPECT_EQ(hours(berlin, "2060-10-31T00:59:59Z"), 2);
  EXPECT_EQ(hours(berlin, "2060-10-31T01:00:00Z"), 1);
  // South of the equator summer lies around the turn of the year.
  const TimeZone sydney = zone("Sydney");
  EXPECT_EQ(hours(sydney, "2060-01-15T12:00:00Z"), 11);
  EXPECT_EQ(hours(sydney, "2060-07-15T12:00:00Z"), 10);
  EXPECT_EQ(hours(sydney, "2060-12-31T23:59:00Z"), 11);
}

TEST(Zone, IstanbulStayedOnSummerTimeIn2016) {
  const TimeZone istanbul = zone("Istanbul");
  EXPECT_EQ(hours(istanbul, "2015-01-15T12:00:00Z"), 2);
  EXPECT_EQ(hours(istanbul, "2015-07-15T12:00:00Z"), 3);
  EXPECT_EQ(hours(istanbul, "2015-11-01T12:00:00Z"), 3) << "that year it changed on 8 November";
  EXPECT_EQ(hours(istanbul, "2015-11-09T12:00:00Z"), 2);
  EXPECT_EQ(hours(istanbul, "2016-12-15T12:00:00Z"), 3);
  EXPECT_EQ(hours(istanbul, "2026-01-15T12:00:00Z"), 3);
  EXPECT_EQ(hours(istanbul, "2070-01-15T12:00:00Z"), 3);
  EXPECT_NEAR(hours(istanbul, "1850-01-15T12:00:00Z"), 1.93, 0.02) << "local mean time";
}

TEST(Zone, BytesThatAreNoZoneAreRefused) {
  const std::string berlin = test::zone_bytes("Berlin");
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse("TZif2"));
  EXPECT_FALSE(TimeZone::parse("not a zone, but longer than the header of one zone file is"));
  for (std::size_t length = 0; length + 30 < berlin.size(); length += 7) {
    EXPECT_FALSE(TimeZone::parse(std::string_view(berlin).substr(0, length))) << length;
  }
  std::string odd = berlin;
  odd.replace(odd.rfind("CET-1"), 5, "CET?1");
  EXPECT_FALSE(TimeZone::parse(odd));
}

TEST(Zone, FixedOnesNeedNoFile) {
  EXPECT_EQ(fixed_zone("UTC")->offset_at({}).count(), 0);
  EXPECT_EQ(fixed_zone("UTC+05:30")->offset_at({}).count(), 19800);
  EXPECT_EQ(fixed_zone("UTC-03:00")->offset_at({}).count(), -10800);
  for (const auto* name : {"UTC+15:00", "UTC+5:30", "UTC+05:60", "Europe/Berlin", ""}) {
    EXPECT_FALSE(fixed_zone(name)) << name;
  }
}

TEST(Zone, ANameNeverLeadsOutOfAFolder) {
  for (const auto* name : {"Europe/Istanbul", "America/Argentina/Buenos_Aires", "Etc/GMT+3"}) {
    EXPECT_TRUE(is_zone_name(name)) << name;
  }
  for (const auto* name : {"", "../etc/passwd", "/etc/passwd", "a//b", "Europe/", "a b", "a.b"}) {
    EXPECT_FALSE(is_zone_name(name)) << name;
  }
}

TEST(ActiveHours, FollowTheClockOfTheirZone) {
  test::ZonesOnFile zones;
  ActiveHours hours;
  hours.zone = "Europe/Berlin";
  hours.active = {{9 * 60, 18 * 60}};
  const auto berlin = zone_of(hours, &zones);
  ASSERT_TRUE(berlin);
  // 07:30 UTC is 08:30 there in winter, 09:30 in summer.
  EXPECT_FALSE(is_active_at(hours, **berlin, at("2026-01-15T07:30:00Z")));
  EXPECT_TRUE(is_active_at(hours, **berlin, at("2026-07-15T07:30:00Z")));
  EXPECT_TRUE(is_active_at(hours, **berlin, at("2026-01-15T17:00:59Z"))) << "18:00, inclusive";
  EXPECT_FALSE(is_active_at(hours, **berlin, at("2026-01-15T17:01:00Z")));
  EXPECT_TRUE(is_active_at(ActiveHours{}, TimeZone{}, at("2026-01-15T03:00:00Z"))) << "always";
}

TEST(ActiveHours, CrossMidnight) {
  ActiveHours hours;
  hours.zone = "UTC+03:00";
  hours.active = {{22 * 60, 2 * 60}};
  const auto zone = zone_of(hours, nullptr);
  ASSERT_TRUE(zone);
  EXPECT_TRUE(is_active_at(hours, **zone, at("2026-01-15T19:00:00Z")));
  EXPECT_TRUE(is_active_at(hours, **zone, at("2026-01-15T23:00:00Z")));
  EXPECT_FALSE(is_active_at(hours, **zone, at("2026-01-15T23:01:00Z")));
  EXPECT_FALSE(is_active_at(hours, **zone, at("2026-01-15T12:00:00Z")));
}

TEST(ActiveHours, AnUnknownZoneIsNamed) {
  test::ZonesOnFile zones;
  ActiveHours hours;
  hours.zone = "Europe/Atlantis";
  const auto unknown = zone_of(hours, &zones);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("'Europe/Atlantis'"), std::string::npos);
}

}  // namespace
}  // namespace chorus::fleet
