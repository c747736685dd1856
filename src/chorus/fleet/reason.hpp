#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace chorus::fleet {

/// Why a turn ended as it did: `Sent`, or one reason of this closed list. Each decision of a floor
/// and each update that leads to no message carries exactly one. The names are stored
/// (TurnRow::outcome), counted (chorus_turns_total{reason}) and shown; they are never renamed.
enum class TurnReason : std::uint8_t {
  Sent,                 ///< one message went to the outbox
  Reacted,              ///< a reaction went to the outbox
  Nobody,               ///< every candidate lost the draw against silence
  NotForUs,             ///< addressed to somebody else, or nothing to answer
  NotMember,            ///< none of our bots is a member of the room
  Disabled,             ///< the bot or the room is switched off
  Unauthorized,         ///< the platform refused the bot's token
  Quiet,                ///< outside the bot's active hours
  Paused,               ///< the fleet is paused by an operator
  LimitReached,         ///< the platform's send limits leave the bot no room for unasked talk
  Resting,              ///< bots have talked for a while; the room rests until a person speaks
  Budget,               ///< the bot's hourly message budget is used up
  OutboxFull,           ///< the bot's outbox holds all it may
  LoopBudget,           ///< too many bot turns since a person spoke, or too deep a chain
  FloorTaken,           ///< another bot is about to speak
  JustSpoke,            ///< the bot spoke last and others can take the floor
  YieldToPeople,        ///< people are talking among themselves
  Stale,                ///< the trigger is older than the longest reply age
  Superseded,           ///< what was said meanwhile took its place before it was answered
  GuardBlocked,         ///< the guard refused the text twice
  DuplicateText,        ///< the text repeats what the room has read, twice
  EmptyText,            ///< nothing was left of the generated text
  LlmError,             ///< the generator failed or took too long
  LlmRefused,           ///< the generator may not be called: money, tokens or configuration
  ConversationRefused,  ///< no conversation slot and no place in the queue
  QueueTimeout,         ///< waited for a conversation slot for too long
  ConversationEnded,    ///< idle or over-long work was stopped
  StoppedByPerson,      ///< the person asked our bots to stop
  Forgotten,            ///< the person asked to be forgotten before it was said
  DuplicateUpdate,      ///< another bot of ours brought the same message
  OwnMessage,           ///< one of our bots wrote it
  Edited,               ///< an edit: context only, never answered again
  Command,              ///< the command changes state and needs no answer
  Other,                ///< an update of a kind that is never answered
  Malformed,            ///< the update does not hold what its kind needs
  StoreUnavailable,     ///< what was asked for needs the store, and it could not be used
  ShuttingDown,         ///< the process stops
};
inline constexpr std::size_t kTurnReasons = static_cast<std::size_t>(TurnReason::ShuttingDown) + 1;

/// Stable snake_case name: `conversation_refused`.
std::string_view to_string(TurnReason reason) noexcept;

/// What a decision says about the fleet's health. Tick success is the share of `Good` among `Good`
/// and `Bad`: silence that was meant is a success, silence because something failed is none.
enum class TickResult : std::uint8_t {
  Good,
  Bad,    ///< an answer was wanted and something failed: generator, budget, store, a full queue
  NoTick  ///< there was nothing to decide: a copy, an edit, an own message, the process's end
};
TickResult tick_result(TurnReason reason) noexcept;

}  // namespace chorus::fleet
