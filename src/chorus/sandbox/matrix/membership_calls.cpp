#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/matrix/dialect.hpp"
#include "chorus/sandbox/matrix/event_view.hpp"
#include "chorus/sandbox/matrix/membership.hpp"

#include <fmt/format.h>

#include <utility>

/// Who is in a room. Texts as Synapse writes them.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

std::string join_rule(const RoomLog& log) {
  const auto event = log.state_of("m.room.join_rules");
  if (!event) return "invite";
  const auto content = parse_json(event->content);
  if (!content || !content->is_object()) return "invite";
  return std::string(chorus::find_string(content->get_object(), "join_rule").value_or("invite"));
}

Standing standing_of(const RoomLog& log, const Account& account) {
  const auto* member = log.room().member(account.id);
  return member == nullptr ? Standing::Left : member->standing;
}

namespace {

/// Content of a membership event with what the call adds to it.
std::string content_of(Call& call, Account& subject, std::string_view membership,
                       std::string_view reason, bool direct = false) {
  auto out = call.hub.member_content(subject, membership);
  if (reason.empty() && !direct) return out;
  out.pop_back();
  if (direct) out += R"(,"is_direct":true)";
  if (!reason.empty()) {
    out += ',';
    append_json_key(out, "reason", false);
    append_json_string(out, reason);
  }
  return out + "}";
}

std::string reason_of(const json::object& body) {
  return to_valid_utf8(chorus::find_string(body, "reason").value_or(""));
}

Reply join(Call& call, RoomLog& log, const json::object& body) {
  call.log = &log;
  const auto standing = standing_of(log, call.account());
  std::string out;
  JsonWriter(out).begin_object().field("room_id", log.id()).end_object();
  if (is_present(standing)) return Reply::ok(std::move(out));
  if (standing == Standing::Kicked) {
    return Reply::forbidden(fmt::format("{} is banned from the room", call.user_id()));
  }
  if (standing != Standing::Invited && join_rule(log) != "public") {
    return Reply::forbidden("You are not invited to this room.");
  }
  if (auto fine = charge(call, Limiter::Joins); !fine) return fine.error();
  if (auto fine = charge(call, Limiter::JoinsPerRoom, log.id()); !fine) return fine.error();
  call.world().change_standing(log.room(), call.account(), call.account(), Standing::Member,
                               content_of(call, call.account(), "join", reason_of(body)));
  return Reply::ok(std::move(out));
}

/// The user that the body names, and the room of the path.
struct Target {
  RoomLog* log;
  User* user;
  std::string reason;
};

Step<Target> target_of(Call& call) {
  const auto body = body_of(call);
  if (!body) return std::unexpected(body.error());
  const auto user_id = chorus::find_string(*body, "user_id");
  if (!user_id) {
    return std::unexpected(Reply::error(400, "M_MISSING_PARAM", "Missing params: user_id"));
  }
  auto log = joined_room(call, call.parts[0]);
  if (!log) return std::unexpected(std::move(log).error());
  auto* user = call.hub.find_user(*user_id);
  if (user == nullptr) return std::unexpected(Reply::not_found("User not found"));
  return Target{*log, user, reason_of(*body)};
}

/// Whether the caller may act on the member: the level for it, and more than the member has.
bool may(const Call& call, const Target& target, std::int64_t needed) {
  const auto own = target.log->levels().of(call.user_id());
  return own >= needed && own > target.log->levels().of(target.user->account->wire);
}

void change(Call& call, const Target& target, Standing after) {
  auto& subject = *target.user->account;
  call.world().change_standing(target.log->room(), call.account(), subject, after,
                               content_of(call, subject, membership_of(after), target.reason));
}

}  // namespace

void invite(Call& call, RoomLog& log, Account& whom, std::string_view reason, bool direct) {
  call.world().change_standing(log.room(), call.account(), whom, Standing::Invited,
                               content_of(call, whom, "invite", reason, direct));
}

Reply join_by_name(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto& name = call.parts[0];
  if (name.starts_with('#')) {
    auto* log = call.hub.find_alias(name);
    if (log == nullptr) return Reply::not_found(fmt::format("Room alias {} not found", name));
    return join(call, *log, *body);
  }
  auto* log = call.hub.find_log(name);
  if (log == nullptr)
    return Reply::not_found("Can't join remote room because no servers are known");
  return join(call, *log, *body);
}

Reply join_room(Call& call) {
  return join_by_name(call);
}

Reply leave_room(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  auto* log = call.hub.find_log(call.parts[0]);
  call.log = log;
  const auto standing = log == nullptr ? Standing::Left : standing_of(*log, call.account());
  if (!is_present(standing) && standing != Standing::Invited) {
    return Reply::forbidden(fmt::format("User {} not in room {}", call.user_id(), call.parts[0]));
  }
  call.world().change_standing(log->room(), call.account(), call.account(), Standing::Left,
                               content_of(call, call.account(), "leave", reason_of(*body)));
  return {};
}

