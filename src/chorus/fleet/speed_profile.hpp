#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// How fast one bot is: the founding `speed_profile` of POST /bots, applied by `pacing_delay`.
///
///     {"delay":  {"base_delay_seconds":30, "delay_multiplier":1, "jitter_min":0.7,
///                 "jitter_max":1.3, "min_seconds":2, "max_seconds":180},
///      "typing": {"typing_speed_wpm":{"min":40,"max":50}, "typing_multiplier":1}}
///
/// The fields may also stand at the top, without the two groups; `"delay":5` is a base delay and
/// `"typing":0.5` a multiplier. Aliases: `base_delay`,
/// `base_seconds`; `multiplier`; `delay_min_seconds`, `seconds_min`; `delay_max_seconds`,
/// `seconds_max`; `speed_wpm`, `wpm`. A speed is a number, a list of two, or an object of `min` and
/// `max`, and its mean counts. Source: reference/fleet.md section 7.
struct SpeedProfile {
  /// Mean pause before a message that nobody asked for; none: the fleet's pacing.
  std::optional<Duration> base_delay;
  /// Of that pause; without it, of the moment to think before any message.
  double delay_multiplier = 1;
  double jitter_min = 0.7;  ///< the pause is multiplied by a uniform number between these two
  double jitter_max = 1.3;
  Duration min_delay = std::chrono::seconds(2);  ///< bounds of the pause
  Duration max_delay = std::chrono::seconds(180);
  /// Typing; at least 12, the founding floor of a letter a second. None: the character's own.
  std::optional<double> words_per_minute;

  friend bool operator==(const SpeedProfile&, const SpeedProfile&) = default;
};

struct ParsedSpeedProfile {
  SpeedProfile profile;
  /// Fields that change nothing, as paths: unknown ones, and bounds of a pause that is not given.
  std::vector<std::string> without_effect;
};

/// The profile in a bot's `extra` document (BotRow::extra). A document without one, null and {}
/// give the default. Errors: InvalidArgument, one line that names the field and its range.
Result<ParsedSpeedProfile> speed_profile_of(std::string_view extra_json);

}  // namespace chorus::fleet
