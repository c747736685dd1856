#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/keyboard.hpp"
#include "chorus/sandbox/telegram/call.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

/// Sending and changing messages. Source: reference telegram.md 6 and 9.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr auto kDeletableFor = std::chrono::hours(48);
constexpr std::string_view kNotModified =
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message";

/// A message of the bot that it may change, by chat_id and message_id.
struct Target {
  Room* room;
  Message* message;
};

Step<Target> edit_target(Call& call) {
  if (!call.params.get("inline_message_id").empty()) {
    return std::unexpected(Answer::bad("message to edit not found"));
  }
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::unexpected(std::move(room).error());
  if (call.params.find_int("message_id").value_or(0) <= 0) {
    return std::unexpected(Answer::bad("message identifier is not specified"));
  }
  auto* message = message_of(call, **room);
  if (message == nullptr) return std::unexpected(Answer::bad("message to edit not found"));
  const bool own = message->from == call.bot ||
                   ((*room)->type == RoomType::Channel && is_admin_of(call, **room));
  if (!own || !message->origin.empty() || message->other_markup ||
      message->kind == MessageKind::Service) {
    return std::unexpected(Answer::bad("message can't be edited"));
  }
  return Target{*room, message};
}

Step<std::string> edited_markup(Call& call) {
  auto markup = tg::parse_reply_markup(call.params.get("reply_markup"));
  if (!markup) return std::unexpected(Answer::bad(markup.error().message));
  return std::move(markup->inline_json);
}

std::string origin_of(const Room& room, const Message& message) {
  if (!message.origin.empty()) return message.origin;
  const auto date = to_unix_seconds(message.date);
  if (message.as_room) {
    return fmt::format(
        R"("forward_origin":{{"type":"channel","chat":{0},"message_id":{1},"date":{2}}},)"
        R"("forward_from_chat":{0},"forward_from_message_id":{1},"forward_date":{2})",
        room.wire, message.id.value, date);
  }
  return fmt::format(R"("forward_origin":{{"type":"user","sender_user":{0},"date":{1}}},)"
                     R"("forward_from":{0},"forward_date":{1})",
                     message.from->wire, date);
}

/// The message that forwardMessage and copyMessage name, in a chat that the bot can read.
Step<Target> source_of(Call& call, std::string_view missing) {
  if (call.params.get("from_chat_id").empty()) {
    return std::unexpected(Answer::bad("from_chat_id is empty"));
  }
  const auto target = call.room;
  auto room = resolve_chat(call, Access::Read, "from_chat_id");
  call.room = target;
  if (!room) return std::unexpected(std::move(room).error());
  if (call.params.find_int("message_id").value_or(0) <= 0) {
    return std::unexpected(Answer::bad("message identifier is not specified"));
  }
  auto* message = message_of(call, **room);
  if (message == nullptr) return std::unexpected(Answer::bad(missing));
  return Target{*room, message};
}

}  // namespace

Answer send_message(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto text = formatted_text(call.params, false);
  if (!text) return std::move(text).error();
  Draft draft;
  if (auto options = common_options(call, **room, draft); !options) {
    return std::move(options).error();
  }
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  draft.text = text->text;
  draft.wire.reserve(text->text.size() + 24);
  call.dialect.set_text(std::move(*text), false, draft.wire, draft.address);
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return message_answer(call, **room, message);
}

Answer send_message_draft(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  if (!(*room)->is_private()) return Answer::bad("method is available only for private chats");
  const auto draft = call.params.find_int("draft_id").value_or(0);
  if (draft == 0) return Answer::bad("parameter \"draft_id\" is required");
  std::string shown;
  if (!trim(call.params.get("text")).empty()) {
    auto text = formatted_text(call.params, false);
    if (!text) return std::move(text).error();
    shown = std::move(text->text);
  }
  call.world.bot_drafts(**room, *call.bot, draft, shown);
  return Answer::yes();
}

Answer edit_message_text(Call& call) {
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto text = formatted_text(call.params, false);
  if (!text) return std::move(text).error();
  auto markup = edited_markup(call);
  if (!markup) return std::move(markup).error();
  auto& message = *target->message;
  if (message.kind != MessageKind::Text)
    return Answer::bad("there is no text in the message to edit");
  std::string plain = text->text;
  std::string wire;
  Address address;
  call.dialect.set_text(std::move(*text), false, wire, address);
  if (wire == message.wire && *markup == message.markup) return Answer::bad(kNotModified);
  if (auto charged = charge(call, *target->room, SendLimits::Kind::Edit); !charged) {
    return std::move(charged).error();
  }
  message.text = std::move(plain);
  message.wire = std::move(wire);
  message.address = std::move(address);
  message.markup = std::move(*markup);
  message.markup_shown = message.markup;
  call.world.edits(*target->room, message);
  return message_answer(call, *target->room, message);
}

Answer edit_message_reply_markup(Call& call) {
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto markup = edited_markup(call);
  if (!markup) return std::move(markup).error();
  auto& message = *target->message;
  if (*markup == message.markup) return Answer::bad(kNotModified);
  if (auto charged = charge(call, *target->room, SendLimits::Kind::Edit); !charged) {
    return std::move(charged).error();
  }
  message.markup = std::move(*markup);
  message.markup_shown = message.markup;
  call.world.edits(*target->room, message);
  return message_answer(call, *target->room, message);
}

Answer delete_message(Call& call) {
  if (call.params.get("chat_id").empty()) return Answer::bad("chat identifier is not specified");
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  if (call.params.find_int("message_id").value_or(0) <= 0) {
    return Answer::bad("message identifier is not specified");
  }
  auto* message = message_of(call, **room);
  if (message == nullptr) return Answer::bad("message to delete not found");
  const bool may = message->from == call.bot || (*room)->is_private() || is_admin_of(call, **room);
  const bool in_time = call.world.clock().wall_now() - message->date < kDeletableFor;
  if (!may || !in_time) return Answer::bad("message can't be deleted");
  call.world.delete_message(**room, *message, *call.bot);
  return Answer::yes();
}

Answer forward_message(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto source = source_of(call, "message to forward not found");
  if (!source) return std::move(source).error();
  const auto& original = *source->message;
  if (original.is_protected || original.kind == MessageKind::Service) {
    return Answer::bad("message can't be forwarded");
  }
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  Draft draft;
  draft.kind = original.kind;
  draft.text = original.text;
  draft.wire = original.wire;
  draft.file = original.file;
  draft.origin = origin_of(*source->room, original);
  draft.is_protected = call.params.get_bool("protect_content");
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return message_answer(call, **room, message);
}

Answer copy_message(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto source = source_of(call, "message to copy not found");
  if (!source) return std::move(source).error();
  const auto& original = *source->message;
  if (original.is_protected || original.kind == MessageKind::Service) {
    return Answer::bad("message can't be copied");
  }
  Draft draft;
  draft.kind = original.kind;
  draft.text = original.text;
  draft.wire = original.wire;
  draft.file = original.file;
  if (original.kind != MessageKind::Text && call.params.has("caption")) {
    auto caption = formatted_text(call.params, true);
    if (!caption) return std::move(caption).error();
    draft.text = caption->text;
    draft.wire.clear();
    if (!caption->text.empty()) {
      call.dialect.set_text(std::move(*caption), true, draft.wire, draft.address);
    }
  }
  if (auto options = common_options(call, **room, draft); !options) {
    return std::move(options).error();
  }
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return Answer::ok(
      fmt::format(R"({{"message_id":{}}})", (*room)->view_id(message, call.bot->id).value));
}

}  // namespace chorus::sandbox::telegram
