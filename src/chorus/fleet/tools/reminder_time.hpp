#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace chorus::fleet {

/// A reminder is set for at most so long.
inline constexpr Duration kLongestReminder = std::chrono::hours(24 * 365);

/// When something is due, from what a model says: seconds from now, or ISO 8601 with `Z` or an
/// offset (`2026-01-05T18:30+03:00`; seconds and decimals may be there). Exactly one of the two.
/// Errors: InvalidArgument, worded for the model: neither or both, unreadable, without an offset,
/// not after `now`, more than a year away.
Result<WallTime> reminder_time(std::optional<std::int64_t> in_seconds,
                               std::optional<std::string_view> at, WallTime now);

}  // namespace chorus::fleet
