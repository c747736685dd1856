#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/platform/matrix/names.hpp"
#include "chorus/proto/matrix/event.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::platform {

/// What an event of a room says to one bot, with the text ids of Matrix.
struct MatrixUpdate {
  store::InboxKind kind = store::InboxKind::Message;
  std::string event_id;
  std::string room_id;
  std::string sender;
  WallTime sent_at{};
  std::string message;  ///< the event that the text belongs to: itself, or the one that is edited
  std::string text;
  bool notice = false;  ///< `m.notice`: bots speak so
  std::string reply_to;
  std::string thread;
  std::vector<std::string> mentions;  ///< user ids
  std::optional<std::string> command;
  std::optional<std::string> command_target;
  std::string member_status;  ///< Membership
};

/// What the fleet wants to hear of `event`: messages and edits of others, and what becomes of the
/// bot's own membership. nullopt: nothing (the bot's own echo, reactions, redacted messages, what
/// cannot be read). Media count by their caption. `ours`: user ids of our bots in the room, whom a
/// text without `m.mentions` may name, and whose own words are left out. Pure.
std::optional<MatrixUpdate> read_matrix_event(const proto::matrix::Event& event,
                                              std::string_view bot_user,
                                              std::span<const std::string> ours);

/// A line of one of our bots that came back: the fleet heard it when it was sent. Pure.
bool is_echo(const proto::matrix::Event& event, std::span<const std::string> ours);

/// What the fleet is told about the room itself.
struct MatrixPlace {
  store::ChatKind kind = store::ChatKind::Supergroup;
  std::string title;
  std::string sender_name;  ///< display name; empty: the localpart
};

/// Asks for every number that `to_incoming` needs.
void ask_names(const MatrixUpdate& update, NameBook& names);
/// The update as the fleet takes it. `names` was filled by `ask_names` and interned. The number of
/// its event is the update's id.
fleet::IncomingUpdate to_incoming(const MatrixUpdate& update, const MatrixPlace& place,
                                  const NameBook& names);

/// `ada` of `@ada:server`; the whole text when it is no user id.
std::string localpart_in(std::string_view user_id);

}  // namespace chorus::platform
