#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::sandbox {

/// The room's lists follow the standing; nobody hears of it yet.
void World::place(Room& room, Account& account, Standing standing) {
  room.members[account.id] = {&account, standing};
  if (account.is_bot) {
    const bool listed = std::ranges::find(room.bots, &account) != room.bots.end();
    if (is_present(standing) && !listed) room.bots.push_back(&account);
    if (!is_present(standing) && listed) std::erase(room.bots, &account);
  }
  if (recorder_ != nullptr) recorder_->member(room, account, standing);
}

void World::apply_standing(Room& room, const StandingChange& change) {
  place(room, change.subject, change.after);
  dialect(room.platform).standing_changed(room, change);
}

void World::change_standing(Room& room, Account& actor, Account& subject, Standing after,
                            std::string_view wire) {
  const auto* member = room.member(subject.id);
  const auto before = member != nullptr ? member->standing : Standing::Left;
  apply_standing(room, {actor, subject, before, after, true, wire});
}

Result<void> World::join(Room& room, Account& account, Account* by) {
  if (room.is_private() || room.deleted) {
    return fail(ErrorCode::InvalidArgument, "this room cannot be joined");
  }
  if (account.removed) return fail(ErrorCode::NotFound, "the account was removed");
  if (account.platform != room.platform) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} is an account of {}, the room is one of {}", account.username,
                            to_string(account.platform), to_string(room.platform)));
  }
  const auto* member = room.member(account.id);
  if (member != nullptr && is_present(member->standing)) {
    return fail(ErrorCode::Conflict, "it is a member already");
  }
  const bool lead = account.admin || (account.is_bot && room.type == RoomType::Channel);
  change_standing(room, by != nullptr ? *by : account, account,
                  lead ? Standing::Administrator : Standing::Member);
  return {};
}

Result<void> World::leave(Room& room, Account& account, bool kicked) {
  const auto* member = room.member(account.id);
  if (room.is_private() || member == nullptr || !is_present(member->standing)) {
    return fail(ErrorCode::NotFound,
                fmt::format("{} is not a member of {}", account.username, room.name));
  }
  // Somebody has to have removed it: the room's creator, or the first person.
  auto* actor = &account;
  if (kicked) {
    for (auto& [id, other] : room.members) {
      if (other.account != &account && !other.account->is_bot && is_present(other.standing)) {
        actor = other.account;
        if (other.standing == Standing::Creator) break;
      }
    }
  }
  change_standing(room, *actor, account, kicked ? Standing::Kicked : Standing::Left);
  return {};
}

Result<void> World::set_standing(Room& room, Account& account, Standing standing) {
  const auto* member = room.member(account.id);
  if (room.is_private() || member == nullptr || !is_present(member->standing) ||
      !is_present(standing)) {
    return fail(ErrorCode::NotFound,
                fmt::format("{} is not a member of {}", account.username, room.name));
  }
  if (member->standing == standing) return {};
  auto* actor = &account;
  for (auto& [id, other] : room.members) {
    if (other.standing == Standing::Creator) actor = other.account;
  }
  change_standing(room, *actor, account, standing);
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
  dialect(room->platform).standing_changed(*room, {person, bot, before, after});
  return {};
}

}  // namespace chorus::sandbox
