#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

/// What a bot can ask about chats and members. Source: reference telegram.md 6 and 11.
namespace chorus::sandbox::telegram {

namespace {

/// What a group allows its members until somebody changes it.
constexpr std::string_view kAllPermissions =
    R"({"can_send_messages":true,"can_send_media_messages":true,)"
    R"("can_send_audios":true,"can_send_documents":true,"can_send_photos":true,)"
    R"("can_send_videos":true,"can_send_video_notes":true,"can_send_voice_notes":true,)"
    R"("can_send_polls":true,"can_send_other_messages":true,)"
    R"("can_add_web_page_previews":true,"can_react_to_messages":true,"can_change_info":true,)"
    R"("can_invite_users":true,"can_pin_messages":true,"can_manage_topics":true})";

void append_text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  append_json_key(out, name, true);
  append_json_string(out, value);
}

void append_photo(std::string& out, const Call& call, const Room& room) {
  const auto text = chat_extra(room, kPhoto);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  const auto* file = call.world.files().find(number);
  if (file == nullptr) return;
  const auto id = FileStore::file_id(*file, call.bot->id);
  append_json_key(out, "photo", true);
  JsonWriter(out)
      .begin_object()
      .field("small_file_id", id)
      .field("small_file_unique_id", file->unique_id)
      .field("big_file_id", id)
      .field("big_file_unique_id", file->unique_id)
      .end_object();
}

}  // namespace

Answer get_chat(Call& call) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  const auto& r = **room;
  std::string out = r.wire;
  out.pop_back();
  out += R"(,"accent_color_id":0,"max_reaction_count":11)"
         R"(,"accepted_gift_types":{"unlimited_gifts":false,"limited_gifts":false,)"
         R"("unique_gifts":false,"premium_subscription":false,"gifts_from_channels":false})";
  if (r.type == RoomType::Group || r.type == RoomType::Supergroup) {
    const auto permissions = chat_extra(r, kPermissions);
    append_json_key(out, "permissions", true);
    out += permissions.empty() ? kAllPermissions : permissions;
  }
  if (r.is_private() && !r.peer->username.empty()) {
    out += R"(,"active_usernames":[)";
    append_json_string(out, r.peer->username);
    out += ']';
  }
  append_photo(out, call, r);
  append_text(out, "description", chat_extra(r, kDescription));
  append_text(out, "sticker_set_name", chat_extra(r, kStickerSet));
  if (is_admin_of(call, r)) append_text(out, "invite_link", chat_extra(r, kPrimaryLink));
  if (const auto* pinned = pinned_message(r);
      pinned != nullptr && r.view_id(*pinned, call.bot->id)) {
    append_json_key(out, "pinned_message", true);
    call.dialect.append_message(out, r, *pinned, *call.bot, true);
  }
  out += '}';
  return Answer::ok(out);
}

Answer create_forum_topic(Call& call) {
  constexpr std::size_t kLongestName = 128;
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  const auto name = trim(call.params.get("name"));
  if (name.empty() || code_point_count(name) > kLongestName) {
    return Answer::bad("topic name is invalid");
  }
  if (!(*room)->is_forum) return Answer::bad("the chat is not a forum");
  if (!is_admin_of(call, **room)) return Answer::bad("not enough rights to create a topic");
  const auto opened = call.world.open_topic(**room, *call.bot, name);
  if (!opened) return Answer::bad("the chat is not a forum");
  std::string out = R"({"message_thread_id":)" + std::to_string((*opened)->id.value);
  out += R"(,"name":)";
  append_json_string(out, name);
  return Answer::ok(out + R"(,"icon_color":7322096})");
}

Answer get_chat_member(Call& call) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  const auto id = call.params.find_int("user_id");
  if (!id || *id <= 0) return Answer::bad("invalid user_id specified");
  const auto* account = call.world.find_account(PlatformUserId(*id));
  if (account == nullptr) return Answer::bad("user not found");
  const auto* member = (*room)->member(account->id);
  std::string out;
  append_chat_member(out, *account, member != nullptr ? member->standing : Standing::Left, **room);
  return Answer::ok(out);
}

Answer get_chat_administrators(Call& call) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  if ((*room)->is_private()) {
    return Answer::bad("there are no administrators in the private chat");
  }
  std::string out = "[";
  const auto add = [&](Standing standing) {
    for (const auto& [id, member] : (*room)->members) {
      // Other bots are not in the list.
      if (member.standing != standing) continue;
      if (member.account->is_bot && member.account != call.bot) continue;
      if (out.size() > 1) out += ',';
      append_chat_member(out, *member.account, standing, **room);
    }
  };
  add(Standing::Creator);
  add(Standing::Administrator);
  out += ']';
  return Answer::ok(out);
}

Answer get_chat_member_count(Call& call) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  std::size_t count = 0;
  for (const auto& [id, member] : (*room)->members) count += is_present(member.standing) ? 1 : 0;
  return Answer::ok(fmt::format("{}", count));
}

}  // namespace chorus::sandbox::telegram
