#include "chorus/proto/telegram/decode.hpp"

#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/entities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace chorus::proto::telegram {

namespace {

constexpr std::size_t kMaxDepth = 32;
/// What a parser keeps on the stack of what it has not yet made into values.
constexpr std::size_t kWorkspace = 2048;

/// Like `parse_json`, but a byte that is not UTF-8 spoils its own string only, not the whole batch.
Result<json::value> parse_lenient(std::string_view text, json::storage_ptr storage) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  options.allow_invalid_utf8 = true;
  unsigned char workspace[kWorkspace];
  json::parser parser({}, options, workspace, sizeof workspace);
  parser.reset(std::move(storage));
  json::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (error || !trim(text.substr(used)).empty()) {
    return fail(ErrorCode::ParseError, fmt::format("not valid JSON at byte {}", used));
  }
  return parser.release();
}

std::unexpected<Error> bad(std::string_view path) {
  return fail(ErrorCode::ParseError, fmt::format("{} is missing or of a wrong type", path));
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto text = find_string(object, key);
  if (!text) return {};
  return is_valid_utf8(*text) ? std::string(*text) : to_valid_utf8(*text);
}

template <class T, class Decoder>
void optional_of(const json::object& object, std::string_view key, Decoder decode,
                 std::optional<T>& out) {
  const auto* value = find(object, key);
  if (value == nullptr) return;
  if (auto decoded = decode(*value)) out = std::move(*decoded);
}

std::unexpected<Error> not_an_object() {
  return fail(ErrorCode::ParseError, " is not an object");
}

/// Errors of a part get the member's name in front: `message.chat.id is missing ...`.
std::string within(std::string_view key, const Error& error) {
  return fmt::format("{}{}{}", key, error.message.starts_with(' ') ? "" : ".", error.message);
}
template <class Decoder>
auto required(const json::object& object, std::string_view key, Decoder decode)
    -> decltype(decode(std::declval<const json::value&>())) {
  const auto* value = find(object, key);
  if (value == nullptr) return bad(key);
  auto decoded = decode(*value);
  if (!decoded) decoded.error().message = within(key, decoded.error());
  return decoded;
}

std::optional<std::int32_t> find_int32(const json::object& object, std::string_view key) {
  const auto number = find_int(object, key);
  if (!number || !std::in_range<std::int32_t>(*number)) return std::nullopt;
  return static_cast<std::int32_t>(*number);
}

std::optional<File> decode_file(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  File file;
  file.file_id = text_of(*object, "file_id");
  file.file_unique_id = text_of(*object, "file_unique_id");
  if (file.file_id.empty()) return std::nullopt;
  file.file_size = find_int(*object, "file_size");
  file.width = find_int32(*object, "width");
  file.height = find_int32(*object, "height");
  file.duration = find_int32(*object, "duration");
  file.file_name = text_of(*object, "file_name");
  file.mime_type = text_of(*object, "mime_type");
  return file;
}

std::optional<Media> decode_media(const json::object& object) {
  // Animation before Document: an animation carries both.
  constexpr MediaKind kOrder[] = {MediaKind::Photo,     MediaKind::Animation, MediaKind::Document,
                                  MediaKind::Video,     MediaKind::Audio,     MediaKind::Voice,
                                  MediaKind::VideoNote, MediaKind::Sticker};
  for (const MediaKind kind : kOrder) {
    const auto* value = find(object, to_string(kind));
    if (value == nullptr) continue;
    Media media;
    media.kind = kind;
    if (const auto* sizes = value->if_array()) {
      for (const auto& size : *sizes) {
        if (auto file = decode_file(size)) media.files.push_back(std::move(*file));
      }
    } else if (auto file = decode_file(*value)) {
      media.files.push_back(std::move(*file));
    }
    if (!media.files.empty()) return media;
  }
  return std::nullopt;
}

