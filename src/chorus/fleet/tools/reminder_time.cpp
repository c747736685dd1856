#include "chorus/fleet/tools/reminder_time.hpp"

#include "chorus/base/text.hpp"

#include <charconv>
#include <string>

namespace chorus::fleet {
namespace {

std::unexpected<Error> refused(const char* why) {
  return fail(ErrorCode::InvalidArgument, why);
}

std::optional<int> two_digits(std::string_view text) {
  int number = 0;
  if (text.size() != 2) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 2, number);
  if (error != std::errc{} || end != text.data() + 2 || number < 0) return std::nullopt;
  return number;
}

/// `+03:00`, `-0530`, `+03`.
std::optional<std::chrono::minutes> offset_of(std::string_view text) {
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hours = two_digits(text.substr(1, 2));
  std::string_view rest = text.substr(3);
  if (rest.starts_with(':')) rest.remove_prefix(1);
  const auto minutes = rest.empty() && text.size() == 3 ? std::optional(0) : two_digits(rest);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes size(*hours * 60 + *minutes);
  return text[0] == '-' ? -size : size;
}

Result<WallTime> time_of(std::string_view text) {
  text = trim(text);
  constexpr std::size_t kDate = 11;  // `2026-01-05T`
  if (text.size() <= kDate) return refused("'at' must be a date and time in ISO 8601");
  std::chrono::minutes offset{};
  std::string local;
  if (text.ends_with('Z') || text.ends_with('z')) {
    local = text.substr(0, text.size() - 1);
  } else {
    const std::size_t sign = text.find_first_of("+-", kDate);
    if (sign == std::string_view::npos) {
      return refused("'at' needs an offset from UTC, such as +03:00 or Z");
    }
    const auto found = offset_of(text.substr(sign));
    if (!found) return refused("the offset of 'at' must look like +03:00");
    offset = *found;
    local = text.substr(0, sign);
  }
  constexpr std::size_t kWithoutSeconds = 16;  // `2026-01-05T18:30`
  if (local.size() == kWithoutSeconds) local += ":00";
  const auto time = from_iso8601(local + "Z");
  if (!time) return refused("'at' must be a date and time in ISO 8601");
  return *time - offset;
}

}  // namespace

Result<WallTime> reminder_time(std::optional<std::int64_t> in_seconds,
                               std::optional<std::string_view> at, WallTime now) {
  if (in_seconds.has_value() == at.has_value()) {
    return refused("give either 'in_seconds' or 'at'");
  }
  const auto longest = std::chrono::floor<std::chrono::microseconds>(kLongestReminder);
  if (in_seconds) {
    if (*in_seconds < 1) return refused("the time must be in the future");
    if (*in_seconds > std::chrono::floor<std::chrono::seconds>(kLongestReminder).count()) {
      return refused("the time must be at most one year away");
    }
    return now + std::chrono::seconds(*in_seconds);
  }
  CH_TRY(const WallTime time, time_of(*at));
  if (time <= now) return refused("the time must be in the future");
  if (time - now > longest) return refused("the time must be at most one year away");
  return time;
}

}  // namespace chorus::fleet
