#pragma once

#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/world.hpp"

#include <string>

/// What the control API and the chat page are shown.
namespace chorus::sandbox::control {

void write_account(JsonWriter& out, const Account& account);
void write_room(JsonWriter& out, const Room& room);
/// `{message_id, room, from, from_name, is_bot, text, kind, reply_to, reply_markup, reactions, at,
/// edited_at}`; `at` in unix milliseconds.
void write_message(JsonWriter& out, const Room& room, const Message& message);

}  // namespace chorus::sandbox::control
