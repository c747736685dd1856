#include "chorus/sandbox/telegram/targets.hpp"

#include "chorus/base/random.hpp"
#include "chorus/proto/telegram/keyboard.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

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

Step<Room*> source_room(Call& call) {
  if (call.params.get("from_chat_id").empty()) {
    return std::unexpected(Answer::bad("from_chat_id is empty"));
  }
  const auto target = call.room;
  auto room = resolve_chat(call, Access::Read, "from_chat_id");
  call.room = target;
  return room;
}

Step<Target> source_message(Call& call, std::int64_t id, std::string_view missing) {
  auto room = source_room(call);
  if (!room) return std::unexpected(std::move(room).error());
  if (id <= 0) return std::unexpected(Answer::bad("message identifier is not specified"));
  auto* message = (*room)->find_view(PlatformMessageId(id), call.bot->id);
  if (message == nullptr) return std::unexpected(Answer::bad(missing));
  return Target{*room, message};
}

std::uint64_t drawn_for(const Room& room, std::string_view what) {
  const auto next = room.is_private() ? room.bot->next_message_id : room.next_message_id;
  return stable_hash(fmt::format("{}/{}/{}", what, room.id.value, room.serial),
                     static_cast<std::uint64_t>(next));
}

bool may_delete(const Call& call, const Room& room, const Message& message) {
  constexpr auto kDeletableFor = std::chrono::hours(48);
  const bool may = message.from == call.bot || room.is_private() || is_admin_of(call, room);
  return may && call.world.clock().wall_now() - message.date < kDeletableFor;
}

Draft draft_of(const Message& message) {
  Draft draft;
  draft.kind = message.kind;
  draft.text = message.text;
  draft.wire = message.wire;
  draft.file = message.file;
  return draft;
}

}  // namespace chorus::sandbox::telegram
