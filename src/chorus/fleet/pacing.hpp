#pragma once

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/fleet/speed_profile.hpp"

#include <cstddef>

namespace chorus::fleet {

/// What is about to be said. Lengths are in code points.
struct PacedMessage {
  bool private_chat = false;
  bool unasked = false;  ///< nobody spoke to the bot
  std::size_t trigger_length = 0;
  std::size_t answer_length = 0;
};

/// Time from reading a message to having typed the answer. Human: 250 words per minute to read, a
/// moment to think and to type as the character does (1.2 s, 45 words per minute); within 0.8-12 s
/// in groups and 0.3-3 s in private chats, where long answers come near the upper bound and do not
/// heap up at it, and with the spread of a lognormal. Fast: 50-250 ms. None: zero.
///
/// A bot's speed profile counts in Human pacing only, before what its character says. Its typing
/// speed and its multiplier keep within those bounds: a person who asked never waits longer for a
/// slow bot. Its base delay stands in front of what nobody asked for, instead of reading and
/// thinking, within the profile's bounds.
Duration pacing_delay(Pacing pacing, const PacedMessage& message, const PersonaPacing& character,
                      const SpeedProfile& speed, Rng& rng);

/// The typing indicator is shown for at most so long before a message leaves.
inline constexpr Duration kLongestTyping = std::chrono::seconds(12);
/// How often the typing indicator is shown again (the platform keeps it for 5 s).
inline constexpr Duration kTypingRefresh = std::chrono::seconds(4);

}  // namespace chorus::fleet
