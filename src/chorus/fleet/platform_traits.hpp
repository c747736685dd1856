#pragma once

#include "chorus/fleet/settings.hpp"
#include "chorus/policy/send_limiter.hpp"
#include "chorus/store/rows.hpp"

#include <cstddef>

namespace chorus::fleet {

/// What differs between platforms, as data: the fleet's parts ask the row's platform for its traits
/// and never which platform it is.
struct PlatformTraits {
  std::size_t longest_message;  ///< code points of one message; the adapter may split it
  /// A repeated send with the same outbox row has no second effect (transaction ids): one whose
  /// answer was lost is sent again, through restarts, until it is too old.
  bool idempotent_sends;
  /// Private chats have positive ids there, everything else negative ones. Elsewhere no chat is
  /// private to the limits.
  bool positive_chats_are_private;
  /// A question that a bot is asked in a room begins a thread: answers do not run through the talk
  /// of others. Elsewhere an answer stands where its question does.
  bool questions_begin_threads;
  policy::SendLimits (*limits)(const FleetSettings& settings);
};

const PlatformTraits& traits_of(store::Platform platform);

/// Whether a send whose answer was lost is made again.
bool sends_again(store::Platform platform, const FleetSettings& settings);

/// How a chat counts for the limits of its platform.
policy::ChatKind limit_kind(store::Platform platform, PlatformChatId chat);

}  // namespace chorus::fleet
