#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// Whatever hands out the slots of conversations, as a run of kind `conversations` sees it. `app`
/// implements it over the fleet's own conversation manager. One thread; `now` never goes back.
class ConversationSlots {
 public:
  virtual ~ConversationSlots() = default;

  enum class Answer : std::uint8_t { Admitted, Queued, Refused };
  struct Asked {
    Answer answer = Answer::Refused;
    std::string_view reason;  ///< Refused: a name of a fixed set, with static storage
  };
  /// What it has decided by itself.
  struct Event {
    enum class Kind : std::uint8_t {
      Admitted,  ///< from the queue: the slot is held
      GaveUp,    ///< waited in vain and is gone
      Stop,      ///< the work has to stop; the slot is held until `end`
      Gone,      ///< without work to stop, or its slot was taken away
    };
    Kind kind = Kind::Gone;
    ConversationId id;
    std::string_view status;  ///< why, as `counts` names it; static storage
  };

  /// One line each for the report: what it is, and its limits (`20 at once, 5 of one person`).
  [[nodiscard]] virtual std::string describe() const = 0;
  [[nodiscard]] virtual std::string limits() const = 0;

  virtual Asked ask(ConversationId id, PersonId person, MonoTime now) = 0;
  /// False: it does not hold a slot (any more).
  virtual bool touch(ConversationId id, MonoTime now) = 0;
  /// The work is done, or has stopped after a Stop. Gives the status it is counted under; empty:
  /// unknown.
  virtual std::string_view end(ConversationId id, MonoTime now) = 0;
  /// When `advance` has something to do; may be in the past.
  [[nodiscard]] virtual std::optional<MonoTime> next_due() const = 0;
  virtual void advance(MonoTime now, std::vector<Event>& out) = 0;

  /// Its own totals by name: `requests`, `admitted at once`, `queued`, `admitted from the queue`,
  /// `refused: REASON`, `waited in vain`, `begun`, `ended: STATUS`, `live`, `waiting`. What is not
  /// named is 0.
  [[nodiscard]] virtual std::map<std::string, std::uint64_t> counts() const = 0;
};

}  // namespace chorus::lab
