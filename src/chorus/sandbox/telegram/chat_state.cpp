#include "chorus/sandbox/telegram/chat_state.hpp"

namespace chorus::sandbox::telegram {

Step<Room*> administered_chat(Call& call, std::string_view private_words,
                              std::string_view right_words) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return room;
  if ((*room)->is_private()) return std::unexpected(Answer::bad(private_words));
  if (!is_admin_of(call, **room)) return std::unexpected(Answer::bad(right_words));
  return room;
}

Step<Account*> user_of(Call& call) {
  const auto id = call.params.find_int("user_id");
  if (!id || *id <= 0) return std::unexpected(Answer::bad("invalid user_id specified"));
  auto* account = call.world.find_account(PlatformUserId(*id));
  if (account == nullptr || account->platform != Platform::Telegram) {
    return std::unexpected(Answer::bad("user not found"));
  }
  return account;
}

}  // namespace chorus::sandbox::telegram
