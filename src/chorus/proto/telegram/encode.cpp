#include "chorus/proto/telegram/encode.hpp"

#include "chorus/base/check.hpp"

namespace chorus::proto::telegram {

namespace {

void text_field(JsonWriter& writer, std::string_view name, const std::string& text) {
  if (!text.empty()) writer.field(name, text);
}
template <class T>
void optional_field(JsonWriter& writer, std::string_view name, const std::optional<T>& value) {
  if (value) writer.field(name, *value);
}
/// Members given as JSON text without braces.
void splice(JsonWriter& writer, const std::string& members) {
  if (!members.empty()) writer.raw(members);
}

void write_file(JsonWriter& writer, const File& file) {
  writer.begin_object();
  text_field(writer, "file_name", file.file_name);
  text_field(writer, "mime_type", file.mime_type);
  optional_field(writer, "duration", file.duration);
  writer.field("file_id", file.file_id).field("file_unique_id", file.file_unique_id);
  optional_field(writer, "file_size", file.file_size);
  optional_field(writer, "width", file.width);
  optional_field(writer, "height", file.height);
  writer.end_object();
}

void write_media(JsonWriter& writer, const Media& media) {
  if (media.files.empty()) return;
  writer.key(to_string(media.kind));
  if (media.kind == MediaKind::Photo) {
    writer.begin_array();
    for (const auto& file : media.files) write_file(writer, file);
    writer.end_array();
    return;
  }
  write_file(writer, media.files.front());
  if (media.kind == MediaKind::Animation) {  // shown as a document too, for old bots
    writer.key("document");
    write_file(writer, media.files.front());
  }
}

void write_reactions(JsonWriter& writer, std::string_view name,
                     std::span<const ReactionType> reactions) {
  writer.key(name).begin_array();
  for (const auto& reaction : reactions) write_reaction_type(writer, reaction);
  writer.end_array();
}

void write_entity(JsonWriter& writer, const MessageEntity& entity) {
  writer.begin_object()
      .field("offset", entity.offset)
      .field("length", entity.length)
      .field("type", to_string(entity.type));
  if (entity.type == EntityType::TextLink) writer.field("url", entity.url);
  if (entity.type == EntityType::Pre) text_field(writer, "language", entity.language);
  if (entity.type == EntityType::CustomEmoji) {
    writer.field("custom_emoji_id", entity.custom_emoji_id);
  }
  if (entity.user) {
    writer.key("user");
    write_user(writer, *entity.user);
  }
  writer.end_object();
}

void write_service(JsonWriter& writer, const Message& message) {
  if (!message.new_chat_members.empty()) {
    // The first one also under the names that old bots read.
    writer.key("new_chat_participant");
    write_user(writer, message.new_chat_members.front());
    writer.key("new_chat_member");
    write_user(writer, message.new_chat_members.front());
    writer.key("new_chat_members").begin_array();
    for (const auto& user : message.new_chat_members) write_user(writer, user);
    writer.end_array();
  }
  if (message.left_chat_member) {
    writer.key("left_chat_participant");
    write_user(writer, *message.left_chat_member);
    writer.key("left_chat_member");
    write_user(writer, *message.left_chat_member);
  }
  text_field(writer, "new_chat_title", message.new_chat_title);
  if (message.group_chat_created) writer.field("group_chat_created", true);
  optional_field(writer, "migrate_to_chat_id", message.migrate_to_chat_id);
  optional_field(writer, "migrate_from_chat_id", message.migrate_from_chat_id);
}

std::string_view prefix_of(int error_code) {
  switch (error_code) {
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 413:
      return "Request Entity Too Large";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    default:
      return error_code >= 500 ? "Internal Server Error" : "Bad Request";
  }
}

bool is_upper_snake(std::string_view text) {
  for (const char c : text) {
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

}  // namespace

void write_user(JsonWriter& writer, const User& user) {
  writer.begin_object()
      .field("id", user.id)
      .field("is_bot", user.is_bot)
      .field("first_name", user.first_name);
  text_field(writer, "last_name", user.last_name);
  text_field(writer, "username", user.username);
  text_field(writer, "language_code", user.language_code);
  optional_field(writer, "can_join_groups", user.can_join_groups);
  optional_field(writer, "can_read_all_group_messages", user.can_read_all_group_messages);
  optional_field(writer, "supports_inline_queries", user.supports_inline_queries);
  writer.end_object();
}

void write_chat(JsonWriter& writer, const Chat& chat) {
  writer.begin_object().field("id", chat.id);
  text_field(writer, "first_name", chat.first_name);
  text_field(writer, "last_name", chat.last_name);
  text_field(writer, "title", chat.title);
  text_field(writer, "username", chat.username);
  writer.field("type", to_string(chat.type));
  if (chat.is_forum) writer.field("is_forum", true);
  writer.end_object();
}

void write_entities(JsonWriter& writer, std::span<const MessageEntity> entities) {
  writer.begin_array();
  for (const auto& entity : entities) write_entity(writer, entity);
  writer.end_array();
}

void write_message(JsonWriter& writer, const Message& message) {
  writer.begin_object().field("message_id", message.message_id);
  if (message.from) {
    writer.key("from");
    write_user(writer, *message.from);
  }
  if (message.sender_chat) {
    writer.key("sender_chat");
    write_chat(writer, *message.sender_chat);
  }
  writer.key("chat");
  write_chat(writer, message.chat);
  writer.field("date", message.date);
  optional_field(writer, "edit_date", message.edit_date);
  optional_field(writer, "message_thread_id", message.message_thread_id);
  if (message.is_topic_message) writer.field("is_topic_message", true);
  if (message.reply_to_message) {
    writer.key("reply_to_message");
    write_message(writer, *message.reply_to_message);
  }
  if (message.via_bot) {
    writer.key("via_bot");
    write_user(writer, *message.via_bot);
  }
  text_field(writer, "media_group_id", message.media_group_id);
  text_field(writer, "text", message.text);
  if (!message.entities.empty()) {
    writer.key("entities");
    write_entities(writer, message.entities);
  }
  if (message.media) write_media(writer, *message.media);
  text_field(writer, "caption", message.caption);
  if (!message.caption_entities.empty()) {
    writer.key("caption_entities");
    write_entities(writer, message.caption_entities);
  }
  write_service(writer, message);
  if (!message.reply_markup.empty()) writer.key("reply_markup").raw(message.reply_markup);
  splice(writer, message.extra);
  writer.end_object();
}

void write_chat_member(JsonWriter& writer, const ChatMember& member) {
  writer.begin_object().key("user");
  write_user(writer, member.user);
  writer.field("status", member.status);
  splice(writer, member.extra);
  writer.end_object();
}

void write_callback_query(JsonWriter& writer, const CallbackQuery& query) {
  writer.begin_object().field("id", query.id).key("from");
  write_user(writer, query.from);
  if (query.message) {
    writer.key("message");
    write_message(writer, *query.message);
  }
  text_field(writer, "inline_message_id", query.inline_message_id);
  writer.field("chat_instance", query.chat_instance);
  text_field(writer, "data", query.data);
  writer.end_object();
}

void write_chat_member_updated(JsonWriter& writer, const ChatMemberUpdated& update) {
  writer.begin_object().key("chat");
  write_chat(writer, update.chat);
  writer.key("from");
  write_user(writer, update.from);
  writer.field("date", update.date).key("old_chat_member");
  write_chat_member(writer, update.old_chat_member);
  writer.key("new_chat_member");
  write_chat_member(writer, update.new_chat_member);
  writer.end_object();
}

void write_reaction_type(JsonWriter& writer, const ReactionType& reaction) {
  writer.begin_object();
  switch (reaction.kind) {
    case ReactionType::Kind::Emoji:
      writer.field("type", "emoji").field("emoji", reaction.value);
      break;
    case ReactionType::Kind::CustomEmoji:
      writer.field("type", "custom_emoji").field("custom_emoji_id", reaction.value);
      break;
    case ReactionType::Kind::Paid:
      writer.field("type", "paid");
      break;
  }
  writer.end_object();
}

void write_message_reaction(JsonWriter& writer, const MessageReactionUpdated& update) {
  writer.begin_object().key("chat");
  write_chat(writer, update.chat);
  writer.field("message_id", update.message_id);
  if (update.user) {
    writer.key("user");
    write_user(writer, *update.user);
  }
  if (update.actor_chat) {
    writer.key("actor_chat");
    write_chat(writer, *update.actor_chat);
  }
  writer.field("date", update.date);
  write_reactions(writer, "old_reaction", update.old_reaction);
  write_reactions(writer, "new_reaction", update.new_reaction);
  writer.end_object();
}

void append_update_body(std::string& out, const Update& update) {
  JsonWriter writer(out);
  switch (update.kind) {
    case UpdateKind::Message:
    case UpdateKind::EditedMessage:
    case UpdateKind::ChannelPost:
    case UpdateKind::EditedChannelPost:
      CH_CHECK(std::holds_alternative<Message>(update.payload));
      writer.key(to_string(update.kind));
      write_message(writer, std::get<Message>(update.payload));
      break;
    case UpdateKind::CallbackQuery:
      CH_CHECK(std::holds_alternative<CallbackQuery>(update.payload));
      writer.key("callback_query");
      write_callback_query(writer, std::get<CallbackQuery>(update.payload));
      break;
    case UpdateKind::MyChatMember:
    case UpdateKind::ChatMember:
      CH_CHECK(std::holds_alternative<ChatMemberUpdated>(update.payload));
      writer.key(to_string(update.kind));
      write_chat_member_updated(writer, std::get<ChatMemberUpdated>(update.payload));
      break;
    case UpdateKind::MessageReaction:
      CH_CHECK(std::holds_alternative<MessageReactionUpdated>(update.payload));
      writer.key("message_reaction");
      write_message_reaction(writer, std::get<MessageReactionUpdated>(update.payload));
      break;
    case UpdateKind::Other:  // nothing is known of it: an update with an id only
      writer.key("other").begin_object().end_object();
      break;
  }
  out += '}';
}

void append_update(std::string& out, std::int64_t update_id, std::string_view body) {
  JsonWriter(out).begin_object().field("update_id", update_id);
  out += ',';
  out += body;
}

void append_update(std::string& out, const Update& update) {
  std::string body;
  append_update_body(body, update);
  append_update(out, update.update_id, body);
}

void append_ok(std::string& out, std::string_view result_json, std::string_view description) {
  out += kOkHead;
  out += result_json;
  if (!description.empty()) {
    out += ",\"description\":";
    append_json_string(out, description);
  }
  out += '}';
}

void append_error(std::string& out, int error_code, std::string_view description,
                  const ResponseParameters& parameters) {
  JsonWriter writer(out);
  writer.begin_object()
      .field("ok", false)
      .field("error_code", error_code)
      .field("description", description);
  if (parameters.retry_after || parameters.migrate_to_chat_id) {
    writer.key("parameters").begin_object();
    optional_field(writer, "migrate_to_chat_id", parameters.migrate_to_chat_id);
    optional_field(writer, "retry_after", parameters.retry_after);
    writer.end_object();
  }
  writer.end_object();
}

std::string error_description(int error_code, std::string_view text) {
  std::string out(prefix_of(error_code));
  if (text.empty()) return out;
  out += ": ";
  const std::size_t at = out.size();
  out += text;
  if (!is_upper_snake(text) && out[at] >= 'A' && out[at] <= 'Z') {
    out[at] = static_cast<char>(out[at] - 'A' + 'a');
  }
  return out;
}

}  // namespace chorus::proto::telegram
