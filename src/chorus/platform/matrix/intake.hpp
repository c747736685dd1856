#pragma once

#include "chorus/base/random.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/platform/matrix/client.hpp"
#include "chorus/platform/matrix/options.hpp"
#include "chorus/platform/matrix/rooms.hpp"
#include "chorus/proto/matrix/event.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/store/store.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::platform {

/// What comes in from a homeserver, whichever way it came: events become updates of the bots
/// concerned, invitations are taken or refused, encrypted rooms are told once that bots cannot read
/// them.
///
/// Which rooms a bot is in is kept durably where the homeserver pushes (`keeps_rooms`), so that no
/// event is confirmed after a restart before its bots are known.
///
/// One loop; everything given by reference outlives the intake. `close` before destruction.
class MatrixIntake {
 public:
  struct Parts {
    rt::Loop& loop;
    net::Transport& transport;
    store::Store& store;
    fleet::InboxPort& inbox;
    MatrixRooms& rooms;
    MatrixClient& client;
    metrics::Registry& metrics;
    Rng rng;
  };
  MatrixIntake(Parts parts, const MatrixOptions& options);
  ~MatrixIntake();
  MatrixIntake(const MatrixIntake&) = delete;
  MatrixIntake& operator=(const MatrixIntake&) = delete;

  /// What earlier runs noted: rooms that were told of, rooms of `bots` (those of the application
  /// service). Errors: those of the store.
  rt::Task<Result<void>> restore(std::vector<fleet::BotAccess> bots);
  /// `restore` has ended: before that nobody knows whom an event concerns.
  [[nodiscard]] bool ready() const { return ready_; }

  /// The bot hears from now on.
  void add(fleet::BotAccess bot, std::string user_id);
  void remove(BotId bot);
  [[nodiscard]] bool knows_user(std::string_view user_id) const;

  /// Events with their `room_id`, in the order of the server, for one bot or for every bot that is
  /// in the room. Durable in the inbox of all of them on success; else nothing is confirmed and the
  /// same events may come again. Errors: those of the inbox and the store.
  rt::Task<Result<void>> take(std::vector<proto::matrix::Event> events, std::optional<BotId> only);

  /// Asks which rooms the bot is in and where it is invited; both are then known. For starts: what
  /// happened while nobody listened is found here.
  rt::Task<Result<void>> look_around(BotId bot);

  /// An invitation: taken by the rules of the configuration, else refused and logged once.
  void invited(BotId bot, std::string room_id, std::string inviter, bool direct);
  /// The bot joins a room, by id or alias: now, or as soon as it hears.
  void want(BotId bot, std::string room);
  /// The room is encrypted: said there once, by that bot.
  void note_encrypted(BotId bot, std::string_view room_id);

  /// Lines of our bots that came back to others of them, and were not taken in again.
  [[nodiscard]] std::uint64_t echoes() const { return echoes_.value(); }
  /// Updates taken in that are no messages but tell a bot where it is a member.
  [[nodiscard]] std::uint64_t memberships() const { return memberships_; }

  rt::Task<void> close();

 private:
  struct Hearer {
    fleet::BotAccess access;
    std::string user_id;
  };
  struct Delivery;
  /// The bot whom the event makes a member or no longer one; invitations are answered.
  /// `described`: rooms that were asked about already.
  rt::Task<Result<void>> note_membership(const proto::matrix::Event& event,
                                         const std::set<std::string>& described);
  rt::Task<Result<void>> set_room(BotId bot, std::string room_id, bool member);
  std::vector<BotId> hearers_of(const proto::matrix::Event& event, std::optional<BotId> only) const;
  static rt::Task<void> hand_over(MatrixIntake* self, Delivery* delivery);
  static rt::Task<void> join(MatrixIntake* self, BotId bot, std::string room_id);
  static rt::Task<void> refuse(MatrixIntake* self, BotId bot, std::string room_id,
                               std::string inviter);
  static rt::Task<void> tell_encrypted(MatrixIntake* self, fleet::BotAccess bot,
                                       std::string room_id);
  rt::Task<void> describe(BotId bot, std::string room_id);
  /// The rooms that these events make bots of ours members of, asked about side by side: a push may
  /// hold a hundred of them. Cancelled: nullopt.
  rt::Task<std::optional<std::set<std::string>>> describe_joined(
      const std::vector<proto::matrix::Event>& events);
  rt::Task<std::optional<std::string>> ask(BotId bot, std::string path);

  Parts parts_;
  MatrixOptions options_;
  bool keeps_rooms_;
  bool ready_ = false;
  std::map<BotId, Hearer> hearers_;
  std::map<std::string, BotId, std::less<>> by_user_;
  std::map<BotId, std::vector<std::string>> wanted_;
  std::set<std::string, std::less<>> told_;            ///< encrypted rooms
  std::set<std::pair<BotId, std::string>> under_way_;  ///< invitations being answered
  metrics::Counter& updates_;
  metrics::Counter& echoes_;
  std::uint64_t memberships_ = 0;
  rt::TaskScope scope_;
};

}  // namespace chorus::platform
