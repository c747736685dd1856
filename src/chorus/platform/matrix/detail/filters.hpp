#pragma once

#include "chorus/proto/matrix/sync.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What a bot asks a homeserver for, and how an invitation is read. Not public.
namespace chorus::platform::detail {

/// Of a sync: messages and memberships, names of who speaks, no typing, receipts, presence or
/// account data: each of them would wake the poll. As JSON.
const std::string& sync_filter();
/// The same events for `/messages`.
const std::string& messages_filter();
/// Of a look around: names, members and encryption of rooms, and invitations; no messages.
const std::string& look_around_filter();

struct Invite {
  std::string inviter;
  bool direct = false;
};
/// nullopt: the stripped state does not say who invites `user_id`.
std::optional<Invite> read_invite(const proto::matrix::InvitedRoom& room, std::string_view user_id);

}  // namespace chorus::platform::detail
