#pragma once

#include "chorus/policy/conversation_manager.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace chorus::policy {

/// A manager with a clock that the test moves, ids counted from 1.
class Conversations {
 public:
  explicit Conversations(const ConversationLimits& limits) : manager(limits) {}

  ConversationRequest request(std::int64_t user, std::int64_t room = 1, std::int64_t thread = 0) {
    return {ConversationId(++last_id), PersonId(user), RoomId(room), thread, std::nullopt};
  }
  StartOutcome start(std::int64_t user, std::int64_t room = 1, std::int64_t thread = 0) {
    return manager.start(request(user, room, thread), now);
  }
  bool end(ConversationId id, EndStatus status = EndStatus::Completed) {
    return manager.end(id, status, now).has_value();
  }
  /// Moves the clock from one due time to the next, as the loop does.
  std::vector<ConversationAction> run(Duration d) {
    const MonoTime until = now + d;
    std::vector<ConversationAction> actions;
    while (true) {
      const auto due = manager.next_due();
      if (!due || *due > until) break;
      now = std::max(now, *due);
      manager.advance(now, 16, actions);
    }
    now = until;
    return actions;
  }

  ConversationManager manager;
  MonoTime now{};
  std::int64_t last_id = 0;
};

/// As the founding bot: nobody waits.
inline ConversationLimits founding(std::uint32_t global, std::uint32_t per_user) {
  ConversationLimits limits;
  limits.global = global;
  limits.per_user = per_user;
  limits.queue = 0;
  return limits;
}
inline ConversationLimits queued(std::uint32_t global, std::uint32_t per_user) {
  ConversationLimits limits = founding(global, per_user);
  limits.queue = 10;
  return limits;
}

}  // namespace chorus::policy
