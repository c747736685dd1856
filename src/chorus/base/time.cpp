#include "chorus/base/time.hpp"

#include <charconv>

#include <fmt/format.h>

namespace chorus {

namespace {

bool read_number(std::string_view text, std::size_t at, std::size_t length, int& out) {
  if (at + length > text.size()) return false;
  const char* begin = text.data() + at;
  if (length == 0 || *begin == '-') return false;  // from_chars takes a sign
  auto [end, error] = std::from_chars(begin, begin + length, out);
  return error == std::errc{} && end == begin + length;
}

}  // namespace

std::string to_iso8601(WallTime t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(t - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

Result<WallTime> from_iso8601(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  const bool shape = text.size() >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
                     text[13] == ':' && text[16] == ':' && text.back() == 'Z' &&
                     read_number(text, 0, 4, y) && read_number(text, 5, 2, mo) &&
                     read_number(text, 8, 2, d) && read_number(text, 11, 2, h) &&
                     read_number(text, 14, 2, mi) && read_number(text, 17, 2, s);
  const year_month_day date{year{y}, month{unsigned(mo)}, day{unsigned(d)}};
  if (!shape || !date.ok() || h > 23 || mi > 59 || s > 60) {
    return fail(ErrorCode::ParseError,
                "not a UTC time; expected the form 2026-01-05T12:00:00Z");
  }
  std::int64_t micros = 0;
  if (text.size() > 20) {
    const std::string_view fraction = text.substr(20, text.size() - 21);
    if (text[19] != '.' || fraction.empty() || fraction.size() > 6) {
      return fail(ErrorCode::ParseError, "at most six decimals of a second are allowed");
    }
    int value = 0;
    if (!read_number(fraction, 0, fraction.size(), value)) {
      return fail(ErrorCode::ParseError, "decimals of a second are not a number");
    }
    micros = value;
    for (std::size_t i = fraction.size(); i < 6; ++i) micros *= 10;
  } else if (text[19] != 'Z') {
    return fail(ErrorCode::ParseError, "a time must end in Z (UTC)");
  }
  return WallTime{sys_days{date}} + hours{h} + minutes{mi} + seconds{s} + microseconds{micros};
}

}  // namespace chorus
