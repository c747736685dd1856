#include "chorus/fleet/persona/zone.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace chorus::fleet {
namespace {

constexpr std::size_t kHeader = 44;
constexpr std::int32_t kLargestOffset = 26 * 3600;  // RFC 8536 allows no more

std::unexpected<Error> broken() {
  return fail(ErrorCode::ParseError, "not a time zone file (TZif)");
}

/// Big-endian signed number of `width` bytes; the caller has checked the length.
std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return width == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                    : static_cast<std::int64_t>(value);
}

struct Counts {
  std::size_t utc = 0, standard = 0, leaps = 0, times = 0, types = 0, chars = 0;
  [[nodiscard]] std::size_t block(std::size_t width) const {
    return times * (width + 1) + types * 6 + chars + leaps * (width + 4) + standard + utc;
  }
};

/// nullopt when no header stands there or its counts exceed what any zone has.
std::optional<Counts> read_header(std::string_view bytes) {
  constexpr std::int64_t kMost = 100'000;
  if (bytes.size() < kHeader || !bytes.starts_with("TZif")) return std::nullopt;
  std::size_t values[6];
  for (std::size_t i = 0; i < 6; ++i) {
    const std::int64_t value = number_at(bytes, 20 + 4 * i, 4);
    if (value < 0 || value > kMost) return std::nullopt;
    values[i] = static_cast<std::size_t>(value);
  }
  return Counts{values[0], values[1], values[2], values[3], values[4], values[5]};
}

}  // namespace

/// Reads a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`. Source: RFC 8536 3.3 and POSIX, TZ.
struct TimeZone::RuleReader {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::optional<int> number(int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{} || value < 0 || value > most) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
  }
  bool name() {
    const bool quoted = take('<');
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto letters = std::find_if_not(rest.begin(), rest.end(), is_letter) - rest.begin();
    const std::size_t end = quoted ? rest.find('>') : static_cast<std::size_t>(letters);
    if (end == std::string_view::npos || end < 3) return false;
    rest.remove_prefix(quoted ? end + 1 : end);
    return true;
  }
  /// `[+-]hh[:mm[:ss]]` in seconds, as written.
  std::optional<std::int32_t> clock(int most_hours) {
    const bool minus = take('-');
    if (!minus) take('+');
    std::int32_t seconds = 0;
    std::int32_t unit = 3600;
    for (int part = 0; part < 3; ++part, unit /= 60) {
      if (part > 0 && !take(':')) break;
      const auto value = number(part == 0 ? most_hours : 59);
      if (!value) return std::nullopt;
      seconds += *value * unit;
    }
    return minus ? -seconds : seconds;
  }
  std::optional<YearDay> year_day() {
    YearDay day;
    if (take('M')) {
      const auto month = number(12);
      const auto week = month && take('.') ? number(5) : std::nullopt;
      const auto weekday = week && take('.') ? number(6) : std::nullopt;
      if (!weekday || *month < 1 || *week < 1) return std::nullopt;
      day.month = *month;
      day.week = *week;
      day.day = *weekday;
    } else {
      day.kind = take('J') ? YearDay::Kind::JulianWithoutLeap : YearDay::Kind::Julian;
      const auto number_of_day = number(365);
      if (!number_of_day) return std::nullopt;
      day.day = *number_of_day;
      if (day.kind == YearDay::Kind::JulianWithoutLeap && day.day < 1) return std::nullopt;
    }
    if (take('/')) {
      const auto time = clock(167);
      if (!time) return std::nullopt;
      day.time = *time;
    }
    return day;
  }
  std::optional<Rule> read() {
    Rule rule;
    if (!name()) return std::nullopt;
    const auto standard = clock(24);
    if (!standard) return std::nullopt;
    rule.standard = -*standard;  // POSIX counts westwards
    if (rest.empty()) return rule;
    if (!name()) return std::nullopt;
    rule.has_summer = true;
    rule.summer = rule.standard + 3600;
    if (!rest.empty() && rest.front() != ',') {
      const auto summer = clock(24);
      if (!summer) return std::nullopt;
      rule.summer = -*summer;
    }
    const auto begin = take(',') ? year_day() : std::nullopt;
    const auto end = begin && take(',') ? year_day() : std::nullopt;
    if (!end || !rest.empty()) return std::nullopt;
    rule.begin = *begin;
    rule.end = *end;
    return rule;
  }
};

