#pragma once

#include "chorus/fleet/conversations.hpp"
#include "chorus/fleet/detail/core.hpp"
#include "chorus/policy/conversation_manager.hpp"
#include "chorus/rt/notify.hpp"

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace chorus::fleet::detail {

struct TurnJob;

/// Conversations with people and their slots: carries policy::ConversationManager's decisions to
/// the waiting and working tasks.
///
/// A turn that answers a person who spoke to a bot belongs to a conversation. It holds a slot while
/// it works; between turns the conversation waits for the person, without one, for `idle`. A turn
/// that nobody asked for by name takes a slot as well and leaves no conversation behind.
class Admission {
 public:
  explicit Admission(Core& core);

  /// Asks for a slot for `job`'s turn, in the conversation that its trigger goes on with or in a
  /// new one, and names it in the job. Not refused: `finish` has to follow.
  policy::StartOutcome start(const std::shared_ptr<TurnJob>& job);
  enum class Waited : std::uint8_t { Admitted, NotYet, TimedOut, Ended, Shutdown, Cancelled };
  /// Waits for the slot of a queued conversation, until `until` at most (NotYet). Ended: the person
  /// or an operator ended it.
  rt::Task<Waited> wait(ConversationId id, std::optional<MonoTime> until);
  /// Only the store has to hear of the outcome now: its conversation's end cancels nothing any
  /// more, because a text that is half stored is neither sent nor taken up again.
  void concluding(ConversationId id) { working_.erase(id); }
  /// The turn has ended: its conversation waits for the person, or ends too (an error, a cancelled
  /// work). Nothing when the job has none.
  void finish(TurnJob& job, TurnReason reason);

  /// Activity. Nothing when it is unknown.
  void touch(ConversationId id) { manager_.touch(id, core_.now()); }
  /// A person said `line`: what goes on with it is touched. The bot whose conversation it goes on
  /// with although it names nobody; 0: none.
  BotId heard(const Room& room, const RoomLine& line);
  [[nodiscard]] std::optional<std::uint32_t> position(ConversationId id) const;
  /// Ends it now, or as soon as its work has stopped. False: unknown.
  bool end(ConversationId id, policy::EndStatus why);
  /// `/stop`: the person's conversations in a room, with one bot or (0) with all.
  void end_in(const Room& room, PlatformUserId person, BotId bot);
  /// Everything of a person goes.
  void forget(PlatformUserId person);
  /// Takes up what an earlier process left; idle counts from the stored last activity.
  void restore(const std::vector<store::ConversationRow>& rows);

  /// Expiry and admission by time. Runs until the scope stops.
  rt::Task<void> keep_time();
  void begin_shutdown(Duration drain);
  [[nodiscard]] const policy::ConversationManager& manager() const { return manager_; }
  [[nodiscard]] Conversations& conversations() { return conversations_; }
  [[nodiscard]] const Conversations& conversations() const { return conversations_; }

 private:
  struct Waiter {
    explicit Waiter(rt::Loop& loop) : notify(loop) {}
    rt::Notify notify;
    Waited result = Waited::NotYet;
  };
  void pump();
  void apply(const policy::ConversationAction& action);
  void tell(ConversationId id, Waited result);
  void leave(ConversationId id, policy::EndStatus why);
  void rest(Conversation& conversation);

  Core& core_;
  policy::ConversationManager manager_;
  Conversations conversations_;
  std::unordered_map<ConversationId, std::unique_ptr<Waiter>> waiters_;
  /// Turns that hold or wait for a slot; shared with their tasks.
  std::unordered_map<ConversationId, std::shared_ptr<TurnJob>> working_;
  rt::Notify wake_;
  std::optional<MonoTime> armed_;
  std::vector<policy::ConversationAction> actions_;
};

}  // namespace chorus::fleet::detail
