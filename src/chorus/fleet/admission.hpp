#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/policy/conversation_manager.hpp"
#include "chorus/rt/notify.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace chorus::fleet::detail {

struct TurnJob;

/// Conversation slots for turns that answer people: carries policy::ConversationManager's decisions
/// to the waiting and working tasks.
class Admission {
 public:
  explicit Admission(Core& core);

  /// Asks for a slot for `job`'s turn. A slot that was given is given back by `end`.
  policy::StartOutcome start(ConversationId id, PersonId person, RoomId room,
                             std::shared_ptr<TurnJob> job);
  enum class Waited : std::uint8_t { Admitted, NotYet, TimedOut, Shutdown, Cancelled };
  /// Waits for the slot of a queued conversation, until `until` at most (NotYet).
  rt::Task<Waited> wait(ConversationId id, std::optional<MonoTime> until);
  /// Only the store has to hear of the outcome now: its conversation's end cancels nothing any
  /// more, because a text that is half stored is neither sent nor taken up again.
  void concluding(ConversationId id) { working_.erase(id); }
  /// The work has stopped (or its wait was given up).
  void end(ConversationId id, policy::EndStatus status);
  [[nodiscard]] std::optional<std::uint32_t> position(ConversationId id) const;

  /// Expiry and admission by time. Runs until the scope stops.
  rt::Task<void> keep_time();
  void begin_shutdown(Duration drain);
  [[nodiscard]] const policy::ConversationManager& manager() const { return manager_; }

 private:
  struct Waiter {
    explicit Waiter(rt::Loop& loop) : notify(loop) {}
    rt::Notify notify;
    Waited result = Waited::NotYet;
  };
  void pump();
  void apply(const policy::ConversationAction& action);

  Core& core_;
  policy::ConversationManager manager_;
  std::unordered_map<ConversationId, std::unique_ptr<Waiter>> waiters_;
  /// Turns that hold or wait for a slot; shared with their tasks.
  std::unordered_map<ConversationId, std::shared_ptr<TurnJob>> working_;
  rt::Notify wake_;
  std::optional<MonoTime> armed_;
  std::vector<policy::ConversationAction> actions_;
};

}  // namespace chorus::fleet::detail
