#pragma once

#include "chorus/admin/ports.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/store/rows.hpp"

#include <string>

/// Rows of the store as adapters and the API see them. Pure.
namespace chorus::app {

fleet::BotAccess access_of(const store::BotRow& row);
admin::BotView view_of(const store::BotRow& row);
admin::ChatView view_of(const store::RoomRow& row);

/// The object in a row's `extra`; an empty one when there is none.
json::object object_of(const std::string& text);

/// The group that a founding chat id names: `-1001234567890_LOADTEST`, where what follows the
/// number is a label. Errors: InvalidArgument.
Result<PlatformChatId> chat_number(const std::string& text);

}  // namespace chorus::app
