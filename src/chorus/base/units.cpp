#include "chorus/base/units.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "chorus/base/text.hpp"

namespace chorus {

namespace {

/// Reads a non-negative decimal at the start and removes it.
std::optional<double> take_number(std::string_view& text) {
  // from_chars takes "nan", "inf" and a sign as well.
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return std::nullopt;
  double value = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && !(text[n] >= '0' && text[n] <= '9') && text[n] != '.' && text[n] != ' ')
    ++n;
  const auto letters = text.substr(0, n);
  text.remove_prefix(n);
  return letters;
}

std::optional<double> seconds_of(std::string_view unit) {
  if (unit == "us" || unit == "µs") return 1e-6;
  if (unit == "ms") return 1e-3;
  if (unit == "s" || unit == "sec") return 1;
  if (unit == "m" || unit == "min") return 60;
  if (unit == "h" || unit == "hour") return 3600;
  if (unit == "d" || unit == "day") return 86400;
  return std::nullopt;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is not a duration; write it like 250ms, 30s, 5m or 1h30m", text));
  };
  std::string_view rest = trim(text);
  if (rest == "0") return Duration::zero();
  if (rest.empty()) return bad();
  double total = 0;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number) return bad();
    const auto unit = seconds_of(take_letters(rest));
    if (!unit) return bad();
    total += *number * *unit;
    rest = trim(rest);
  }
  if (total > 1e9) return bad();
  return Duration(std::llround(total * 1e9));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  std::string_view rest = trim(text);
  const auto number = take_number(rest);
  const auto unit = trim(rest);
  const double factor = unit.empty() || unit == "B" ? 1
                        : unit == "KiB"             ? 1024
                        : unit == "MiB"             ? 1024.0 * 1024
                        : unit == "GiB"             ? 1024.0 * 1024 * 1024
                        : unit == "KB"              ? 1e3
                        : unit == "MB"              ? 1e6
                        : unit == "GB"              ? 1e9
                                                    : 0;
  if (!number || factor == 0 || *number * factor > 1e18) {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is not a size; write it like 512, 64KiB or 50MiB", text));
  }
  return static_cast<std::uint64_t>(*number * factor);
}

Result<RateRange> parse_rate(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is not a rate; write it like 20/min, 1..2/min or 3/s", text));
  };
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return bad();
  const auto unit = seconds_of(trim(text.substr(slash + 1)));
  if (!unit) return bad();
  std::string_view numbers = trim(text.substr(0, slash));
  std::optional<std::string_view> high_text;
  if (const auto dots = numbers.find(".."); dots != std::string_view::npos) {
    high_text = numbers.substr(dots + 2);
    numbers = numbers.substr(0, dots);
  }
  const auto low = take_number(numbers);
  if (!low || !numbers.empty()) return bad();
  double high = *low;
  if (high_text) {
    const auto number = take_number(*high_text);
    if (!number || !high_text->empty() || *number < *low) return bad();
    high = *number;
  }
  return RateRange{*low / *unit, high / *unit};
}

std::string format_duration(Duration d) {
  const double s = to_seconds(d);
  if (s < 0) return "-" + format_duration(-d);
  if (d == Duration::zero()) return "0 s";
  if (s < 1e-3) return fmt::format("{:.0f} µs", s * 1e6);
  if (s < 0.01) return fmt::format("{:.1f} ms", s * 1e3);
  if (s < 1) return fmt::format("{:.0f} ms", s * 1e3);
  if (s < 10) return fmt::format("{:.2f} s", s);
  if (s < 120) return fmt::format("{:.1f} s", s);
  const auto whole = static_cast<long long>(s);
  if (s < 7200) return fmt::format("{} m {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} m", whole / 3600, whole % 3600 / 60);
}

std::string format_duration_compact(Duration d) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  if (ms == 0) return "0";
  std::string out;
  const auto take = [&](long long unit, const char* name) {
    if (ms >= unit) {
      out += fmt::format("{}{}", ms / unit, name);
      ms %= unit;
    }
  };
  take(3'600'000, "h");
  take(60'000, "m");
  take(1'000, "s");
  take(1, "ms");
  return out;
}

std::string format_bytes(std::uint64_t bytes) {
  const auto b = static_cast<double>(bytes);
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (b < 1024.0 * 1024) return fmt::format("{:.1f} KiB", b / 1024);
  if (b < 1024.0 * 1024 * 1024) return fmt::format("{:.1f} MiB", b / (1024.0 * 1024));
  return fmt::format("{:.2f} GiB", b / (1024.0 * 1024 * 1024));
}

std::string format_count(std::int64_t n) {
  std::string digits = std::to_string(n);
  const std::size_t start = n < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > start + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace chorus
