#include "chorus/fleet/time_context.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

namespace chorus::fleet {
namespace {

constexpr std::string_view kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};

std::string_view part_of_day(std::int64_t hour) {
  if (hour < 5) return "night";
  if (hour < 12) return "morning";
  if (hour < 14) return "midday";
  if (hour < 18) return "afternoon";
  return hour < 22 ? "evening" : "night";
}

std::string count_of(std::int64_t number, std::string_view unit) {
  return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
}

std::string length_of(Duration pause) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(pause).count();
  if (minutes < 90) return count_of(minutes, "minute");
  if (minutes < 36 * 60) return count_of((minutes + 30) / 60, "hour");
  return count_of((minutes + 12 * 60) / (24 * 60), "day");
}

}  // namespace

std::string time_context(WallTime now, const TimeZone& zone, std::optional<Duration> pause) {
  constexpr std::int64_t kDay = 86400;
  const std::int64_t local = to_unix_seconds(now) + zone.offset_at(now).count();
  const std::int64_t second = (local % kDay + kDay) % kDay;
  const std::int64_t days = (local - second) / kDay;
  const auto weekday =
      static_cast<std::size_t>(((days + 4) % 7 + 7) % 7);  // 1970 began on Thursday
  std::string out = fmt::format("It is {} {}, {:02}:{:02}.", kDays[weekday],
                                part_of_day(second / 3600), second / 3600, second / 60 % 60);
  if (pause && *pause >= std::chrono::minutes(10)) {
    out += fmt::format(" Before this, nobody had spoken for {}.", length_of(*pause));
  }
  return out;
}

}  // namespace chorus::fleet