std::optional<MessageEntity> decode_entity(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto type = entity_type_from(find_string(*object, "type").value_or(""));
  const auto offset = find_int32(*object, "offset");
  const auto length = find_int32(*object, "length");
  if (!type || !offset || !length || *offset < 0 || *length <= 0) return std::nullopt;
  MessageEntity entity{.type = *type,
                       .offset = *offset,
                       .length = *length,
                       .url = {},
                       .user = {},
                       .language = {},
                       .custom_emoji_id = {}};
  switch (*type) {
    case EntityType::TextLink:
      entity.url = text_of(*object, "url");
      break;
    case EntityType::Pre:
      entity.language = text_of(*object, "language");
      break;
    case EntityType::CustomEmoji:
      entity.custom_emoji_id = text_of(*object, "custom_emoji_id");
      break;
    case EntityType::TextMention:
      optional_of(*object, "user", decode_user, entity.user);
      if (!entity.user) return std::nullopt;
      break;
    default:
      break;
  }
  return entity;
}

void decode_service(const json::object& object, Message& message) {
  if (const auto* members = find_array(object, "new_chat_members")) {
    for (const auto& member : *members) {
      if (auto user = decode_user(member)) message.new_chat_members.push_back(std::move(*user));
    }
  }
  optional_of(object, "left_chat_member", decode_user, message.left_chat_member);
  message.new_chat_title = text_of(object, "new_chat_title");
  message.group_chat_created = find_bool(object, "group_chat_created").value_or(false);
  message.migrate_to_chat_id = find_int(object, "migrate_to_chat_id");
  message.migrate_from_chat_id = find_int(object, "migrate_from_chat_id");
}

Result<Message> decode_message_level(const json::value& value, bool with_reply) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  Message message;
  const auto id = find_int(*object, "message_id");
  if (!id) return bad("message_id");
  message.message_id = *id;
  CH_TRY(message.chat, required(*object, "chat", decode_chat));
  const auto date = find_int(*object, "date");
  if (!date) return bad("date");
  message.date = *date;
  message.message_thread_id = find_int(*object, "message_thread_id");
  message.is_topic_message = find_bool(*object, "is_topic_message").value_or(false);
  optional_of(*object, "from", decode_user, message.from);
  optional_of(*object, "sender_chat", decode_chat, message.sender_chat);
  message.edit_date = find_int(*object, "edit_date");
  if (with_reply) {
    if (const auto* reply = find(*object, "reply_to_message")) {
      if (auto decoded = decode_message_level(*reply, false)) {
        message.reply_to_message = Box<Message>(std::move(*decoded));
      }
    }
  }
  optional_of(*object, "via_bot", decode_user, message.via_bot);
  message.media_group_id = text_of(*object, "media_group_id");
  message.text = text_of(*object, "text");
  if (const auto* entities = find(*object, "entities")) {
    message.entities = decode_entities(*entities, message.text);
  }
  message.media = decode_media(*object);
  message.caption = text_of(*object, "caption");
  if (const auto* entities = find(*object, "caption_entities")) {
    message.caption_entities = decode_entities(*entities, message.caption);
  }
  decode_service(*object, message);
  if (const auto* markup = find_object(*object, "reply_markup")) {
    message.reply_markup = json::serialize(*markup);
  }
  return message;
}

Result<CallbackQuery> decode_callback(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  CallbackQuery query;
  query.id = text_of(*object, "id");
  if (query.id.empty()) return bad("id");
  CH_TRY(query.from, required(*object, "from", decode_user));
  // An inaccessible message (date 0) is decoded like any other; a broken one counts as absent.
  optional_of(*object, "message", decode_message, query.message);
  query.inline_message_id = text_of(*object, "inline_message_id");
  query.chat_instance = text_of(*object, "chat_instance");
  query.data = text_of(*object, "data");
  return query;
}

Result<ChatMember> decode_member(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  ChatMember member;
  CH_TRY(member.user, required(*object, "user", decode_user));
  member.status = text_of(*object, "status");
  if (member.status.empty()) return bad("status");
  return member;
}

Result<ChatMemberUpdated> decode_member_update(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  ChatMemberUpdated update;
  CH_TRY(update.chat, required(*object, "chat", decode_chat));
  CH_TRY(update.from, required(*object, "from", decode_user));
  update.date = find_int(*object, "date").value_or(0);
  CH_TRY(update.old_chat_member, required(*object, "old_chat_member", decode_member));
  CH_TRY(update.new_chat_member, required(*object, "new_chat_member", decode_member));
  return update;
}

