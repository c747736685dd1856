#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/platform/matrix/compose.hpp"
#include "chorus/platform/matrix/mapping.hpp"
#include "chorus/proto/matrix/event.hpp"
#include "chorus/proto/matrix/sync.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::platform {

/// What is known of the rooms that our bots are in: names, encryption, who of ours is there. Kept
/// in memory and read again from the homeserver after a start. At most 2,000 names a room are kept,
/// and as many rooms as our bots are in. One thread.
class MatrixRooms {
 public:
  /// What an event changes, state or timeline.
  void learn(std::string_view room_id, const proto::matrix::Event& event);
  /// Counts of members, from a sync's summary or a list of members.
  void set_members(std::string_view room_id, std::int64_t joined_or_invited);
  /// The room was made as a talk of two.
  void set_direct(std::string_view room_id);

  void add_bot(std::string_view room_id, BotId bot, std::string_view user_id);
  void remove_bot(std::string_view room_id, BotId bot);
  /// Out of all rooms.
  void remove_bot(BotId bot);
  [[nodiscard]] bool has_bot(std::string_view room_id, BotId bot) const;
  /// In order of id.
  [[nodiscard]] std::vector<BotId> bots_in(std::string_view room_id) const;
  /// User ids of our bots there.
  [[nodiscard]] std::vector<std::string> users_in(std::string_view room_id) const;

  [[nodiscard]] MatrixPlace place(std::string_view room_id, std::string_view sender) const;
  [[nodiscard]] bool is_encrypted(std::string_view room_id) const;
  /// Room ids, in order.
  [[nodiscard]] std::vector<std::string> encrypted_rooms() const;
  /// Somebody who spoke or was named there, by lower case localpart.
  [[nodiscard]] std::optional<MatrixMember> member(std::string_view room_id,
                                                   std::string_view localpart) const;

 private:
  struct Room {
    std::string name;
    bool encrypted = false;
    bool direct = false;
    std::int64_t members = 0;                               ///< joined or invited; 0: not known
    std::map<std::string, std::string, std::less<>> names;  ///< user id -> display name
    std::map<std::string, std::string, std::less<>> localparts;  ///< lower case -> user id
    std::map<BotId, std::string> bots;                           ///< -> user id
  };
  [[nodiscard]] const Room* find(std::string_view room_id) const;
  Room& at(std::string_view room_id);
  void learn_member(Room& room, std::string_view user_id, std::string name);

  std::map<std::string, Room, std::less<>> rooms_;
};

}  // namespace chorus::platform
