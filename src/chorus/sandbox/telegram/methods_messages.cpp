#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/targets.hpp"

#include <fmt/format.h>

#include <utility>

/// Sending and changing messages. Source: reference telegram.md 6 and 9.
namespace chorus::sandbox::telegram {

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
  if (!may_delete(call, **room, *message)) return Answer::bad("message can't be deleted");
  call.world.delete_message(**room, *message, *call.bot);
  return Answer::yes();
}

Answer forward_message(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto source = source_message(call, call.params.find_int("message_id").value_or(0),
                               "message to forward not found");
  if (!source) return std::move(source).error();
  const auto& original = *source->message;
  if (original.is_protected || original.kind == MessageKind::Service) {
    return Answer::bad("message can't be forwarded");
  }
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  auto draft = draft_of(original);
  draft.origin = origin_of(*source->room, original);
  draft.is_protected = call.params.get_bool("protect_content");
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return message_answer(call, **room, message);
}

Answer copy_message(Call& call) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto source = source_message(call, call.params.find_int("message_id").value_or(0),
                               "message to copy not found");
  if (!source) return std::move(source).error();
  const auto& original = *source->message;
  if (original.is_protected || original.kind == MessageKind::Service) {
    return Answer::bad("message can't be copied");
  }
  auto draft = draft_of(original);
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
