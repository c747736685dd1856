#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"
#include "chorus/sandbox/telegram/methods.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

/// Pinned messages. Source: Bot API, pinChatMessage; reference telegram.md 6 and 8.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::size_t kMaxPins = 100;  // more than a chat shows; the oldest goes

std::vector<std::int64_t> pins_of(const Room& room) {
  std::vector<std::int64_t> pins;
  const auto parsed = parse_json(chat_extra(room, kPins));
  if (!parsed || !parsed->is_array()) return pins;
  for (const auto& item : parsed->get_array()) pins.push_back(as_int(item).value_or(0));
  return pins;
}

void keep(Call& call, Room& room, const std::vector<std::int64_t>& pins) {
  call.world.set_extra(room, kPins,
                       pins.empty() ? std::string() : fmt::format("[{}]", fmt::join(pins, ",")));
}

/// The chat, when the bot may pin in it: any private one, others as administrator.
Step<Room*> pinning_chat(Call& call) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return room;
  if (!(*room)->is_private() && !is_admin_of(call, **room)) {
    return std::unexpected(Answer::bad("not enough rights to manage pinned messages in the chat"));
  }
  return room;
}

}  // namespace

const Message* pinned_message(const Room& room) {
  const auto pins = pins_of(room);
  for (auto it = pins.rbegin(); it != pins.rend(); ++it) {
    if (const auto* message = room.find(PlatformMessageId(*it))) return message;
  }
  return nullptr;
}

Answer pin_chat_message(Call& call) {
  auto room = pinning_chat(call);
  if (!room) return std::move(room).error();
  if (call.params.find_int("message_id").value_or(0) <= 0) {
    return Answer::bad("message identifier is not specified");
  }
  const auto* message = message_of(call, **room);
  if (message == nullptr) return Answer::bad("message to pin not found");
  const auto id = message->id;
  auto pins = pins_of(**room);
  std::erase(pins, id.value);
  pins.push_back(id.value);
  if (pins.size() > kMaxPins) pins.erase(pins.begin());
  keep(call, **room, pins);
  call.dialect.announce(**room, *call.bot, {}, id);
  return Answer::yes();
}

Answer unpin_chat_message(Call& call) {
  auto room = pinning_chat(call);
  if (!room) return std::move(room).error();
  auto pins = pins_of(**room);
  if (!call.params.has("message_id")) {
    if (pins.empty()) return Answer::bad("message to unpin not found");
    pins.pop_back();
  } else {
    const auto* message = message_of(call, **room);
    if (message == nullptr || std::erase(pins, message->id.value) == 0) {
      return Answer::bad("message to unpin not found");
    }
  }
  keep(call, **room, pins);
  return Answer::yes();
}

Answer unpin_all_chat_messages(Call& call) {
  auto room = pinning_chat(call);
  if (!room) return std::move(room).error();
  keep(call, **room, {});
  return Answer::yes();
}

}  // namespace chorus::sandbox::telegram
