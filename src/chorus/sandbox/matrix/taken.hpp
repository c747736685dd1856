#pragma once

#include "chorus/sandbox/world.hpp"

#include <set>
#include <utility>

namespace chorus::sandbox::matrix {

using MessageKeys = std::set<std::pair<PlatformChatId, PlatformMessageId>>;

/// The bot has these messages now: they leave its queue, and observers are told once.
void take_from_queue(World& world, Account& bot, const MessageKeys& messages, Duration exchange,
                     bool pushed);

}  // namespace chorus::sandbox::matrix
