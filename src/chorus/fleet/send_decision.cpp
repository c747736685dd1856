#include "chorus/fleet/send_decision.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

namespace chorus::fleet {
namespace {

/// The platform's words with the status in front, bounded: they are shown and stored.
std::string words_of(const SendRefused& refused) {
  return fmt::format("{} {}", refused.status,
                     truncate_code_points(to_valid_utf8(refused.description), 200));
}

SendDecision decide_refused(const SendRefused& refused, bool was_reply) {
  SendDecision decision;
  decision.why = words_of(refused);
  decision.health =
      refused.status == 0 ? policy::CallHealth::Transport : policy::classify_status(refused.status);
  if (refused.never_sent) {
    decision.action = SendAction::Retry;
    decision.health = policy::CallHealth::Transport;
    return decision;
  }
  if (refused.migrate_to) {
    decision.action = SendAction::Migrate;
    return decision;
  }
  if (refused.status == 429) {
    decision.action = SendAction::Freeze;
    // A 429 without a time is not seen on the real platform; a minute is its usual step.
    decision.wait = refused.retry_after ? Duration(*refused.retry_after) : std::chrono::minutes(1);
    return decision;
  }
  switch (refused.status) {
    case 401:
      decision.action = SendAction::Unauthorized;
      return decision;
    case 409:
      decision.action = SendAction::Hold;
      decision.wait = std::chrono::seconds(5);
      return decision;
    case 403:
      decision.action = SendAction::Dead;
      decision.member_left = true;
      return decision;
    default:
      break;
  }
  if (refused.status >= 500 || refused.status == 0) {
    decision.action = SendAction::Retry;
    return decision;
  }
  const std::string lower = ascii_lower(refused.description);
  const bool reply_is_gone = lower.find("message to be replied not found") != std::string::npos ||
                             lower.find("message to reply not found") != std::string::npos;
  decision.action = was_reply && reply_is_gone ? SendAction::WithoutReply : SendAction::Dead;
  return decision;
}

}  // namespace

SendDecision decide_send(const SendOutcome& outcome, bool was_reply, OnUnknown policy,
                         std::int32_t attempts, std::uint32_t max_attempts) {
  if (std::holds_alternative<SendOk>(outcome)) return {};
  if (const auto* refused = std::get_if<SendRefused>(&outcome)) {
    return decide_refused(*refused, was_reply);
  }
  SendDecision decision;
  decision.health = policy::CallHealth::Timeout;
  decision.why = std::get<SendUnknown>(outcome).why;
  const bool again =
      policy == OnUnknown::Resend && static_cast<std::uint32_t>(attempts) < max_attempts;
  decision.action = again ? SendAction::Resend : SendAction::Unknown;
  return decision;
}

}  // namespace chorus::fleet
