#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/policy/breaker.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace chorus::fleet {

/// What is done after a send was answered, or not.
enum class SendAction : std::uint8_t {
  Settle,        ///< it was sent
  Unknown,       ///< it may have been sent; the policy says none
  Resend,        ///< it may have been sent; the policy says resend
  Dead,          ///< refused for good: this message ends
  Freeze,        ///< 429: the chat waits `wait` in full; no attempt is consumed
  Retry,         ///< it was certainly not sent: again, within the retry budget
  Migrate,       ///< the chat has a new id: again at once, there
  Unauthorized,  ///< 401: the bot stops sending; the message waits for a new token
  Hold,          ///< 409: another process holds the bot; again later, no attempt consumed
  WithoutReply,  ///< the replied message is gone: again at once as a plain message
};

struct SendDecision {
  SendAction action = SendAction::Settle;
  Duration wait{};                                        ///< Freeze, Hold
  policy::CallHealth health = policy::CallHealth::Alive;  ///< for the breakers
  std::string why;                                        ///< for people; never message text
  bool member_left = false;                               ///< 403: the bot is not in the chat
};

/// Pure: what an outcome means. `attempts` counts this one. Sources: DESIGN.md section 7;
/// reference/practice.md 5.1 (error classes).
SendDecision decide_send(const SendOutcome& outcome, bool was_reply, OnUnknown policy,
                         std::int32_t attempts, std::uint32_t max_attempts);

}  // namespace chorus::fleet
