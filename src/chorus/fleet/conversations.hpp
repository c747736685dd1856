#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/rt/notify.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chorus::fleet::detail {

/// A bot's exchange with one person, from the line that began it until it ends. It goes on in the
/// platform's thread where it began in one, else along the replies, else (private chats) in the
/// room.
struct Conversation {
  ConversationId id;
  BotId bot;
  Room* room = nullptr;
  PlatformUserId person;
  std::optional<PlatformMessageId> thread;
  WallTime started_at{};
  WallTime last_activity_at{};
  bool working = false;            ///< a turn of it holds or waits for a slot
  std::deque<MessageRowId> lines;  ///< of the person: the first, then the newest ones
};

/// The conversations that have not ended: which of them a line goes on with, and their rows in the
/// store. Who may work is Admission's. One thread. Memory: what the conversation manager admits,
/// and at most 16 of one person in one room.
class Conversations {
 public:
  explicit Conversations(Core& core) : core_(core), wake_(core.loop) {}

  [[nodiscard]] Conversation* find(ConversationId id) const;
  /// The one that a person's `line` goes on with, when it speaks to `bot` in `thread`; nullptr:
  /// none. O(own conversations in that room x length of the chain, at most 16 x 8).
  [[nodiscard]] Conversation* of(const Room& room, const RoomLine& line, BotId bot,
                                 std::optional<PlatformMessageId> thread) const;
  /// The same for a line that names nobody: the one that was active last.
  [[nodiscard]] Conversation* going_on(const Room& room, const RoomLine& line) const;
  /// Of one person, all or in one room, in order of room, bot and begin.
  [[nodiscard]] std::vector<Conversation*> of_person(PlatformUserId person,
                                                     const Room* room = nullptr) const;
  /// In order of room, person, bot and begin.
  [[nodiscard]] std::vector<const Conversation*> all() const;
  /// The one of a person in a room that has rested longest, when they have as many as one may have.
  [[nodiscard]] Conversation* surplus(const Room& room, PlatformUserId person) const;

  Conversation& begin(ConversationId id, Room& room, BotId bot, const RoomLine& line,
                      std::optional<PlatformMessageId> thread);
  /// The person said that in it and a turn answers.
  void goes_on(Conversation& conversation, MessageRowId line);
  /// Its turn is over.
  void rests(Conversation& conversation);
  void rename(Conversation& conversation, ConversationId id);
  /// It has ended: gone here and, soon, from the store.
  void end(ConversationId id);
  /// The process ends: gone here only.
  void drop(ConversationId id);
  /// A row of an earlier process. nullptr: its bot or room is gone, and so is the row, soon.
  Conversation* restore(const store::ConversationRow& row);

  /// Writes what has changed. Runs until the scope stops.
  rt::Task<void> keep_writing();
  /// Writes what still waits to be written; for the stop. One attempt.
  rt::Task<void> flush();

 private:
  using Key = std::tuple<RoomId, PlatformUserId, BotId, ConversationId>;
  static Key key_of(const Conversation& c) { return {c.room->id(), c.person, c.bot, c.id}; }
  /// Those of one person in one room (of one bot, where it is not 0).
  template <class Each>
  void each_of(const Room& room, PlatformUserId person, BotId bot, Each each) const;
  Conversation& add(std::unique_ptr<Conversation> conversation);
  void changed(ConversationId id);
  rt::Task<bool> write();

  Core& core_;
  std::map<Key, Conversation*> by_place_;
  std::unordered_map<ConversationId, std::unique_ptr<Conversation>> by_id_;
  std::set<ConversationId> changed_;  ///< to be written; of those that are gone the row goes
  rt::Notify wake_;
};

}  // namespace chorus::fleet::detail
