#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/ports.hpp"

#include <string>
#include <string_view>

namespace chorus::fleet::detail {

/// What an inbox row must hold beside the room log's line so that the update can be taken up again
/// after a restart: addressing of messages, a callback's id, a bot's new status.
struct InboxPayload {
  std::vector<std::string> mentions;
  std::vector<PlatformUserId> mentioned_users;
  std::optional<PlatformUserId> reply_to_user;
  std::optional<std::string> command;
  std::string command_target;
  std::string username;
  std::string language;
  std::string callback_id;
  std::string member_status;
};

/// The same straight from an update, without a document in between.
InboxPayload payload_of(IncomingUpdate update);
/// JSON; empty when there is nothing to keep.
std::string write_payload(const IncomingUpdate& update);
/// Text that is not such a document gives an empty payload: the line itself is in the room log.
InboxPayload read_payload(std::string_view text);

/// The platform's word for a bot's place in a chat means that it is in there.
bool is_member(std::string_view status);

}  // namespace chorus::fleet::detail
