#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

namespace chorus {

/// `250ms`, `30s`, `5m`, `1h30m`, `0`. A bare number other than 0 is refused: its unit is a guess.
Result<Duration> parse_duration(std::string_view text);
/// `512`, `64KiB`, `50MiB`, `1GiB` (and decimal `KB`, `MB`, `GB`).
Result<std::uint64_t> parse_bytes(std::string_view text);
/// A rate or a range of rates per unit, as events per second: `20/min`, `1..2/min`, `3/s`, `10/h`.
struct RateRange {
  double low = 0;   ///< events per second
  double high = 0;  ///< >= low
  friend bool operator==(const RateRange&, const RateRange&) = default;
};
Result<RateRange> parse_rate(std::string_view text);

/// `1.2 s`, `340 ms`, `85 µs`, `2 m 05 s`: what a person reads.
std::string format_duration(Duration d);
/// `30s`, `5m`, `1h30m`, `250ms`: what `parse_duration` reads back exactly (to the millisecond).
std::string format_duration_compact(Duration d);
/// `7.4 MiB`.
std::string format_bytes(std::uint64_t bytes);
/// `12,345`.
std::string format_count(std::int64_t n);

}  // namespace chorus
