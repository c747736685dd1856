#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/sandbox/world.hpp"

namespace chorus::sandbox::control {

/// `POST /control/v1/messages`: the id of the message in the room's numbering.
Result<PlatformMessageId> post_message(World& world, const json::object& body);

/// `POST /control/v1/actions`: react, edit, delete, join, leave, block, unblock, promote, upload.
Result<void> act(World& world, const json::object& body);

}  // namespace chorus::sandbox::control
