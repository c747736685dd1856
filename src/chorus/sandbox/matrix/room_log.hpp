#pragma once

#include "chorus/base/json.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/sandbox/matrix/power_levels.hpp"
#include "chorus/sandbox/model.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chorus::sandbox::matrix {

/// One event of a room, encoded once. Owners: the room's log, and answers under way.
struct LogEvent {
  std::int64_t position = 0;  ///< in the server's one stream
  std::string id;
  std::string type;
  std::optional<std::string> state_key;
  Account* sender = nullptr;
  std::int64_t ts = 0;        ///< milliseconds
  std::string content;        ///< a JSON object
  std::string wire;           ///< the event object without its closing brace, room and `unsigned`
  std::string redacts;        ///< m.room.redaction: the target
  PlatformMessageId message;  ///< the world's message that this event is, 0 for none
  proto::matrix::Relation relation;
  std::shared_ptr<LogEvent> replaces;        ///< the state event before it
  std::shared_ptr<const LogEvent> redacted;  ///< by this event
  // Who sent it, for `unsigned.transaction_id`.
  std::string device;
  std::string txn_id;
};
using EventPtr = std::shared_ptr<LogEvent>;

/// History and state of one room. Bounded: the newest events; state events stay while they are
/// current, and one before each. One thread.
class RoomLog {
 public:
  static constexpr std::size_t kMaxEvents = 2000;

  explicit RoomLog(Room& room) : room_(&room) {}

  [[nodiscard]] Room& room() const { return *room_; }
  [[nodiscard]] const std::string& id() const { return room_->wire; }

  void append(EventPtr event);
  /// Strips the target of `redaction`; nothing when it is unknown. Relations of it go.
  void apply_redaction(const EventPtr& redaction);

  [[nodiscard]] EventPtr find(std::string_view event_id) const;
  [[nodiscard]] EventPtr find_message(PlatformMessageId message) const;
  [[nodiscard]] const std::deque<EventPtr>& events() const { return events_; }
  [[nodiscard]] std::int64_t last_position() const { return last_position_; }
  /// Index of the first kept event behind `position`.
  [[nodiscard]] std::size_t index_after(std::int64_t position) const;

  using StateKey = std::pair<std::string, std::string>;
  [[nodiscard]] const std::map<StateKey, EventPtr>& state() const { return state_; }
  [[nodiscard]] EventPtr state_of(std::string_view type, std::string_view key = {}) const;
  /// The state event of an entry as it was at `position`; nullptr when there was none.
  [[nodiscard]] static EventPtr as_of(EventPtr current, std::int64_t position);
  [[nodiscard]] const PowerLevels& levels() const { return levels_; }

  /// Events that relate to `event_id`, oldest first.
  [[nodiscard]] const std::vector<EventPtr>& children(std::string_view event_id) const;

 private:
  void index(const EventPtr& event);
  void forget_oldest();

  Room* room_;
  std::deque<EventPtr> events_;
  std::map<StateKey, EventPtr> state_;
  std::unordered_map<std::string, EventPtr> by_id_;
  std::unordered_map<std::int64_t, EventPtr> by_message_;
  std::unordered_map<std::string, std::vector<EventPtr>> children_;
  PowerLevels levels_;
  std::int64_t last_position_ = 0;
};

/// Fills `wire` from the other members.
void encode(LogEvent& event);

}  // namespace chorus::sandbox::matrix
