#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/persona/zone.hpp"

#include <optional>
#include <string>

namespace chorus::fleet {

/// `It is Monday evening, 19:05. Before this, nobody had spoken for 3 hours.`: the time where the
/// character lives, and the pause before what is answered when it was 10 minutes or longer.
std::string time_context(WallTime now, const TimeZone& zone, std::optional<Duration> pause);

}  // namespace chorus::fleet
