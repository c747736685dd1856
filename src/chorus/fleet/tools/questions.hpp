#pragma once

#include "chorus/fleet/addressing.hpp"
#include "chorus/fleet/detail/core.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::fleet::detail {

struct TurnJob;

/// Questions that a bot put to a person and waits for an answer to. Asking ends the turn: the
/// question is its text, so that nothing is held while the person thinks: no conversation slot, no
/// lane, no undone update. What waits is one durable row. The person's next message in that room
/// answers it, without a mention, and begins a turn that knows the question; when none comes in
/// `user_answer`, a turn is told so. At most one question waits per room and person. One thread.
class Questions {
 public:
  explicit Questions(Core& core) : core_(core) {}

  /// Rows of an earlier run, before updates are heard. Errors: those of the store.
  rt::Task<Result<void>> load();

  /// Whether the person may be asked now: nothing else waits for them there.
  [[nodiscard]] bool may_ask(const Room& room, PlatformUserId person) const;
  /// The turn's question is about to be sent: durable when it returns. A store that cannot keep it
  /// costs only the routing of the answer.
  rt::Task<void> open(std::shared_ptr<TurnJob> job);
  /// The answer to one that waits is for the bot that asked, unless it names another one or is no
  /// person's; it is told what was asked.
  void hear(const Room& room, Heard& heard, Addressed& addressed);
  /// The time of a row is over (Reminders::keep_time). The row is still in the store.
  void expire(const store::ReminderRow& row);

  void forget(PlatformUserId person);
  [[nodiscard]] std::size_t count(PlatformUserId person) const;
  void drop(BotId bot);

 private:
  using Key = std::pair<RoomId, PlatformUserId>;  ///< the first face of the room
  void keep(store::ReminderRow row);
  static rt::Task<void> remove(Questions* self, ReminderId id);

  Core& core_;
  std::map<Key, store::ReminderRow> waiting_;
};

/// The text of a question with the answers to choose from.
std::string question_text(std::string_view question, const std::vector<std::string>& choices);

}  // namespace chorus::fleet::detail
