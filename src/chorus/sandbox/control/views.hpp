#pragma once

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/world.hpp"

#include <string>

/// What the control API and the chat page are shown.
namespace chorus::sandbox::control {

void write_account(JsonWriter& out, const Account& account);
/// With `last`: the newest message as `{from_name, text, at}`, or null.
void write_room(JsonWriter& out, const Room& room);
/// `{message_id, room, from, from_name, is_bot, text, entities, kind, reply_to, reply_markup,
/// reactions, at, edited_at}`; `at` in unix milliseconds, entities as the platform writes them.
void write_message(JsonWriter& out, const Room& room, const Message& message);
/// `[{door, method, count, statuses{}, seconds, at_most_ms: [[bound, count], ...]}]`, in order of
/// door and method.
json::array methods_json(const CallTally& tally);

}  // namespace chorus::sandbox::control
