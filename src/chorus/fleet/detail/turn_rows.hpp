#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/detail/outbox_options.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/policy/priority_queue.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chorus::fleet::detail {

/// An outbox row of a turn, without text. The idem key is one per cause, bot and part, so that what
/// is decided twice (a crash between two decisions) is sent once.
store::OutboxRow new_outbox_row(Core& core, const TurnJob& job, TurnId turn, std::string_view part);
/// It is sent again when nobody knows whether it arrived, whatever `on_unknown` says.
inline bool is_promised(const store::OutboxRow& row) {
  return row.idem_key.starts_with(store::kPromisedKey);
}
/// Priority as rows keep it: higher goes first.
std::int32_t stored_priority(policy::Priority priority);
/// The heard message as the answering bot numbers it; nullopt when it never saw it (basic groups).
std::optional<PlatformMessageId> reply_target(const TurnJob& job);

}  // namespace chorus::fleet::detail
