#include "chorus/fleet/reason.hpp"

namespace chorus::fleet {

std::string_view to_string(TurnReason reason) noexcept {
  switch (reason) {
    case TurnReason::Sent:
      return "sent";
    case TurnReason::Reacted:
      return "reacted";
    case TurnReason::Nobody:
      return "nobody";
    case TurnReason::NotForUs:
      return "not_for_us";
    case TurnReason::NotMember:
      return "not_member";
    case TurnReason::Disabled:
      return "disabled";
    case TurnReason::Unauthorized:
      return "unauthorized";
    case TurnReason::Quiet:
      return "quiet";
    case TurnReason::Paused:
      return "paused";
    case TurnReason::LimitReached:
      return "limit_reached";
    case TurnReason::Resting:
      return "resting";
    case TurnReason::Budget:
      return "budget";
    case TurnReason::OutboxFull:
      return "outbox_full";
    case TurnReason::LoopBudget:
      return "loop_budget";
    case TurnReason::FloorTaken:
      return "floor_taken";
    case TurnReason::JustSpoke:
      return "just_spoke";
    case TurnReason::YieldToPeople:
      return "yield_to_people";
    case TurnReason::Stale:
      return "stale";
    case TurnReason::Superseded:
      return "superseded";
    case TurnReason::GuardBlocked:
      return "guard_blocked";
    case TurnReason::DuplicateText:
      return "duplicate_text";
    case TurnReason::EmptyText:
      return "empty_text";
    case TurnReason::LlmError:
      return "llm_error";
    case TurnReason::LlmRefused:
      return "llm_refused";
    case TurnReason::ConversationRefused:
      return "conversation_refused";
    case TurnReason::QueueTimeout:
      return "queue_timeout";
    case TurnReason::ConversationEnded:
      return "conversation_ended";
    case TurnReason::StoppedByPerson:
      return "stopped_by_person";
    case TurnReason::Forgotten:
      return "forgotten";
    case TurnReason::DuplicateUpdate:
      return "duplicate_update";
    case TurnReason::OwnMessage:
      return "own_message";
    case TurnReason::Edited:
      return "edited";
    case TurnReason::Command:
      return "command";
    case TurnReason::Other:
      return "other";
    case TurnReason::Malformed:
      return "malformed";
    case TurnReason::StoreUnavailable:
      return "store_unavailable";
    case TurnReason::ShuttingDown:
      return "shutting_down";
  }
  return "other";
}

TickResult tick_result(TurnReason reason) noexcept {
  switch (reason) {
    case TurnReason::OutboxFull:
    case TurnReason::EmptyText:
    case TurnReason::LlmError:
    case TurnReason::LlmRefused:
    case TurnReason::QueueTimeout:
    case TurnReason::StoreUnavailable:
      return TickResult::Bad;
    case TurnReason::DuplicateUpdate:
    case TurnReason::OwnMessage:
    case TurnReason::Edited:
    case TurnReason::Other:
    case TurnReason::Malformed:
    case TurnReason::ShuttingDown:
      return TickResult::NoTick;
    default:
      return TickResult::Good;
  }
}

}  // namespace chorus::fleet
