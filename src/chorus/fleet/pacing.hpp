#pragma once

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/settings.hpp"

#include <cstddef>

namespace chorus::fleet {

/// Time from reading a message to having typed the answer. Human: 250 words per minute to read, a
/// moment to think (lognormal) and to type as `own` says (1.2 s, 45 words per minute); within 0.8-12 s
/// in groups and 0.3-3 s in private chats. Fast: 50-250 ms. None: zero. Lengths are in code points.
Duration pacing_delay(Pacing pacing, bool private_chat, std::size_t trigger_length,
                      std::size_t answer_length, Rng& rng, const PersonaPacing& own = {});

/// How often the typing indicator is shown again (the platform keeps it for 5 s).
inline constexpr Duration kTypingRefresh = std::chrono::seconds(4);

}  // namespace chorus::fleet
