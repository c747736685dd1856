#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

/// Who is in a chat, and with which rights. Source: Bot API, banChatMember and following; the words
/// are those of tdlib (reference telegram.md 6).
namespace chorus::sandbox::telegram {

namespace {

constexpr std::string_view kPrivate = "chat member status can't be changed in private chats";
constexpr std::string_view kMayNotRestrict = "not enough rights to restrict/unrestrict chat member";
constexpr std::size_t kTitleMax = 16;

struct Subject {
  Room* room;
  Account* account;
  Standing standing;
};

/// The member that the call is about; `touches_admins` when administrators are no exception.
Step<Subject> subject_of(Call& call, std::string_view right_words, bool touches_admins) {
  if (auto checked = check_parameters(call); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  auto room = administered_chat(call, kPrivate, right_words);
  if (!room) return std::unexpected(std::move(room).error());
  auto account = user_of(call);
  if (!account) return std::unexpected(std::move(account).error());
  const auto* member = (*room)->member((*account)->id);
  const auto standing = member == nullptr ? Standing::Left : member->standing;
  if (*account == call.bot) return std::unexpected(Answer::bad("can't restrict self"));
  if (standing == Standing::Creator) {
    return std::unexpected(Answer::bad("can't remove chat owner"));
  }
  if (standing == Standing::Administrator && !touches_admins) {
    return std::unexpected(Answer::bad("user is an administrator of the chat"));
  }
  return Subject{*room, *account, standing};
}

void set_member_extra(Call& call, const Subject& who, std::string_view kind, std::string value) {
  call.world.set_extra(*who.room, member_key(kind, who.account->id), std::move(value));
}

std::string number_or_nothing(const Call& call, std::string_view name) {
  const auto number = call.params.find_int(name).value_or(0);
  return number == 0 ? std::string() : fmt::format("{}", number);
}

/// Members of a ChatMemberRestricted for these permissions.
std::string restricted_rights(Call& call, const Room& room, const json::object& permissions) {
  json::object own = permissions;
  // Source: Bot API, restrictChatMember: one permission stands for those that depend on it.
  if (!call.params.get_bool("use_independent_chat_permissions")) {
    static constexpr std::array<std::string_view, 6> kMedia = {
        "can_send_audios", "can_send_documents",   "can_send_photos",
        "can_send_videos", "can_send_video_notes", "can_send_voice_notes"};
    const bool other = find_bool(own, "can_send_other_messages").value_or(false) ||
                       find_bool(own, "can_add_web_page_previews").value_or(false);
    for (const auto name : kMedia) {
      if (other || find_bool(own, "can_send_media_messages").value_or(false)) own[name] = true;
    }
    const bool media = std::ranges::any_of(
        kMedia, [&](auto name) { return find_bool(own, name).value_or(false); });
    if (media || find_bool(own, "can_send_polls").value_or(false)) own["can_send_messages"] = true;
  }
  own["is_member"] = true;
  const auto text = std::string(call.params.get("until_date"));
  own["until_date"] = text.empty() ? std::string("0") : text;
  static constexpr std::array<std::string_view, 3> kElsewhere = {"status", "user", "tag"};
  return shape_for(call, &room, &own)
      .members(*call.dialect.facts().object("ChatMemberRestricted"), kElsewhere);
}

}  // namespace

Answer ban_chat_member(Call& call) {
  auto who = subject_of(call, kMayNotRestrict, false);
  if (!who) return std::move(who).error();
  set_member_extra(call, *who, kLimits, {});
  set_member_extra(call, *who, kUntil, number_or_nothing(call, "until_date"));
  if (who->standing != Standing::Kicked) {
    call.world.change_standing(*who->room, *call.bot, *who->account, Standing::Kicked);
  }
  return Answer::yes();
}

Answer unban_chat_member(Call& call) {
  auto who = subject_of(call, kMayNotRestrict, false);
  if (!who) return std::move(who).error();
  if (who->room->type == RoomType::Group) {
    return Answer::bad("method is available for supergroup and channel chats only");
  }
  const bool banned = who->standing == Standing::Kicked;
  // Source: Bot API: a member is removed, unless only banned ones are meant.
  if (banned || (is_present(who->standing) && !call.params.get_bool("only_if_banned"))) {
    set_member_extra(call, *who, kUntil, {});
    call.world.change_standing(*who->room, *call.bot, *who->account, Standing::Left);
  }
  return Answer::yes();
}

Answer restrict_chat_member(Call& call) {
  auto who = subject_of(call, kMayNotRestrict, false);
  if (!who) return std::move(who).error();
  if (who->room->type != RoomType::Supergroup) {
    return Answer::bad("method is available only for supergroups");
  }
  const auto parsed = parse_json(call.params.get("permissions"));
  auto rights = restricted_rights(call, *who->room, parsed->get_object());
  const bool free = rights.find(":false") == std::string::npos;
  const bool writes = rights.find(R"("can_send_messages":true)") != std::string::npos;
  set_member_extra(call, *who, kLimits, free ? std::string() : std::move(rights));
  if (is_present(who->standing)) {
    call.world.change_standing(*who->room, *call.bot, *who->account,
                               writes ? Standing::Member : Standing::Restricted);
  }
  return Answer::yes();
}

Answer promote_chat_member(Call& call) {
  auto who = subject_of(call, "not enough rights", true);
  if (!who) return std::move(who).error();
  if (!is_present(who->standing)) return Answer::bad("USER_NOT_PARTICIPANT");
  const bool any = std::ranges::any_of(call.params.all(), [&](const auto& parameter) {
    return parameter.first.starts_with("can_") && call.params.get_bool(parameter.first);
  });
  std::string rights;
  if (any) {
    json::object own;
    own["can_be_edited"] = true;
    own["can_manage_chat"] = true;
    static constexpr std::array<std::string_view, 3> kElsewhere = {"status", "user",
                                                                   "custom_title"};
    rights = shape_for(call, who->room, &own)
                 .members(*call.dialect.facts().object("ChatMemberAdministrator"), kElsewhere);
  }
  set_member_extra(call, *who, kLimits, {});
  set_member_extra(call, *who, kRights, std::move(rights));
  if (!any) set_member_extra(call, *who, kTitle, {});
  call.world.change_standing(*who->room, *call.bot, *who->account,
                             any ? Standing::Administrator : Standing::Member);
  return Answer::yes();
}

Answer set_administrator_title(Call& call) {
  auto who = subject_of(call, "not enough rights", true);
  if (!who) return std::move(who).error();
  if (who->room->type != RoomType::Supergroup) {
    return Answer::bad("method is available only for supergroups");
  }
  if (who->standing != Standing::Administrator) return Answer::bad("user is not an administrator");
  const auto title = call.params.get("custom_title");
  if (code_point_count(title) > kTitleMax) return Answer::bad("ADMIN_RANK_INVALID");
  set_member_extra(call, *who, kTitle, std::string(title));
  return Answer::yes();
}

Answer set_member_tag(Call& call) {
  auto who = subject_of(call, kMayNotRestrict, false);
  if (!who) return std::move(who).error();
  if (!is_present(who->standing)) return Answer::bad("USER_NOT_PARTICIPANT");
  const auto tag = call.params.get("tag");
  if (code_point_count(tag) > kTitleMax) return Answer::bad("ADMIN_RANK_INVALID");
  set_member_extra(call, *who, kTag, std::string(tag));
  return Answer::yes();
}

Answer leave_chat(Call& call) {
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  if ((*room)->is_private()) return Answer::bad(kPrivate);
  call.world.change_standing(**room, *call.bot, *call.bot, Standing::Left);
  return Answer::yes();
}

}  // namespace chorus::sandbox::telegram
