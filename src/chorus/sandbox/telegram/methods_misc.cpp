#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/reactions.hpp"
#include "chorus/sandbox/telegram/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

/// getMe, actions, reactions, callbacks, commands. Source: reference telegram.md 6, 9 and 10.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr std::array<std::string_view, 16> kActions = {
    "cancel",         "typing",           "record_video",  "upload_video",      "record_audio",
    "record_voice",   "upload_audio",     "upload_voice",  "upload_photo",      "upload_document",
    "choose_sticker", "pick_up_location", "find_location", "record_video_note", "upload_video_note",
    "playing_game"};

constexpr std::size_t kMaxCommands = 100;
constexpr std::size_t kMaxCallbackText = 200;

}  // namespace

Answer get_me(Call& call) {
  tg::User user;
  user.id = call.bot->id.value;
  user.is_bot = true;
  user.first_name = call.bot->first_name;
  user.username = call.bot->username;
  user.can_join_groups = true;
  user.can_read_all_group_messages = !call.bot->privacy;
  user.supports_inline_queries = false;
  std::string out;
  JsonWriter writer(out);
  tg::write_user(writer, user);
  out.pop_back();
  out += R"(,"can_connect_to_business":false,"has_main_web_app":false})";
  return Answer::ok(out);
}

Answer send_chat_action(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  const auto action = call.params.get("action");
  if (action.empty()) return Answer::bad("parameter \"action\" is required");
  if (std::ranges::find(kActions, ascii_lower(action)) == kActions.end()) {
    return Answer::bad("wrong parameter action in request");
  }
  if ((*room)->type == RoomType::Channel) {
    return Answer::bad("chat actions can't be sent to channel chats");
  }
  if (!iequals_ascii(action, "cancel")) call.world.bot_types(**room, *call.bot);
  return Answer::yes();
}

Answer set_message_reaction(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto reactions = tg::parse_reactions(call.params.get("reaction"));
  if (!reactions) return Answer::bad(reactions.error().message);
  if (call.params.find_int("message_id").value_or(0) <= 0) {
    return Answer::bad("message identifier is not specified");
  }
  auto* message = message_of(call, **room);
  if (message == nullptr) return Answer::bad("message to react not found");
  if (reactions->size() > 1) return Answer::bad("REACTIONS_TOO_MANY");
  std::string emoji;
  if (!reactions->empty()) {
    const auto& reaction = reactions->front();
    // Source: telegram.md 10. The real list is compared byte for byte, U+FE0F included.
    const bool strict = call.limits.options().profile == LimitsProfile::Strict;
    const auto known = tg::normalise_reaction(reaction.value);
    if (reaction.kind != tg::ReactionType::Kind::Emoji || known.empty() ||
        (strict && known != reaction.value)) {
      return Answer::bad("REACTION_INVALID");
    }
    emoji = known;
  }
  call.world.bot_reacts(**room, *message, *call.bot, std::move(emoji));
  return Answer::yes();
}

Answer answer_callback_query(Call& call) {
  constexpr std::string_view kGone =
      "query is too old and response timeout expired or query ID is invalid";
  const auto text = call.params.get("text");
  if (code_point_count(to_valid_utf8(text)) > kMaxCallbackText)
    return Answer::bad("MESSAGE_TOO_LONG");
  const auto id_text = call.params.get("callback_query_id");
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(id_text.data(), id_text.data() + id_text.size(), id);
  if (error != std::errc() || end != id_text.data() + id_text.size()) return Answer::bad(kGone);
  if (!call.world.answer_button(*call.bot, id, text, call.params.get_bool("show_alert"))) {
    return Answer::bad(kGone);
  }
  return Answer::yes();
}

namespace {

/// Key under which a scope's commands are kept: `telegram.commands/<scope>/<language>`.
Step<std::string> commands_key(Call& call) {
  std::string scope = "default";
  if (const auto text = call.params.get("scope"); !text.empty()) {
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) {
      return std::unexpected(Answer::bad("can't parse BotCommandScope: Expected an Object"));
    }
    const auto& object = parsed->get_object();
    scope = chorus::find_string(object, "type").value_or("");
    static constexpr std::array<std::string_view, 7> kScopes = {
        "default", "all_private_chats",   "all_group_chats", "all_chat_administrators",
        "chat",    "chat_administrators", "chat_member"};
    if (std::ranges::find(kScopes, scope) == kScopes.end()) {
      return std::unexpected(
          Answer::bad("can't parse BotCommandScope: Unsupported type specified"));
    }
    if (const auto chat = chorus::find_int(object, "chat_id")) scope += fmt::format(":{}", *chat);
    if (const auto user = chorus::find_int(object, "user_id")) scope += fmt::format(":{}", *user);
  }
  return fmt::format("telegram.commands/{}/{}", scope, call.params.get("language_code"));
}

bool is_command_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Answer set_my_commands(Call& call) {
  auto key = commands_key(call);
  if (!key) return std::move(key).error();
  const auto text = call.params.get("commands");
  if (text.empty()) return Answer::bad("parameter \"commands\" is required");
  auto parsed = parse_json(text);
  if (!parsed) return Answer::bad("can't parse commands list JSON object");
  if (!parsed->is_array()) return Answer::bad("expected an Array of BotCommand");
  std::string kept;
  JsonWriter writer(kept);
  writer.begin_array();
  if (parsed->get_array().size() > kMaxCommands) return Answer::bad("BOT_COMMANDS_TOO_MUCH");
  for (const auto& item : parsed->get_array()) {
    if (!item.is_object()) return Answer::bad("can't parse BotCommand: expected an Object");
    auto name = chorus::find_string(item.get_object(), "command").value_or("");
    const auto description =
        trim(chorus::find_string(item.get_object(), "description").value_or(""));
    if (!name.empty() && name.front() == '/') name.remove_prefix(1);
    if (!is_command_name(name)) return Answer::bad("BOT_COMMAND_INVALID");
    if (description.empty()) return Answer::bad("command description must be non-empty");
    if (code_point_count(description) > 256) return Answer::bad("BOT_COMMAND_DESCRIPTION_INVALID");
    writer.begin_object().field("command", name).field("description", description).end_object();
  }
  writer.end_array();
  call.world.set_extra(*call.bot, *key, kept == "[]" ? std::string() : kept);
  return Answer::yes();
}

Answer get_my_commands(Call& call) {
  auto key = commands_key(call);
  if (!key) return std::move(key).error();
  auto it = call.bot->extras.find(*key);
  return Answer::ok(it == call.bot->extras.end() ? std::string_view("[]")
                                                 : std::string_view(it->second));
}

Answer delete_my_commands(Call& call) {
  auto key = commands_key(call);
  if (!key) return std::move(key).error();
  call.world.set_extra(*call.bot, *key, {});
  return Answer::yes();
}

}  // namespace chorus::sandbox::telegram