Reply invite_user(Call& call) {
  auto target = target_of(call);
  if (!target) return std::move(target).error();
  auto& log = *target->log;
  const auto& whom = *target->user->account;
  const auto standing = standing_of(log, whom);
  if (is_present(standing)) {
    return Reply::forbidden(fmt::format("{} is already in the room.", whom.wire));
  }
  if (standing == Standing::Kicked) {
    return Reply::forbidden(fmt::format("{} is banned from the room", whom.wire));
  }
  if (log.levels().of(call.user_id()) < log.levels().invite) {
    return Reply::forbidden("You don't have permission to invite users");
  }
  if (auto fine = charge(call, Limiter::InvitesPerRoom, log.id()); !fine) return fine.error();
  if (auto fine = charge(call, Limiter::InvitesPerIssuer); !fine) return fine.error();
  if (auto fine = charge(call, Limiter::InvitesPerUser, whom.wire); !fine) return fine.error();
  invite(call, log, *target->user->account, target->reason, false);
  return {};
}

Reply kick_user(Call& call) {
  auto target = target_of(call);
  if (!target) return std::move(target).error();
  const auto standing = standing_of(*target->log, *target->user->account);
  if (!is_present(standing) && standing != Standing::Invited) {
    return Reply::forbidden("The target user is not in the room");
  }
  if (!may(call, *target, target->log->levels().kick)) {
    return Reply::forbidden(fmt::format("You cannot kick user {}.", target->user->account->wire));
  }
  change(call, *target, Standing::Left);
  return {};
}

Reply ban_user(Call& call) {
  auto target = target_of(call);
  if (!target) return std::move(target).error();
  if (!may(call, *target, target->log->levels().ban)) {
    return Reply::forbidden("You don't have permission to ban");
  }
  change(call, *target, Standing::Kicked);
  return {};
}

Reply unban_user(Call& call) {
  auto target = target_of(call);
  if (!target) return std::move(target).error();
  if (standing_of(*target->log, *target->user->account) != Standing::Kicked) {
    return Reply::error(403, "M_BAD_STATE", "The target user is not banned");
  }
  if (!may(call, *target, target->log->levels().ban)) {
    return Reply::forbidden("You don't have permission to unban");
  }
  change(call, *target, Standing::Left);
  return {};
}

Reply forget_room(Call& call) {
  auto* log = call.hub.find_log(call.parts[0]);
  if (log != nullptr && is_present(standing_of(*log, call.account()))) {
    return Reply::error(400, "M_UNKNOWN",
                        fmt::format("User {} is in room {}", call.user_id(), call.parts[0]));
  }
  call.user->rooms.erase(call.parts[0]);
  return {};
}

Reply joined_rooms(Call& call) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().key("joined_rooms").begin_array();
  for (const auto& [id, log] : call.user->rooms) {
    if (!log->room().deleted && is_present(standing_of(*log, call.account()))) w.value(id);
  }
  w.end_array().end_object();
  return Reply::ok(std::move(out));
}

Reply joined_members(Call& call) {
  auto log = joined_room(call, call.parts[0]);
  if (!log) return std::move(log).error();
  std::string out;
  JsonWriter w(out);
  w.begin_object().key("joined").begin_object();
  for (const auto& [id, member] : (*log)->room().members) {
    if (!is_present(member.standing)) continue;
    w.key(member.account->wire).begin_object();
    w.field("display_name", member.account->first_name);
    if (const auto& avatar = call.hub.user_of(*member.account).avatar; !avatar.empty()) {
      w.field("avatar_url", avatar);
    }
    w.end_object();
  }
  w.end_object().end_object();
  return Reply::ok(std::move(out));
}

Reply room_members(Call& call) {
  auto log = known_room(call, call.parts[0]);
  if (!log) return std::move(log).error();
  const auto wanted = call.query("membership");
  const auto unwanted = call.query("not_membership");
  std::string out = R"({"chunk":[)";
  bool first = true;
  for (const auto& [key, event] : (*log)->state()) {
    if (key.first != mx::kMember) continue;
    const auto* user = call.hub.find_user(key.second);
    if (user == nullptr) continue;
    const auto membership = membership_of(standing_of(**log, *user->account));
    if ((wanted && *wanted != membership) || (unwanted && *unwanted == membership)) continue;
    if (!first) out += ',';
    first = false;
    append_event(out, **log, *event, call.viewer());
  }
  out += "]}";
  return Reply::ok(std::move(out));
}

}  // namespace chorus::sandbox::matrix
