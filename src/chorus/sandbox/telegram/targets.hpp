#pragma once

#include "chorus/sandbox/telegram/call.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The messages that a call is about. Source: reference telegram.md 6.
namespace chorus::sandbox::telegram {

struct Target {
  Room* room;
  Message* message;
};

/// A message of the bot that it may change, by chat_id and message_id.
Step<Target> edit_target(Call& call);
/// `reply_markup` of an edit, as messages carry it.
Step<std::string> edited_markup(Call& call);
/// A message that forwardMessage and copyMessage name, in a chat that the bot can read: `id` of
/// `from_chat_id`. `missing` are the words when there is none.
Step<Target> source_message(Call& call, std::int64_t id, std::string_view missing);
/// The room of `from_chat_id`; the call stays about the chat it is sent to.
Step<Room*> source_room(Call& call);
/// What a forward of `message` says about where it came from.
std::string origin_of(const Room& room, const Message& message);
/// The content of `message`, for a copy of it.
Draft draft_of(const Message& message);

/// A number that is drawn for the room's next message: the same in every run of one seed.
std::uint64_t drawn_for(const Room& room, std::string_view what);
/// Whether the bot may delete the message: its own, any in private, any as administrator, for 48 h.
bool may_delete(const Call& call, const Room& room, const Message& message);

inline constexpr std::string_view kNotModified =
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message";

}  // namespace chorus::sandbox::telegram
