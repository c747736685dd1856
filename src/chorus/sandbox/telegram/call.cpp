#include "chorus/sandbox/telegram/call.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/entities.hpp"
#include "chorus/proto/telegram/keyboard.hpp"

#include <fmt/format.h>

#include <utility>

namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

Answer Answer::ok(std::string_view result_json, std::string_view description) {
  Answer answer;
  answer.body.reserve(result_json.size() + 32);
  tg::append_ok(answer.body, result_json, description);
  return answer;
}

Answer Answer::error(int code, std::string_view text, const tg::ResponseParameters& parameters) {
  Answer answer;
  answer.status = code;
  answer.retry_after = parameters.retry_after.value_or(0);
  tg::append_error(answer.body, code, tg::error_description(code, text), parameters);
  return answer;
}

Answer Answer::flood(std::int64_t retry_after) {
  tg::ResponseParameters parameters;
  parameters.retry_after = retry_after;
  return error(429, fmt::format("retry after {}", retry_after), parameters);
}

namespace {

std::string_view kind_of_chat(const Room& room) {
  switch (room.type) {
    case RoomType::Group:
      return "group chat";
    case RoomType::Channel:
      return "channel chat";
    default:
      return "supergroup chat";
  }
}

bool share_a_room(const World& world, const Account& a, const Account& b) {
  for (const auto* room : world.rooms()) {
    if (room->is_private() || room->deleted) continue;
    const auto* one = room->member(a.id);
    const auto* other = room->member(b.id);
    if (one != nullptr && other != nullptr && is_present(one->standing)) return true;
  }
  return false;
}

Step<Room*> resolve_private(Call& call, PlatformUserId id, Access access) {
  auto* peer = call.world.find_account(id);
  if (peer == nullptr || peer == call.bot || peer->platform != Platform::Telegram) {
    return std::unexpected(Answer::bad("chat not found"));
  }
  auto* room = call.world.find_private(call.bot->id, id);
  if (peer->is_bot) {
    if (!peer->bot_to_bot || !call.bot->bot_to_bot) {
      return std::unexpected(Answer::forbidden("the bot can't send messages to the bot"));
    }
    return &call.world.open_private(*call.bot, *peer);
  }
  if (room == nullptr || !room->started) {
    if (share_a_room(call.world, *call.bot, *peer)) {
      return std::unexpected(Answer::forbidden("bot can't initiate conversation with a user"));
    }
    return std::unexpected(Answer::bad("chat not found"));
  }
  if (access == Access::Write) {
    if (peer->removed) return std::unexpected(Answer::forbidden("user is deactivated"));
    if (room->blocked) return std::unexpected(Answer::forbidden("bot was blocked by the user"));
  }
  return room;
}

Step<Room*> check_membership(Call& call, Room& room, Access access) {
  const auto* member = room.member(call.bot->id);
  if (member == nullptr) return std::unexpected(Answer::bad("chat not found"));
  const auto what = kind_of_chat(room);
  if (room.deleted) return std::unexpected(Answer::forbidden("the group chat was deleted"));
  if (room.migrated_to) {
    tg::ResponseParameters parameters;
    parameters.migrate_to_chat_id = room.migrated_to.value;
    return std::unexpected(
        Answer::error(400, "group chat was upgraded to a supergroup chat", parameters));
  }
  if (member->standing == Standing::Kicked) {
    return std::unexpected(Answer::forbidden(fmt::format("bot was kicked from the {}", what)));
  }
  if (member->standing == Standing::Left) {
    return std::unexpected(Answer::forbidden(fmt::format("bot is not a member of the {}", what)));
  }
  if (access == Access::Write) {
    if (room.type == RoomType::Channel && !is_admin(member->standing)) {
      return std::unexpected(Answer::bad("need administrator rights in the channel chat"));
    }
    if (member->standing == Standing::Restricted) {
      return std::unexpected(Answer::bad("not enough rights to send text messages to the chat"));
    }
  }
  return &room;
}

}  // namespace

Step<Room*> resolve_chat(Call& call, Access access, std::string_view name) {
  const auto text = call.params.get(name);
  if (text.empty()) return std::unexpected(Answer::bad(fmt::format("{} is empty", name)));
  Room* room = nullptr;
  if (text.front() == '@') {
    room = call.world.find_room_name(Platform::Telegram, text.substr(1));
  } else {
    const auto id = call.params.find_int(name);
    if (!id || *id == 0) return std::unexpected(Answer::bad("chat not found"));
    if (*id > 0) {
      call.room = PlatformChatId(*id);
      return resolve_private(call, PlatformUserId(*id), access);
    }
    room = call.world.find_room(PlatformChatId(*id));
  }
  if (room == nullptr || room->platform != Platform::Telegram) {
    return std::unexpected(Answer::bad("chat not found"));
  }
  call.room = room->id;
  return check_membership(call, *room, access);
}

