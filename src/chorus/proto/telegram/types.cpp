#include "chorus/proto/telegram/types.hpp"

#include <array>

namespace chorus::proto::telegram {

namespace {

constexpr std::array<std::string_view, 4> kChatTypes = {"private", "group", "supergroup",
                                                        "channel"};
constexpr std::array<std::string_view, 19> kEntityTypes = {
    "mention",       "hashtag",
    "cashtag",       "bot_command",
    "url",           "email",
    "phone_number",  "bold",
    "italic",        "underline",
    "strikethrough", "spoiler",
    "blockquote",    "expandable_blockquote",
    "code",          "pre",
    "text_link",     "text_mention",
    "custom_emoji",
};
constexpr std::array<std::string_view, 8> kMediaKinds = {
    "photo", "document", "video", "audio", "voice", "video_note", "animation", "sticker"};
constexpr std::array<std::string_view, 9> kUpdateKinds = {
    "message",        "edited_message", "channel_post", "edited_channel_post",
    "callback_query", "my_chat_member", "chat_member",  "message_reaction",
    "other"};

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ChatType type) noexcept {
  return kChatTypes[static_cast<std::size_t>(type)];
}
std::optional<ChatType> chat_type_from(std::string_view name) noexcept {
  return from_name<ChatType>(kChatTypes, name);
}
std::string_view to_string(EntityType type) noexcept {
  return kEntityTypes[static_cast<std::size_t>(type)];
}
std::optional<EntityType> entity_type_from(std::string_view name) noexcept {
  return from_name<EntityType>(kEntityTypes, name);
}
std::string_view to_string(MediaKind kind) noexcept {
  return kMediaKinds[static_cast<std::size_t>(kind)];
}
std::string_view to_string(UpdateKind kind) noexcept {
  return kUpdateKinds[static_cast<std::size_t>(kind)];
}

}  // namespace chorus::proto::telegram
