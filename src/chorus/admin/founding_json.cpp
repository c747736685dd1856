#include "chorus/admin/founding_json.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <array>

namespace chorus::admin {

namespace {

constexpr std::array<std::string_view, 4> kKeptFields = {"speed_profile", "active_hours",
                                                         "persona_hint", "emotion_profile"};

Result<json::object> parse_body(std::string_view body) {
  auto document = parse_json(body);
  if (!document) return fail(ErrorCode::InvalidArgument, document.error().message);
  if (!document->is_object()) {
    return fail(ErrorCode::InvalidArgument, "the body must be a JSON object");
  }
  return std::move(document->get_object());
}

json::object kept_fields(const json::object& object) {
  json::object kept;
  for (const auto field : kKeptFields) {
    if (const auto* value = find(object, field)) kept.emplace(field, *value);
  }
  return kept;
}

Result<std::string> text_field(const json::object& object, std::string_view name, bool required,
                               std::size_t longest) {
  const auto* value = find(object, name);
  if (value == nullptr || value->is_null()) {
    if (!required) return std::string();
    return fail(ErrorCode::InvalidArgument, fmt::format("field '{}' is required", name));
  }
  const auto text = find_string(object, name);
  if (!text) {
    return fail(ErrorCode::InvalidArgument, fmt::format("field '{}' must be a text", name));
  }
  if (required && trim(*text).empty()) {
    return fail(ErrorCode::InvalidArgument, fmt::format("field '{}' must not be empty", name));
  }
  if (text->size() > longest) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("field '{}' is longer than {} bytes", name, longest));
  }
  return std::string(*text);
}

Result<std::optional<bool>> bool_field(const json::object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || value->is_null()) return std::optional<bool>();
  if (!value->is_bool()) {
    return fail(ErrorCode::InvalidArgument, fmt::format("field '{}' must be true or false", name));
  }
  return std::optional<bool>(value->get_bool());
}

void write_bot(JsonWriter& out, const BotView& bot) {
  out.begin_object();
  out.field("id", bot.id.value).field("name", bot.name);
  out.field("token_masked", bot.token_masked).field("has_token", bot.has_token);
  out.field("username", bot.username).field("is_enabled", bot.is_enabled);
  out.field("platform", bot.platform);
  for (const auto field : kKeptFields) {
    const auto* value = find(bot.extra, field);
    out.key(field).raw(value != nullptr ? json::serialize(*value) : "null");
  }
  out.field("state", bot.state).field("state_reason", bot.state_reason);
  out.field("created_at", to_iso8601(bot.created_at));
  out.end_object();
}

void write_chat(JsonWriter& out, const ChatView& chat) {
  out.begin_object();
  out.field("id", chat.id.value).field("chat_id", chat.chat_id).field("title", chat.title);
  out.field("is_enabled", chat.is_enabled);
  out.key("topics").raw(json::serialize(chat.topics));
  out.field("created_at", to_iso8601(chat.created_at));
  out.end_object();
}

template <class T, class Write>
std::string write_list(const std::vector<T>& items, Write write) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto& item : items) write(out, item);
  out.end_array();
  return text;
}

template <class T, class Write>
std::string write_one(const T& item, Write write) {
  std::string text;
  JsonWriter out(text);
  write(out, item);
  return text;
}

}  // namespace

Result<BotCreate> decode_bot_create(std::string_view body) {
  CH_TRY(const json::object object, parse_body(body));
  BotCreate bot;
  CH_TRY(bot.name, text_field(object, "name", true, 128));
  CH_TRY(std::string token, text_field(object, "token", true, 1024));
  bot.token = Secret(std::move(token));
  CH_TRY(const std::string platform, text_field(object, "platform", false, 16));
  if (!platform.empty() && platform != "telegram" && platform != "matrix") {
    return fail(ErrorCode::InvalidArgument, "field 'platform' is telegram or matrix");
  }
  if (!platform.empty()) bot.platform = platform;
  CH_TRY(bot.username, text_field(object, "username", false, 64));
  CH_TRY(const auto enabled, bool_field(object, "is_enabled"));
  bot.is_enabled = enabled.value_or(true);
  if (const auto* persona = find(object, "persona"); persona != nullptr && !persona->is_null()) {
    const auto name = find_string(object, "persona");
    if (!name && !persona->is_object()) {
      return fail(ErrorCode::InvalidArgument, "field 'persona' must be a name or an object");
    }
    bot.persona = name ? std::string(*name) : json::serialize(*persona);
  }
  bot.extra = kept_fields(object);
  return bot;
}

Result<BotPatch> decode_bot_patch(std::string_view body) {
  CH_TRY(const json::object object, parse_body(body));
  BotPatch patch;
  if (find(object, "name") != nullptr) {
    CH_TRY(patch.name, text_field(object, "name", true, 128));
  }
  if (find(object, "token") != nullptr) {
    CH_TRY(std::string token, text_field(object, "token", true, 256));
    patch.token = Secret(std::move(token));
  }
  CH_TRY(patch.is_enabled, bool_field(object, "is_enabled"));
  patch.extra = kept_fields(object);
  return patch;
}

Result<ChatCreate> decode_chat_create(std::string_view body) {
  CH_TRY(const json::object object, parse_body(body));
  ChatCreate chat;
  const auto* id = find(object, "chat_id");
  if (id != nullptr && (id->is_int64() || id->is_uint64())) {
    chat.chat_id = json::serialize(*id);
  } else {
    CH_TRY(chat.chat_id, text_field(object, "chat_id", true, 128));
  }
  CH_TRY(chat.title, text_field(object, "title", false, 256));
  CH_TRY(const auto enabled, bool_field(object, "is_enabled"));
  chat.is_enabled = enabled.value_or(true);
  const auto* topics = find(object, "topics");
  if (topics != nullptr && !topics->is_array() && !topics->is_null()) {
    return fail(ErrorCode::InvalidArgument, "field 'topics' must be a list");
  }
  chat.topics = topics != nullptr && topics->is_array() ? *topics : json::value(json::array());
  return chat;
}

Result<bool> decode_chat_enabled(std::string_view body) {
  CH_TRY(const json::object object, parse_body(body));
  CH_TRY(const auto enabled, bool_field(object, "is_enabled"));
  if (!enabled) return fail(ErrorCode::InvalidArgument, "field 'is_enabled' is missing");
  return *enabled;
}

std::string encode_bot(const BotView& bot) {
  return write_one(bot, write_bot);
}
std::string encode_bots(const std::vector<BotView>& bots) {
  return write_list(bots, write_bot);
}
std::string encode_chat(const ChatView& chat) {
  return write_one(chat, write_chat);
}
std::string encode_chats(const std::vector<ChatView>& chats) {
  return write_list(chats, write_chat);
}

std::string encode_queue_stats(const QueueStats& stats) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("stats").begin_object();
  out.field("high", stats.high).field("normal", stats.normal).field("low", stats.low);
  out.field("retry", stats.retry).field("dlq", stats.dead);
  out.field("unknown", stats.unknown).field("inbox", stats.inbox_waiting).end_object();
  out.field("total_queued", stats.high + stats.normal + stats.low + stats.retry);
  out.field("total_failed", stats.dead).end_object();
  return text;
}

}  // namespace chorus::admin
