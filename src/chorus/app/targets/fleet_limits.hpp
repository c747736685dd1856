#pragma once

#include <cstdint>

namespace chorus::app {

/// Conversation slots of a fleet under load: a run asks what the fleet carries, and the default is
/// what an operator pays for. `env: {CHORUS_MAX_CONCURRENT_CONVERSATIONS: ...}` overrules it.
inline constexpr std::uint32_t kLoadConversations = 256;

}  // namespace chorus::app
