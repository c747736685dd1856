#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/floor.hpp"
#include "chorus/fleet/revalidate.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/notify.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace chorus::fleet::detail {

/// Rooms and their floors: what is heard goes into the room's log, the floor decides once per
/// message whoever of our bots brought it, and the chosen bots get their turns.
class Rooms {
 public:
  explicit Rooms(Core& core) : core_(core), talk_changed_(core.loop) {}

  /// A row of the store becomes a room (or a face of one).
  Room& add(store::RoomRow row);
  /// A message that is durable. Ends in a turn or in one reason.
  void hear(Room& room, std::shared_ptr<Heard> heard);
  /// Reads the room's past where it is not in memory. Unavailable: that is under way, or the fleet
  /// stops.
  rt::Task<Result<void>> ensure_loaded(Room* room);
  /// A line has another text, in the store already.
  void edited(Room& room, store::MessageRow message);
  /// One of our bots has said something there.
  void said(Room& room, RoomLine line);
  /// Its past is in memory (or there is none).
  void loaded(Room& room);
  /// Whether what was decided about `trigger` (0: a bot's own idea) fits what was said since.
  [[nodiscard]] static Revalidation still_fits(const Room& room, MessageRowId trigger,
                                               std::string_view draft);
  /// Written to the store as well.
  void set_member(Room& room, BotId bot, bool member);
  /// Rooms that may talk by themselves begin to. Called when a room, a member or the setting comes.
  void start_talking(Room& room);
  /// `talk_interval` is another one: pauses that are under way are drawn anew.
  void talk_interval_changed();

 private:
  static rt::Task<void> load(Rooms* self, Room* room);
  static rt::Task<void> talk(Rooms* self, Room* room);
  static rt::Task<void> store_membership(Rooms* self, RoomId room, BotId bot, bool member);
  void decide(Room& room, std::shared_ptr<Heard> heard);
  void decide_closed(Room& room, const Heard& heard, Addressed addressed);
  void decide_timer(Room& room);
  bool handle_runtime(Room& room, const std::shared_ptr<Heard>& heard, const Addressed& addressed);
  void review_unsaid(Room& room);
  void person_spoke(Room& room);
  [[nodiscard]] std::shared_ptr<TurnJob> short_reaction(Room& room, Bot& bot, Rng& rng) const;
  void choose_target(TurnJob& job, Rng& rng) const;
  void note_thread(Room& room, const RoomLine& line);
  void address_in_conversation(const Room& room, const Heard& heard, Addressed& addressed) const;
  void stop_at_once(Room& room, const Heard& heard, std::span<const BotId> who);
  void address_without_name(const Room& room, const Heard& heard, Addressed& addressed) const;
  [[nodiscard]] FloorInput floor_input(Room& room, FloorInput::Kind kind, const RoomLine& line);
  void conclude(Room& room, std::shared_ptr<Heard> heard, const FloorDecision& decision);
  void conclude_timer(Room& room, const FloorDecision& decision);
  [[nodiscard]] bool may_think(const FloorDecision& decision);
  void think_first(Room& room, std::shared_ptr<Heard> heard, FloorDecision decision);
  static rt::Task<void> think(Rooms* self, Room* room, std::shared_ptr<Heard> heard,
                              FloorDecision decision);
  void note_talk(const Room& room, const RoomLine& line);
  void end(const Heard& heard, TurnReason reason);
  [[nodiscard]] bool floor_is_taken(const Room& room) const;
  static void remember_asked(Room& room, const Heard& heard, std::span<const BotId> bots);
  static bool is_missed(const Room& room, const Heard& heard, const Addressed& addressed);
  [[nodiscard]] static std::optional<PlatformMessageId> answer_thread(const Room& room,
                                                                      const RoomLine& line,
                                                                      bool asked);
  void give_turns(Room& room, const std::shared_ptr<Heard>& heard, const FloorDecision& decision,
                  bool person_asked);
  void maybe_react(Room& room, const std::shared_ptr<Heard>& heard, const FloorDecision& decision);
  [[nodiscard]] Addressed address(const Room& room, const Heard& heard) const;
  /// False: `address` does not name the bot that the copy came to.
  [[nodiscard]] bool may_name_receiver(const Room& room, const Heard& heard) const;
  [[nodiscard]] std::vector<FloorCandidate> candidates(Room& room, const Heard* heard,
                                                       bool histories) const;
  [[nodiscard]] std::optional<TurnReason> bar_of(const Bot& bot, const Room& room,
                                                 PlatformUserId person) const;

  Core& core_;
  rt::Notify talk_changed_;
  std::size_t in_memory_ = 0;  ///< rooms whose log is loaded
};

}  // namespace chorus::fleet::detail