std::vector<ReactionType> decode_reaction_list(const json::object& object, std::string_view key) {
  std::vector<ReactionType> reactions;
  const auto* array = find_array(object, key);
  if (array == nullptr) return reactions;
  for (const auto& element : *array) {
    const auto* reaction = element.if_object();
    if (reaction == nullptr) continue;
    const auto type = find_string(*reaction, "type").value_or("");
    if (type == "emoji") {
      reactions.push_back({ReactionType::Kind::Emoji, text_of(*reaction, "emoji")});
    } else if (type == "custom_emoji") {
      reactions.push_back({ReactionType::Kind::CustomEmoji, text_of(*reaction, "custom_emoji_id")});
    } else if (type == "paid") {
      reactions.push_back({ReactionType::Kind::Paid, {}});
    }
  }
  return reactions;
}

Result<MessageReactionUpdated> decode_reaction_update(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  MessageReactionUpdated update;
  CH_TRY(update.chat, required(*object, "chat", decode_chat));
  const auto id = find_int(*object, "message_id");
  if (!id) return bad("message_id");
  update.message_id = *id;
  optional_of(*object, "user", decode_user, update.user);
  optional_of(*object, "actor_chat", decode_chat, update.actor_chat);
  update.date = find_int(*object, "date").value_or(0);
  update.old_reaction = decode_reaction_list(*object, "old_reaction");
  update.new_reaction = decode_reaction_list(*object, "new_reaction");
  return update;
}

template <class T>
Result<void> into_payload(Result<T> decoded, Update& update) {
  if (!decoded) return std::unexpected(std::move(decoded).error());
  update.payload = std::move(*decoded);
  return {};
}

Result<void> decode_payload(UpdateKind kind, const json::value& value, Update& update) {
  switch (kind) {
    case UpdateKind::Message:
    case UpdateKind::EditedMessage:
    case UpdateKind::ChannelPost:
    case UpdateKind::EditedChannelPost:
      return into_payload(decode_message(value), update);
    case UpdateKind::CallbackQuery:
      return into_payload(decode_callback(value), update);
    case UpdateKind::MyChatMember:
    case UpdateKind::ChatMember:
      return into_payload(decode_member_update(value), update);
    case UpdateKind::MessageReaction:
      return into_payload(decode_reaction_update(value), update);
    case UpdateKind::Other:
      break;
  }
  return {};
}

}  // namespace

Result<User> decode_user(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  const auto id = find_int(*object, "id");
  if (!id) return bad("id");
  User user;
  user.id = *id;
  user.is_bot = find_bool(*object, "is_bot").value_or(false);
  user.first_name = text_of(*object, "first_name");
  user.last_name = text_of(*object, "last_name");
  user.username = text_of(*object, "username");
  user.language_code = text_of(*object, "language_code");
  user.can_join_groups = find_bool(*object, "can_join_groups");
  user.can_read_all_group_messages = find_bool(*object, "can_read_all_group_messages");
  user.supports_inline_queries = find_bool(*object, "supports_inline_queries");
  return user;
}

Result<Chat> decode_chat(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return not_an_object();
  const auto id = find_int(*object, "id");
  if (!id) return bad("id");
  const auto type = chat_type_from(find_string(*object, "type").value_or(""));
  if (!type) return bad("type");
  Chat chat;
  chat.id = *id;
  chat.type = *type;
  chat.title = text_of(*object, "title");
  chat.username = text_of(*object, "username");
  chat.first_name = text_of(*object, "first_name");
  chat.last_name = text_of(*object, "last_name");
  chat.is_forum = find_bool(*object, "is_forum").value_or(false);
  return chat;
}

Result<Message> decode_message(const json::value& value) {
  return decode_message_level(value, true);
}

std::vector<MessageEntity> decode_entities(const json::value& value, std::string_view text) {
  std::vector<MessageEntity> entities;
  const auto* array = value.if_array();
  if (array == nullptr) return entities;
  for (const auto& element : *array) {
    auto entity = decode_entity(element);
    if (entity && !entity_text(text, *entity).empty()) entities.push_back(std::move(*entity));
  }
  return entities;
}

