#pragma once

#include "chorus/base/error.hpp"
#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/detail/inbox_payload.hpp"
#include "chorus/rt/notify.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace chorus::fleet::detail {

/// Takes updates in: durable first, then to the rooms. Each accepted update ends in exactly one
/// Done or Skipped. Memory is bounded by `inbox_memory`; beyond it updates wait in the store and
/// are read again, in order, when there is room.
class Inbox {
 public:
  explicit Inbox(Core& core);

  /// Fleet::accept. Unavailable when the store does not commit in `accept_timeout`. Neither that
  /// nor a caller that goes away stops it: what is becoming durable is delivered too, because the
  /// platform's next copy of it will be a duplicate.
  rt::Task<Result<void>> accept(Bot* bot, std::vector<IncomingUpdate> updates,
                                std::optional<std::int64_t> next_offset);
  /// Reads what an earlier run left undone, and later what did not fit. Runs until the scope stops.
  rt::Task<void> keep_reading();
  /// Writes the ends that came without a send, in batches. Runs until the scope stops.
  rt::Task<void> keep_finishing();
  /// Writes what still waits to be written; for the stop.
  rt::Task<void> flush();

  /// An update ends without a turn.
  void finish(InboxId id, store::InboxState state, TurnReason reason);
  /// Nobody speaks: the decision is stored, in one transaction with the end of its update when it
  /// has one (0: none).
  void finish_silent(InboxId id, TurnReason reason, store::TurnRow decision);
  /// An update's end went into the store with a turn.
  void finished(InboxId id);

  [[nodiscard]] std::size_t in_memory() const { return in_memory_.size(); }
  [[nodiscard]] bool has_backlog() const { return backlog_; }

 private:
  struct Caller;
  /// One call of `accept` on its way into the store.
  struct Arrival {
    std::shared_ptr<Caller> caller;
    Bot* bot;
    std::vector<IncomingUpdate> updates;
    std::vector<Room*> rooms;  ///< one per update; none where it has no room
    std::optional<std::int64_t> next_offset;
  };
  /// The rows of one update as far as they are needed to deliver it.
  struct Incoming {
    store::InboxRow inbox;
    std::optional<store::MessageRow> message;
  };
  static Incoming without_texts(const store::InboundUpdate& rows);
  void join(Arrival arrival, std::vector<Room*> rooms);
  static rt::Task<void> accept_joined(Inbox* self);
  static rt::Task<void> accept_apart(Inbox* self, Arrival arrival);
  rt::Task<void> take_in(std::vector<Arrival> arrivals);
  void taken(Incoming incoming, IncomingUpdate update, const store::AcceptOutcome& outcome,
             std::size_t at);
  struct Place {
    PlatformChatId chat;
    store::ChatKind kind = store::ChatKind::Group;
    std::string title;
  };
  [[nodiscard]] Room* known_room(const Bot& bot, PlatformChatId chat, store::ChatKind told) const;
  [[nodiscard]] std::optional<std::vector<Room*>> rooms_known(
      const Bot& bot, const std::vector<IncomingUpdate>& updates) const;
  rt::Task<Result<Room*>> room_of(Bot* bot, Place place);
  rt::Task<Result<std::vector<Room*>>> rooms_of(Bot* bot,
                                                const std::vector<IncomingUpdate>& updates);
  store::InboundUpdate to_rows(const Bot& bot, const IncomingUpdate& update, Room* room);
  void deliver(store::InboxRow inbox, std::optional<store::MessageRow> message,
               InboxPayload payload, bool first_seen);
  void deliver_message(const store::InboxRow& inbox, store::MessageRow message,
                       InboxPayload payload, bool first_seen);
  void deliver_callback(const store::InboxRow& inbox, const InboxPayload& payload);
  void deliver_membership(const store::InboxRow& inbox, const InboxPayload& payload);
  rt::Task<bool> read_some();
  rt::Task<bool> write_ends();

  Core& core_;
  std::vector<Arrival> arrivals_;  ///< of this turn of the loop
  std::unordered_set<InboxId> in_memory_;
  struct End {
    store::InboxDone update;                 ///< id 0: the decision has no update
    std::optional<store::TurnRow> decision;  ///< none: nothing was there to be decided
  };
  std::vector<End> ends_;  ///< to be written; part of in_memory_, or else at most `inbox_memory`
  rt::Notify wake_reader_;
  rt::Notify wake_writer_;
  bool backlog_ = true;  ///< at the start: what an earlier run left
  InboxId read_up_to_;
  std::uint64_t deferred_ = 0;  ///< updates left to the reader
  bool reading_ = false;
  /// Ends that became durable while a batch was being read: the batch may still show them undone.
  std::unordered_set<InboxId> finished_while_reading_;
};

}  // namespace chorus::fleet::detail
