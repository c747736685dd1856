#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"

#include <fmt/format.h>

#include <array>

/// ChatMember objects. Source: Bot API 10.3, ChatMemberAdministrator, ChatMemberRestricted.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::array<std::string_view, 11> kNobodySends = {
    "can_send_messages",     "can_send_audios",          "can_send_documents",
    "can_send_photos",       "can_send_videos",          "can_send_video_notes",
    "can_send_voice_notes",  "can_send_polls",           "can_send_other_messages",
    "can_react_to_messages", "can_add_web_page_previews"};

/// Administrators that nobody gave rights in particular have all that a bot can be given.
void append_all_rights(std::string& out, RoomType type) {
  out += R"(,"can_be_edited":false,"can_manage_chat":true,"can_change_info":true)";
  if (type == RoomType::Channel) out += R"(,"can_post_messages":true,"can_edit_messages":true)";
  out += R"(,"can_delete_messages":true,"can_invite_users":true,"can_restrict_members":true)";
  if (type != RoomType::Channel) out += R"(,"can_pin_messages":true)";
  if (type == RoomType::Supergroup) out += R"(,"can_manage_topics":true)";
  out += R"(,"can_promote_members":true,"can_manage_video_chats":true)"
         R"(,"can_post_stories":false,"can_edit_stories":false,"can_delete_stories":false)"
         R"(,"can_send_welcome_messages":false,"is_anonymous":false)";
}

void append_no_rights(std::string& out) {
  out += R"(,"until_date":0,"is_member":true)";
  for (const auto right : kNobodySends) out += fmt::format(R"(,"{}":false)", right);
  out += R"(,"can_edit_tag":false,"can_change_info":false,"can_invite_users":false)"
         R"(,"can_pin_messages":false,"can_manage_topics":false)";
}

}  // namespace

void append_chat_member(std::string& out, const Account& account, Standing standing,
                        const Room& room) {
  const bool leads = is_admin(standing);
  const auto given = chat_extra(room, member_key(leads ? kRights : kLimits, account.id));
  const bool restricted =
      standing == Standing::Restricted || (standing == Standing::Member && !given.empty());
  out += fmt::format(R"({{"user":{},"status":"{}")", account.wire,
                     restricted ? "restricted" : to_string(standing));
  if (standing == Standing::Creator) {
    out += R"(,"is_anonymous":false)";
  } else if (standing == Standing::Administrator || restricted) {
    if (!given.empty()) {
      out += ',';
      out += given;
    } else if (restricted) {
      append_no_rights(out);
    } else {
      append_all_rights(out, room.type);
    }
  } else if (standing == Standing::Kicked) {
    const auto until = chat_extra(room, member_key(kUntil, account.id));
    out += fmt::format(R"(,"until_date":{})", until.empty() ? "0" : until);
  }
  if (is_present(standing)) {
    const auto text = chat_extra(room, member_key(leads ? kTitle : kTag, account.id));
    if (!text.empty()) {
      out += leads ? R"(,"custom_title":)" : R"(,"tag":)";
      append_json_string(out, text);
    }
  }
  out += '}';
}

}  // namespace chorus::sandbox::telegram
