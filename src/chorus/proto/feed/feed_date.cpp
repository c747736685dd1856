#include "chorus/base/text.hpp"
#include "chorus/proto/feed/feed.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>

namespace chorus::proto::feed {
namespace {

using std::chrono::seconds;

/// Words and numbers of a date, without commas.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t i = 0; i < text.size() && parts.size() < 8;) {
    const std::size_t end = std::min(text.find_first_of(" ,\t", i), text.size());
    if (end > i) parts.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  return parts;
}

std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most) {
    return std::nullopt;
  }
  return value;
}

/// `HH:MM` or `HH:MM:SS`, with decimals that are dropped.
std::optional<seconds> clock_of(std::string_view text) {
  text = text.substr(0, text.find('.'));
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  const auto hour = number(text.substr(0, 2), 23);
  const auto minute = number(text.substr(3, 2), 59);
  const auto second = text.size() == 8 ? number(text.substr(6, 2), 60) : std::optional(0);
  if (!hour || !minute || !second || text[2] != ':') return std::nullopt;
  return seconds(*hour * 3600 + *minute * 60 + *second);
}

/// East of UTC. `Z`, `+0300`, `+03:00`, `EST`; unknown names are UTC (RFC 5322, 4.3).
seconds zone_of(std::string_view text) {
  static constexpr std::pair<std::string_view, int> kNames[] = {
      {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8},
      {"PDT", -7}, {"CET", 1},  {"CEST", 2}, {"EET", 2},  {"EEST", 3}, {"BST", 1},  {"TRT", 3}};
  for (const auto& [name, hours] : kNames) {
    if (text == name) return seconds(hours * 3600);
  }
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return seconds(0);
  const auto hours = number(text.substr(1, 2), 23);
  const auto minutes = number(text.substr(text[3] == ':' ? 4 : 3), 59);
  if (!hours || !minutes) return seconds(0);
  const int east = *hours * 3600 + *minutes * 60;
  return seconds(text[0] == '-' ? -east : east);
}

std::optional<WallTime> time_of(int year, int month, int day, seconds clock, seconds zone) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + clock - zone);
}

std::optional<WallTime> rfc_3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != ' ')) {
    return std::nullopt;
  }
  const auto year = number(text.substr(0, 4), 9999);
  const auto month = number(text.substr(5, 2), 12);
  const auto day = number(text.substr(8, 2), 31);
  const std::size_t zone = text.find_first_of("Zz+-", 16);
  if (!year || !month || !day || zone == std::string_view::npos) return std::nullopt;
  const auto clock = clock_of(text.substr(11, zone - 11));
  if (!clock) return std::nullopt;
  return time_of(*year, *month, *day, *clock, zone_of(text.substr(zone)));
}

std::optional<WallTime> rfc_822(std::string_view text) {
  static constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                                 "jul", "aug", "sep", "oct", "nov", "dec"};
  auto parts = parts_of(text);
  if (!parts.empty() && !number(parts.front(), 31)) parts.erase(parts.begin());  // day of the week
  if (parts.size() < 4) return std::nullopt;
  const auto day = number(parts[0], 31);
  const std::string name = ascii_lower(parts[1].substr(0, 3));
  const auto month = std::find(std::begin(kMonths), std::end(kMonths), name);
  auto year = number(parts[2], 9999);
  const auto clock = clock_of(parts[3]);
  if (!day || month == std::end(kMonths) || !year || !clock) return std::nullopt;
  if (parts[2].size() == 2) year = *year < 50 ? *year + 2000 : *year + 1900;
  return time_of(*year, static_cast<int>(month - std::begin(kMonths)) + 1, *day, *clock,
                 parts.size() > 4 ? zone_of(parts[4]) : seconds(0));
}

}  // namespace

std::optional<WallTime> parse_date(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  if (const auto time = rfc_3339(text)) return time;
  return rfc_822(text);
}

}  // namespace chorus::proto::feed