std::expected<Update, UpdateFault> decode_update_value(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::unexpected(UpdateFault{std::nullopt, "not a JSON object"});
  const auto id = find_int(*object, "update_id");
  if (!id || *id < 0) {
    return std::unexpected(UpdateFault{std::nullopt, "update_id is missing or of a wrong type"});
  }
  Update update;
  update.update_id = *id;
  for (std::size_t i = 0; i < static_cast<std::size_t>(UpdateKind::Other); ++i) {
    const auto kind = static_cast<UpdateKind>(i);
    const auto* payload = find(*object, to_string(kind));
    if (payload == nullptr) continue;
    update.kind = kind;
    if (auto decoded = decode_payload(kind, *payload, update); !decoded) {
      return std::unexpected(UpdateFault{*id, within(to_string(kind), decoded.error())});
    }
    return update;
  }
  return update;
}

std::expected<Update, UpdateFault> decode_update(std::string_view text) {
  // One update is small and goes with this call.
  unsigned char memory[4096];
  json::monotonic_resource resource(memory, sizeof memory);
  const auto value = parse_lenient(text, &resource);
  if (!value) return std::unexpected(UpdateFault{scan_update_id(text), value.error().message});
  return decode_update_value(*value);
}

Result<UpdateBatch> decode_updates(const json::value& value) {
  const auto* array = value.if_array();
  if (array == nullptr) return fail(ErrorCode::ParseError, "the updates are not a JSON array");
  UpdateBatch batch;
  batch.updates.reserve(array->size());
  const auto seen = [&batch](std::int64_t id) {
    if (id < INT64_MAX) batch.next_offset = std::max(batch.next_offset.value_or(id + 1), id + 1);
  };
  for (const auto& element : *array) {
    if (auto update = decode_update_value(element)) {
      seen(update->update_id);
      batch.updates.push_back(std::move(*update));
    } else {
      if (update.error().update_id) seen(*update.error().update_id);
      batch.faults.push_back(std::move(update).error());
    }
  }
  return batch;
}

std::optional<std::int64_t> scan_update_id(std::string_view text) {
  constexpr std::string_view kKey = "\"update_id\"";
  const auto at = text.find(kKey);
  if (at == std::string_view::npos || text.find(kKey, at + kKey.size()) != std::string_view::npos) {
    return std::nullopt;
  }
  auto rest = text.substr(at + kKey.size());
  const auto skip_space = [&rest] {
    while (!rest.empty() &&
           (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r')) {
      rest.remove_prefix(1);
    }
  };
  skip_space();
  if (!rest.starts_with(':')) return std::nullopt;
  rest.remove_prefix(1);
  skip_space();
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), id);
  if (error != std::errc{} || id < 0) return std::nullopt;
  return id;
}

Result<Envelope> decode_envelope(std::string_view text) {
  CH_TRY(auto value, parse_lenient(text, json::make_shared_resource<json::monotonic_resource>()));
  auto* object = value.if_object();
  if (object == nullptr) return fail(ErrorCode::ParseError, "the answer is not a JSON object");
  const auto ok = find_bool(*object, "ok");
  if (!ok) return fail(ErrorCode::ParseError, "the answer has no boolean 'ok'");
  auto* result = object->if_contains("result");
  // Moved at construction: the value keeps its storage, an assignment would copy it to the heap.
  Envelope envelope{.ok = *ok,
                    .result = result != nullptr ? json::value(std::move(*result)) : json::value(),
                    .error_code = 0,
                    .description = {},
                    .parameters = {}};
  envelope.error_code = static_cast<int>(find_int32(*object, "error_code").value_or(0));
  envelope.description = text_of(*object, "description");
  if (const auto* parameters = find_object(*object, "parameters")) {
    envelope.parameters.retry_after = find_int(*parameters, "retry_after");
    envelope.parameters.migrate_to_chat_id = find_int(*parameters, "migrate_to_chat_id");
  }
  return envelope;
}

}  // namespace chorus::proto::telegram