Step<void> charge(Call& call, const Room& room, SendLimits::Kind kind) {
  const auto wait =
      call.limits.admit(call.bot->id, room.serial, !room.is_private(), kind, call.now());
  if (wait > 0) return std::unexpected(Answer::flood(wait));
  return {};
}

Step<const Message*> resolve_reply(Call& call, Room& room) {
  std::optional<std::int64_t> id;
  bool may_be_missing = call.params.get_bool("allow_sending_without_reply");
  std::string quote;
  if (const auto text = call.params.get("reply_parameters"); !text.empty()) {
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) {
      return std::unexpected(Answer::bad("can't parse reply parameters JSON object"));
    }
    const auto& object = parsed->get_object();
    id = chorus::find_int(object, "message_id");
    if (find_bool(object, "allow_sending_without_reply").value_or(false)) may_be_missing = true;
    quote = chorus::find_string(object, "quote").value_or("");
    if (const auto chat = chorus::find_int(object, "chat_id"); chat && *chat != room.id.value) {
      // Replies into another chat are not simulated: the message is simply not there.
      id = std::int64_t{-1};
    }
  } else {
    id = call.params.find_int("reply_to_message_id");
  }
  if (!id || *id == 0) return nullptr;
  const auto* message = room.find_view(PlatformMessageId(*id), call.bot->id);
  if (message == nullptr) {
    if (may_be_missing) return nullptr;
    return std::unexpected(Answer::bad("message to be replied not found"));
  }
  if (!quote.empty() && message->text.find(quote) == std::string::npos) {
    return std::unexpected(Answer::bad("message quote not found"));
  }
  return message;
}

namespace {

Step<tg::FormattedText> formatted(std::string_view text_given, std::string_view parse_mode,
                                  std::string_view given, bool caption) {
  auto mode = tg::parse_mode_from(parse_mode);
  if (!mode) return std::unexpected(Answer::bad(mode.error().message));
  std::vector<tg::MessageEntity> entities;
  if (*mode == tg::ParseMode::None && !given.empty()) {
    auto parsed = tg::parse_entities_parameter(given);
    if (!parsed) return std::unexpected(Answer::bad(parsed.error().message));
    entities = std::move(*parsed);
  }
  tg::TextRules rules;
  rules.is_caption = caption;
  if (caption) rules.max_code_points = 1024;
  auto text = tg::format_text(text_given, *mode, std::move(entities), rules);
  if (!text) return std::unexpected(Answer::bad(text.error().message));
  return std::move(*text);
}

}  // namespace

Step<tg::FormattedText> formatted_text(const tg::Params& params, bool caption) {
  return formatted(params.get(caption ? "caption" : "text"), params.get("parse_mode"),
                   params.get(caption ? "caption_entities" : "entities"), caption);
}

Step<tg::FormattedText> formatted_caption(std::string_view caption, std::string_view parse_mode,
                                          std::string_view entities) {
  return formatted(caption, parse_mode, entities, true);
}

Message* message_of(Call& call, Room& room, std::string_view name) {
  const auto id = call.params.find_int(name);
  if (!id || *id <= 0) return nullptr;
  return room.find_view(PlatformMessageId(*id), call.bot->id);
}

Answer message_answer(Call& call, const Room& room, const Message& message) {
  Answer answer;
  answer.body.reserve(320 + message.wire.size());
  answer.body += tg::kOkHead;
  call.dialect.append_message(answer.body, room, message, *call.bot, true);
  answer.body += '}';
  return answer;
}

Step<void> common_options(Call& call, Room& room, Draft& draft) {
  const auto markup_text = call.params.get("reply_markup");
  if (!markup_text.empty()) {
    auto markup = tg::parse_reply_markup(markup_text);
    if (!markup) return std::unexpected(Answer::bad(markup.error().message));
    draft.other_markup =
        markup->kind != tg::MarkupKind::None && markup->kind != tg::MarkupKind::InlineKeyboard;
    if (draft.other_markup) draft.markup_shown = std::string(markup_text);
    draft.markup = std::move(markup->inline_json);
    if (!draft.markup.empty()) draft.markup_shown = draft.markup;
  }
  const PlatformMessageId topic(call.params.find_int("message_thread_id").value_or(0));
  if (topic && room.find_topic(topic) == nullptr) {
    return std::unexpected(Answer::bad("message thread not found"));
  }
  auto reply = resolve_reply(call, room);
  if (!reply) return std::unexpected(std::move(reply).error());
  if (*reply != nullptr) draft.reply_to = (*reply)->id;
  draft.topic = topic || *reply == nullptr ? topic : (*reply)->topic;
  draft.is_protected = call.params.get_bool("protect_content");
  return {};
}

bool is_admin_of(const Call& call, const Room& room) {
  const auto* member = room.member(call.bot->id);
  return member != nullptr && is_admin(member->standing);
}

}  // namespace chorus::sandbox::telegram
