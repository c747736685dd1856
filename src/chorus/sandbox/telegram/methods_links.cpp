#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <algorithm>
#include <utility>

/// Invite links, and people who ask to join. Source: Bot API, exportChatInviteLink and following.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::size_t kMaxLinks = 1000;  // per chat

Step<Room*> inviting_chat(Call& call) {
  if (auto checked = check_parameters(call); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  return administered_chat(call, "can't invite members to a private chat",
                           "not enough rights to manage chat invite link");
}

std::string mint_link(Call& call) {
  auto secret = call.world.mint_secret();
  secret.resize(16);
  return "https://t.me/+" + secret;
}

std::string key_of(std::string_view link) {
  return std::string(kLink) + std::string(link);
}

std::size_t links_of(const Room& room) {
  return static_cast<std::size_t>(std::ranges::count_if(
      room.extras, [](const auto& extra) { return extra.first.starts_with(kLink); }));
}

json::object link_of(Call& call, Room& room, const json::object& own) {
  const auto& type = *call.dialect.facts().object("ChatInviteLink");
  const auto text = "{" + shape_for(call, &room, &own).members(type) + "}";
  return parse_json(text)->get_object();
}

/// The link that the call names, which the bot made and which works.
Step<json::object> named_link(Call& call, Room& room) {
  const auto text = chat_extra(room, key_of(call.params.get("invite_link")));
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) {
    return std::unexpected(Answer::bad("INVITE_HASH_EXPIRED"));
  }
  return parsed->get_object();
}

Answer keep(Call& call, Room& room, const json::object& link) {
  auto text = json::serialize(link);
  call.world.set_extra(room, key_of(find_string(link, "invite_link").value_or("")), text);
  return Answer::ok(text);
}

/// Ends the request; the answer is an error when there is none.
Step<Account*> take_request(Call& call, Room& room) {
  auto account = user_of(call);
  if (!account) return account;
  const auto* member = room.member((*account)->id);
  if (member != nullptr && is_present(member->standing)) {
    return std::unexpected(Answer::bad("USER_ALREADY_PARTICIPANT"));
  }
  const auto key = member_key(kRequest, (*account)->id);
  if (chat_extra(room, key).empty()) {
    return std::unexpected(Answer::bad("HIDE_REQUESTER_MISSING"));
  }
  call.world.set_extra(room, key, {});
  return account;
}

}  // namespace

Answer export_invite_link(Call& call) {
  auto room = inviting_chat(call);
  if (!room) return std::move(room).error();
  const auto link = mint_link(call);  // the former primary link works no more
  call.world.set_extra(**room, kPrimaryLink, link);
  return Answer::ok("\"" + link + "\"");
}

Answer create_invite_link(Call& call) {
  auto room = inviting_chat(call);
  if (!room) return std::move(room).error();
  if (call.params.get_bool("creates_join_request") && call.params.has("member_limit")) {
    return Answer::bad(
        "member limit can't be specified for links requiring administrator approval");
  }
  if (links_of(**room) >= kMaxLinks) return Answer::bad("INVITES_TOO_MUCH");
  const json::object own{{"invite_link", mint_link(call)}};
  return keep(call, **room, link_of(call, **room, own));
}

Answer edit_invite_link(Call& call) {
  auto room = inviting_chat(call);
  if (!room) return std::move(room).error();
  auto link = named_link(call, **room);
  if (!link) return std::move(link).error();
  if (find_bool(*link, "is_revoked").value_or(false)) return Answer::bad("INVITE_HASH_EXPIRED");
  const json::object own;
  for (const auto& [name, value] : link_of(call, **room, own)) {
    if (call.params.has(name)) (*link)[name] = value;
  }
  return keep(call, **room, *link);
}

Answer revoke_invite_link(Call& call) {
  auto room = inviting_chat(call);
  if (!room) return std::move(room).error();
  const auto given = call.params.get("invite_link");
  if (given == chat_extra(**room, kPrimaryLink) && !given.empty()) {
    // Source: Bot API: a new primary link is made in place of the revoked one.
    call.world.set_extra(**room, kPrimaryLink, mint_link(call));
    const json::object own{{"is_primary", true}, {"is_revoked", true}};
    return Answer::ok(json::serialize(link_of(call, **room, own)));
  }
  auto link = named_link(call, **room);
  if (!link) return std::move(link).error();
  (*link)["is_revoked"] = true;
  return keep(call, **room, *link);
}

Answer approve_join_request(Call& call) {
  auto room = inviting_chat(call);
  if (!room) return std::move(room).error();
  auto account = take_request(call, **room);
  if (!account) return std::move(account).error();
  call.world.change_standing(**room, *call.bot, **account, Standing::Member);
  return Answer::yes();
}

Answer decline_join_request(Call& call) {
  auto room = inviting_chat(call);
  if (!room) return std::move(room).error();
  auto account = take_request(call, **room);
  if (!account) return std::move(account).error();
  return Answer::yes();
}

}  // namespace chorus::sandbox::telegram
