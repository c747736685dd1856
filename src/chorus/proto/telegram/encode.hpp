#pragma once

#include "chorus/base/json_writer.hpp"
#include "chorus/proto/telegram/types.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chorus::proto::telegram {

// Appenders: they write one JSON value where the writer stands. Empty strings and nullopt members
// are left out; member order is the Bot API's.
void write_user(JsonWriter& writer, const User& user);
void write_chat(JsonWriter& writer, const Chat& chat);
void write_entities(JsonWriter& writer, std::span<const MessageEntity> entities);
void write_message(JsonWriter& writer, const Message& message);
void write_chat_member(JsonWriter& writer, const ChatMember& member);
void write_callback_query(JsonWriter& writer, const CallbackQuery& query);
void write_chat_member_updated(JsonWriter& writer, const ChatMemberUpdated& update);
void write_message_reaction(JsonWriter& writer, const MessageReactionUpdated& update);
void write_reaction_type(JsonWriter& writer, const ReactionType& reaction);

/// Appends an update without its opening brace and id (`"message":{...}}`): one text that all bots
/// share, because only the id differs between them.
void append_update_body(std::string& out, const Update& update);
/// Appends `{"update_id":N,` and a body made by `append_update_body`.
void append_update(std::string& out, std::int64_t update_id, std::string_view body);
/// The whole update at once.
void append_update(std::string& out, const Update& update);

/// Appends `{"ok":true,"result":R}`; with `description` (setWebhook, deleteWebhook) it follows.
void append_ok(std::string& out, std::string_view result_json, std::string_view description = {});
/// For answers written in one pass: `{"ok":true,"result":`, then the caller's value, then `}`.
inline constexpr std::string_view kOkHead = R"({"ok":true,"result":)";
/// Appends `{"ok":false,"error_code":N,"description":S[,"parameters":{...}]}`; `description` as is.
void append_error(std::string& out, int error_code, std::string_view description,
                  const ResponseParameters& parameters = {});

/// The words of the real server: prefix of the code, `: `, and `text` with its first letter in
/// lower case, unless `text` is an UPPER_SNAKE code. `error_description(400, "Chat not found")`
/// gives `Bad Request: chat not found`. An empty text gives the prefix alone.
std::string error_description(int error_code, std::string_view text);

}  // namespace chorus::proto::telegram
