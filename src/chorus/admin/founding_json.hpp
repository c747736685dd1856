#pragma once

#include "chorus/admin/ports.hpp"

#include <string>
#include <string_view>

/// The founding routes' payloads (shapes: reference notes on the system that Chorus replaces,
/// section 22 and its appendix B). Integer or string chat ids are accepted, as its clients send
/// both.
namespace chorus::admin {

/// InvalidArgument names the field.
Result<BotCreate> decode_bot_create(std::string_view body);
Result<BotPatch> decode_bot_patch(std::string_view body);
Result<ChatCreate> decode_chat_create(std::string_view body);
/// `{"is_enabled": bool}`.
Result<bool> decode_chat_enabled(std::string_view body);
std::string encode_bot(const BotView& bot);
std::string encode_bots(const std::vector<BotView>& bots);
std::string encode_chat(const ChatView& chat);
std::string encode_chats(const std::vector<ChatView>& chats);
std::string encode_queue_stats(const QueueStats& stats);

}  // namespace chorus::admin
