#include "chorus/platform/telegram/mapping.hpp"

#include "chorus/base/text.hpp"
#include "chorus/platform/detail/platform_time.hpp"
#include "chorus/proto/telegram/entities.hpp"

#include <utility>

namespace chorus::platform {

namespace telegram = proto::telegram;

namespace {

store::ChatKind kind_of(telegram::ChatType type) {
  switch (type) {
    case telegram::ChatType::Private:
      return store::ChatKind::Private;
    case telegram::ChatType::Group:
      return store::ChatKind::Group;
    case telegram::ChatType::Supergroup:
      return store::ChatKind::Supergroup;
    case telegram::ChatType::Channel:
      break;
  }
  return store::ChatKind::Channel;
}

std::string full_name(const std::string& first, const std::string& last) {
  if (first.empty() || last.empty()) return first + last;
  return first + " " + last;
}

std::string title_of(const telegram::Chat& chat) {
  return chat.title.empty() ? full_name(chat.first_name, chat.last_name) : chat.title;
}

void map_author(const telegram::Message& message, fleet::IncomingMessage& out) {
  // Posts of channels and of anonymous administrators are written by a chat.
  if (message.sender_chat) {
    out.from = PlatformUserId(message.sender_chat->id);
    out.from_name = title_of(*message.sender_chat);
    out.from_username = message.sender_chat->username;
  } else if (message.from) {
    out.from = PlatformUserId(message.from->id);
    out.from_name = full_name(message.from->first_name, message.from->last_name);
    out.from_username = message.from->username;
    out.language = message.from->language_code;
    out.from_is_bot = message.from->is_bot;
  }
}

void map_entity(const telegram::MessageEntity& entity, fleet::IncomingMessage& out) {
  if (entity.type == telegram::EntityType::TextMention && entity.user) {
    out.mentioned_users.emplace_back(entity.user->id);
    return;
  }
  auto marked = telegram::entity_text(out.text, entity);
  if (marked.size() < 2) return;
  marked.remove_prefix(1);  // '@' or '/'
  if (entity.type == telegram::EntityType::Mention) {
    out.mentions.emplace_back(marked);
  } else if (entity.type == telegram::EntityType::BotCommand && entity.offset == 0) {
    const auto at = marked.find('@');
    out.command = ascii_lower(marked.substr(0, at));
    if (at != std::string_view::npos) out.command_target = std::string(marked.substr(at + 1));
  }
}

fleet::IncomingMessage map_message(const telegram::Message& message) {
  fleet::IncomingMessage out;
  out.message = PlatformMessageId(message.message_id);
  out.chat = PlatformChatId(message.chat.id);
  out.chat_kind = kind_of(message.chat.type);
  out.chat_title = title_of(message.chat);
  map_author(message, out);
  const bool has_text = !message.text.empty();
  out.text = has_text ? message.text : message.caption;
  for (const auto& entity : has_text ? message.entities : message.caption_entities) {
    map_entity(entity, out);
  }
  // Elsewhere the number only says which comments belong together.
  if (message.is_topic_message && message.message_thread_id) {
    out.thread.emplace(*message.message_thread_id);
  }
  // In a topic everything replies at least to the notice that opened it.
  if (message.reply_to_message &&
      !(out.thread && message.reply_to_message->message_id == out.thread->value)) {
    const auto& reply = *message.reply_to_message;
    out.reply_to = PlatformMessageId(reply.message_id);
    if (reply.from) out.reply_to_user = PlatformUserId(reply.from->id);
  }
  out.date = detail::platform_time(std::chrono::seconds(message.date));
  return out;
}

}  // namespace

fleet::IncomingUpdate map_update(const telegram::Update& update) {
  fleet::IncomingUpdate out;
  out.update_id = update.update_id;
  if (const auto* message = std::get_if<telegram::Message>(&update.payload)) {
    const bool edited = update.kind == telegram::UpdateKind::EditedMessage ||
                        update.kind == telegram::UpdateKind::EditedChannelPost;
    out.kind = edited ? store::InboxKind::EditedMessage : store::InboxKind::Message;
    out.message = map_message(*message);
  } else if (const auto* query = std::get_if<telegram::CallbackQuery>(&update.payload)) {
    out.kind = store::InboxKind::Callback;
    out.callback_id = query->id;
    out.callback_data = query->data;
    out.callback_from = PlatformUserId(query->from.id);
    if (query->message) out.message = map_message(*query->message);
  } else if (const auto* member = std::get_if<telegram::ChatMemberUpdated>(&update.payload)) {
    out.kind = store::InboxKind::Membership;
    out.chat = PlatformChatId(member->chat.id);
    out.chat_kind = kind_of(member->chat.type);
    out.chat_title = title_of(member->chat);
    // Only the bot's own status counts as membership; other people's changes carry none.
    if (update.kind == telegram::UpdateKind::MyChatMember) {
      out.member_status = member->new_chat_member.status;
    }
  } else if (const auto* reaction =
                 std::get_if<telegram::MessageReactionUpdated>(&update.payload)) {
    out.kind = store::InboxKind::Reaction;
    out.chat = PlatformChatId(reaction->chat.id);
    out.chat_kind = kind_of(reaction->chat.type);
    out.chat_title = title_of(reaction->chat);
  }
  return out;
}

}  // namespace chorus::platform
