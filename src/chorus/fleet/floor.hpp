#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/addressing.hpp"
#include "chorus/fleet/reason.hpp"
#include "chorus/fleet/room_log.hpp"
#include "chorus/fleet/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// A bot that could speak, with what the floor must know about it at this moment.
struct FloorCandidate {
  BotId bot;
  PlatformUserId user_id;
  std::span<const std::string> interests;  ///< folded words
  std::span<const std::string> expertise;  ///< folded words of what it knows well
  double talkativeness = 0.5;
  /// Words of the trigger that its memory knows something about.
  std::uint32_t remembered = 0;
  /// Why it may not speak whatever it is asked (Disabled, Unauthorized, Quiet, Budget, OutboxFull,
  /// LimitReached, StoppedByPerson, NotMember); nullopt: it may.
  std::optional<TurnReason> barred;
  std::uint32_t spoken_last_hour = 0;  ///< in this room
  std::uint32_t pair_turns = 0;        ///< towards the last speaker, in the last minute
};

struct FloorInput {
  enum class Kind : std::uint8_t {
    Person,  ///< a person said something
    Bot,     ///< a bot said something: only who is addressed by name may answer
    Timer,   ///< nobody did: the room may start to talk by itself
  };
  Kind kind = Kind::Person;
  std::string_view text;
  Addressed addressed;
  std::uint32_t depth = 0;  ///< bot replies upon bot replies up to the trigger
  Duration age{};           ///< of the trigger
  bool private_chat = false;
  bool paused = false;
  bool room_enabled = true;
  bool floor_taken = false;  ///< another bot is about to speak unasked
  bool resting = false;      ///< bots have just talked among themselves for a while
  bool question_to_all = false;
  /// Timer: how long a question of a person has waited for an answer; it is then the trigger.
  std::optional<Duration> question_age;
  std::uint32_t bot_replies = 0;   ///< that bots have given in the trigger's thread
  std::uint32_t room_unasked = 0;  ///< messages in the last hour that no person asked for
  std::uint32_t fleet_unasked = 0;
  RoomLog::Facts room;
  double novelty = 1;  ///< of the trigger against the room's last lines
  std::span<const FloorCandidate> candidates;
};

/// The decision of one room about one trigger. It is stored whole.
struct FloorDecision {
  struct Scored {
    BotId bot;
    double score = 0;
    std::optional<TurnReason> barred;
    std::optional<int> motivation{};  ///< 1-5, where it was asked how much it wishes to speak
  };
  std::vector<BotId> chosen;               ///< who speaks; empty: nobody
  TurnReason reason = TurnReason::Nobody;  ///< why nobody does; Sent when somebody was chosen
  AddressedBy by = AddressedBy::Nothing;   ///< Nothing: self-selected
  double threshold = 0;                    ///< what a self-selected candidate had to pass
  std::uint64_t seed = 0;                  ///< of the draw: the same input and seed decide the same
  std::vector<Scored> scores;
  /// Inner selector: who could be asked for their wish, at most two, the best first.
  std::vector<BotId> shortlist;
  std::int64_t thought_tokens = 0;
  double thought_cost = 0;  ///< money of the chain's currency
  std::string thought;      ///< of who was chosen by wish; never stored: the row is not sealed
  std::string note;         ///< why the wishes did not decide; empty: they did, or were not asked

  /// For TurnRow::detail: JSON with the best candidates, the threshold and the seed.
  [[nodiscard]] std::string to_json() const;
};

/// Decides who speaks. Pure: the same input and seed give the same decision.
///
/// 1. What holds for all: paused, room off, stale, nobody is a member, for somebody else.
/// 2. Who is addressed answers (each of them, at most 5), unless barred; loop budgets hold where no
///    person asked. A question to everybody is answered by one of those who know something of it.
/// 3. Otherwise bots select themselves: a score per candidate from relevance (interests, expertise,
///    memories), an open question, novelty, relation, talkativeness and balance, less what bots
///    have said to it already, against a threshold that grows while bots have talked lately. People
///    among themselves are left alone.
/// 4. A draw over the candidates above the threshold and "nobody".
/// Source: reference/practice.md 3.2.
FloorDecision decide_floor(const FloorInput& input, const FleetSettings& settings,
                           std::uint64_t seed);

/// Settles an Inner decision by what the shortlist answered (`Scored::motivation`): the strongest
/// wish of 4 or more speaks, of 3 or more after a long silence, else nobody. Equal wishes: the
/// better score.
void decide_by_wishes(FloorDecision& decision, bool long_silence);

}  // namespace chorus::fleet
