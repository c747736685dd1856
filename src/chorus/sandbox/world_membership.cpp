#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::sandbox {

const Message& World::service_message(Room& room, ServiceKind kind, Account& actor,
                                      Account& subject, std::string_view text) {
  Message message;
  message.kind = MessageKind::Service;
  message.from = &actor;
  message.wire = dialect(room.platform).service_wire(kind, subject, text);
  auto& added = append(room, std::move(message));
  // Service messages go to every bot in every mode, also to the one that caused them.
  deliver_to_all(room, added, EventKind::Message, nullptr);
  if (recorder_ != nullptr) recorder_->message(room, added);
  return added;
}

void World::tell_membership(Room& room, Account& actor, Account& subject, Standing before,
                            Standing after) {
  const auto& form = dialect(room.platform);
  const auto send = [&](Account& bot, EventKind kind) {
    if (bot.removed || (bot.wanted & bit(kind)) == 0) return;
    auto event = make_event(kind, room, PlatformMessageId(0), actor.id);
    event->body =
        form.membership_event(kind, room, actor, subject, before, after, clock_.wall_now());
    const auto number = bot.queue->tail();
    if (enqueue(bot, event) && recorder_ != nullptr) {
      const std::pair<PlatformUserId, std::int64_t> entry(bot.id, number);
      recorder_->event(*event, {&entry, 1});
    }
  };
  if (subject.is_bot) send(subject, EventKind::OwnMembership);
  for (auto* bot : room.bots) {
    if (bot != &subject && is_admin(room.members[bot->id].standing)) {
      send(*bot, EventKind::Membership);
    }
  }
}

Result<void> World::join(Room& room, Account& account, Account* by) {
  if (room.is_private() || room.deleted) {
    return fail(ErrorCode::InvalidArgument, "this room cannot be joined");
  }
  if (account.removed) return fail(ErrorCode::NotFound, "the account was removed");
  auto [it, fresh] = room.members.try_emplace(account.id, Member{&account, Standing::Left});
  const auto before = it->second.standing;
  if (is_present(before)) return fail(ErrorCode::Conflict, "it is a member already");
  const bool lead = account.admin || (account.is_bot && room.type == RoomType::Channel);
  it->second.standing = lead ? Standing::Administrator : Standing::Member;
  if (account.is_bot) room.bots.push_back(&account);
  if (recorder_ != nullptr) recorder_->member(room, account, it->second.standing);
  auto& actor = by != nullptr ? *by : account;
  tell_membership(room, actor, account, before, it->second.standing);
  if (room.type != RoomType::Channel) {
    service_message(room, ServiceKind::Joined, actor, account, {});
  }
  return {};
}

Result<void> World::leave(Room& room, Account& account, bool kicked) {
  auto it = room.members.find(account.id);
  if (room.is_private() || it == room.members.end() || !is_present(it->second.standing)) {
    return fail(ErrorCode::NotFound,
                fmt::format("{} is not a member of {}", account.username, room.name));
  }
  const auto before = it->second.standing;
  const auto after = kicked ? Standing::Kicked : Standing::Left;
  // Somebody has to have removed it: the room's creator, or the first person.
  auto* actor = &account;
  if (kicked) {
    for (auto& [id, member] : room.members) {
      if (member.account != &account && !member.account->is_bot && is_present(member.standing)) {
        actor = member.account;
        if (member.standing == Standing::Creator) break;
      }
    }
  }
  if (room.type != RoomType::Channel) service_message(room, ServiceKind::Left, *actor, account, {});
  it->second.standing = after;
  std::erase(room.bots, &account);
  if (recorder_ != nullptr) recorder_->member(room, account, after);
  tell_membership(room, *actor, account, before, after);
  return {};
}

Result<void> World::set_standing(Room& room, Account& account, Standing standing) {
  auto it = room.members.find(account.id);
  if (room.is_private() || it == room.members.end() || !is_present(it->second.standing) ||
      !is_present(standing)) {
    return fail(ErrorCode::NotFound,
                fmt::format("{} is not a member of {}", account.username, room.name));
  }
  const auto before = it->second.standing;
  if (before == standing) return {};
  it->second.standing = standing;
  if (recorder_ != nullptr) recorder_->member(room, account, standing);
  auto* actor = &account;
  for (auto& [id, member] : room.members) {
    if (member.standing == Standing::Creator) actor = member.account;
  }
  tell_membership(room, *actor, account, before, standing);
  return {};
}

Result<void> World::set_blocked(Account& person, Account& bot, bool blocked) {
  if (!bot.is_bot || person.is_bot) {
    return fail(ErrorCode::InvalidArgument, "a person blocks a bot");
  }
  auto* room = find_private(bot.id, person.id);
  if (room == nullptr || !room->started) {
    return fail(ErrorCode::NotFound, "they have no private chat yet");
  }
  if (room->blocked == blocked) return {};
  room->blocked = blocked;
  if (recorder_ != nullptr) recorder_->room(*room);
  const auto before = blocked ? Standing::Member : Standing::Kicked;
  const auto after = blocked ? Standing::Kicked : Standing::Member;
  tell_membership(*room, person, bot, before, after);
  return {};
}

}  // namespace chorus::sandbox