TimeZone TimeZone::fixed(std::chrono::minutes offset) {
  TimeZone zone;
  zone.first_ = static_cast<std::int32_t>(offset.count() * 60);
  return zone;
}

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
  auto counts = read_header(tzif);
  if (!counts) return broken();
  std::size_t width = 4;
  const bool has_second = tzif[4] >= '2';
  if (has_second) {  // the first block is for readers of 32 bits
    const std::size_t skip = kHeader + counts->block(4);
    if (tzif.size() < skip) return broken();
    tzif.remove_prefix(skip);
    counts = read_header(tzif);
    if (!counts) return broken();
    width = 8;
  }
  if (counts->types == 0 || tzif.size() < kHeader + counts->block(width)) return broken();
  const std::size_t times = kHeader;
  const std::size_t indexes = times + counts->times * width;
  const std::size_t types = indexes + counts->times;
  std::vector<std::int32_t> offsets;
  for (std::size_t i = 0; i < counts->types; ++i) {
    const std::int64_t offset = number_at(tzif, types + 6 * i, 4);
    if (std::abs(offset) > kLargestOffset) return broken();
    offsets.push_back(static_cast<std::int32_t>(offset));
  }
  TimeZone zone;
  zone.first_ = offsets.front();
  for (std::size_t i = 0; i < counts->times; ++i) {
    const auto type = static_cast<unsigned char>(tzif[indexes + i]);
    const std::int64_t at = number_at(tzif, times + i * width, width);
    if (type >= offsets.size()) return broken();
    if (!zone.changes_.empty() && at <= zone.changes_.back().at) return broken();
    zone.changes_.push_back({at, offsets[type]});
  }
  if (!has_second) return zone;
  std::string_view footer = tzif.substr(kHeader + counts->block(width));
  if (footer.size() < 2 || footer.front() != '\n') return broken();
  footer.remove_prefix(1);
  footer = footer.substr(0, footer.find('\n'));
  if (footer.empty()) return zone;  // nobody knows what holds after the last change
  zone.rule_ = RuleReader{footer}.read();
  if (!zone.rule_) return broken();
  return zone;
}

/// Seconds since the epoch of that day and time in local time.
std::int64_t TimeZone::seconds_of(const YearDay& day, std::chrono::year year) {
  using namespace std::chrono;
  const sys_days first = sys_days(year / January / 1);
  sys_days date = first;
  switch (day.kind) {
    case YearDay::Kind::Julian:
      date = first + days(day.day);
      break;
    case YearDay::Kind::JulianWithoutLeap: {
      const bool after_leap_day = year.is_leap() && day.day >= 60;
      date = first + days(day.day - 1 + (after_leap_day ? 1 : 0));
      break;
    }
    case YearDay::Kind::MonthWeekDay: {
      const month of(static_cast<unsigned>(day.month));
      const weekday on(static_cast<unsigned>(day.day));
      date = day.week == 5 ? sys_days(year / of / on[last])
                           : sys_days(year / of / on[static_cast<unsigned>(day.week)]);
      break;
    }
  }
  return duration_cast<seconds>(date.time_since_epoch()).count() + day.time;
}

std::int32_t TimeZone::by_rule(std::int64_t t) const {
  using namespace std::chrono;
  if (!rule_->has_summer) return rule_->standard;
  const auto local_day = floor<days>(sys_seconds(seconds(t + rule_->standard)));
  const year of = year_month_day(local_day).year();
  const std::int64_t begin = seconds_of(rule_->begin, of) - rule_->standard;
  const std::int64_t end = seconds_of(rule_->end, of) - rule_->summer;
  // South of the equator summer spans the turn of the year.
  const bool summer = begin < end ? t >= begin && t < end : t >= begin || t < end;
  return summer ? rule_->summer : rule_->standard;
}

std::chrono::seconds TimeZone::offset_at(WallTime when) const {
  const std::int64_t t = to_unix_seconds(when);
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), t,
                                     [](std::int64_t value, const Change& c) {
                                       return value < c.at;
                                     });
  if (next == changes_.end() && rule_) return std::chrono::seconds(by_rule(t));
  if (next == changes_.begin()) return std::chrono::seconds(first_);
  return std::chrono::seconds(std::prev(next)->offset);
}

std::optional<TimeZone> fixed_zone(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC") return TimeZone();
  if (name.size() != 9 || !name.starts_with("UTC") || name[6] != ':' ||
      (name[3] != '+' && name[3] != '-')) {
    return std::nullopt;
  }
  int hours = 0, minutes = 0;
  const auto read = [](std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && out >= 0;
  };
  if (!read(name.substr(4, 2), hours) || !read(name.substr(7, 2), minutes) || hours > 14 ||
      minutes > 59) {
    return std::nullopt;
  }
  const int offset = hours * 60 + minutes;
  return TimeZone::fixed(std::chrono::minutes(name[3] == '-' ? -offset : offset));
}

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c == '/' && name[i - 1] == '/') return false;
    if (!letter && c != '_' && c != '+' && c != '-' && c != ':' && c != '/') return false;
  }
  return true;
}

}  // namespace chorus::fleet
