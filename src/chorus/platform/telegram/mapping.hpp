#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/proto/telegram/types.hpp"

namespace chorus::platform {

/// An update of the wire as the fleet takes it. Mentions come from entities (`@name` and mentions
/// of users without a name), a command only when it opens the text, media by their caption. Pure.
fleet::IncomingUpdate map_update(const proto::telegram::Update& update);

}  // namespace chorus::platform
