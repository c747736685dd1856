#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// The offsets of one time zone from UTC over time: data in, offset out, no look at the system.
/// Immutable; a value.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  static TimeZone fixed(std::chrono::minutes offset);
  /// A compiled zone file. Errors: ParseError, without the bytes. Source: RFC 8536 (TZif versions 1
  /// to 4; the rule at the end of the file holds after its last transition).
  static Result<TimeZone> parse(std::string_view tzif);

  /// East of UTC is positive. Before the first known change the zone's first offset holds.
  [[nodiscard]] std::chrono::seconds offset_at(WallTime t) const;

 private:
  struct Change {
    std::int64_t at = 0;      ///< seconds since the epoch, UTC
    std::int32_t offset = 0;  ///< seconds, from then on
  };
  /// One end of summer time within a year, in local time.
  struct YearDay {
    enum class Kind : std::uint8_t { MonthWeekDay, JulianWithoutLeap, Julian };
    Kind kind = Kind::MonthWeekDay;
    int month = 0, week = 0, day = 0;
    std::int32_t time = 7200;  ///< seconds after midnight
  };
  struct Rule {
    std::int32_t standard = 0, summer = 0;  ///< offsets
    bool has_summer = false;
    YearDay begin, end;
  };
  struct RuleReader;
  static std::int64_t seconds_of(const YearDay& day, std::chrono::year year);
  [[nodiscard]] std::int32_t by_rule(std::int64_t t) const;

  std::int32_t first_ = 0;
  std::vector<Change> changes_;  ///< in order of time
  std::optional<Rule> rule_;
};

/// Where zones come from. `app` reads the system's files; tests have their own.
class ZoneSource {
 public:
  virtual ~ZoneSource() = default;
  /// An IANA name such as `Europe/Istanbul`; nullptr when there is none of that name. The zone is
  /// shared between the source's memory and the bots that live by it.
  virtual std::shared_ptr<const TimeZone> find(std::string_view name) = 0;
};

/// `UTC`, or a fixed `UTC+03:00`; nullopt for names that need a source.
std::optional<TimeZone> fixed_zone(std::string_view name);
/// Has the form of a zone's name: letters, digits, `_+-:` and single slashes inside. Never a path
/// that leads out of a folder.
bool is_zone_name(std::string_view name);

}  // namespace chorus::fleet
