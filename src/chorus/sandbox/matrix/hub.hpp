#pragma once

#include "chorus/base/random.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/sandbox/dialect.hpp"
#include "chorus/sandbox/matrix/ephemeral.hpp"
#include "chorus/sandbox/matrix/room_log.hpp"
#include "chorus/sandbox/matrix/transactions.hpp"
#include "chorus/sandbox/matrix/users.hpp"
#include "chorus/sandbox/world.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::sandbox::matrix {

/// What a call adds to the event that it makes: who sent it from where, and its content as it came.
/// The first event that is made under it takes it.
struct Origin {
  std::string type;
  std::string content;
  std::string device;
  std::string txn_id;
  std::string txn_key;             ///< empty: not to be remembered
  std::optional<std::int64_t> ts;  ///< application services may set the time
  EventPtr made;                   ///< out: the event
};

/// How a new room begins; made of the body of createRoom.
struct Opening {
  std::string version = "11";
  std::string preset = "public_chat";
  std::string creation_content = "{}";
  std::string power_overrides = "{}";
  std::string alias;
  std::string name;
  std::string topic;
  struct State {
    std::string type;
    std::string key;
    std::string content;
  };
  std::vector<State> initial_state;
  std::vector<Account*> trusted;  ///< get the creator's level
};

/// The homeserver's state beside the world: histories, users, devices, transaction ids, and the one
/// stream of positions that sync tokens name. It makes and keeps; the dialect calls it when the
/// world changes, the door when clients ask. One thread.
class Hub {
 public:
  Hub(rt::Loop& loop, World& world, std::string server_name);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] rt::Loop& loop() const { return loop_; }
  [[nodiscard]] const std::string& server_name() const { return server_name_; }

  // Users.
  User& user_of(Account& account);
  [[nodiscard]] User* find_user(std::string_view user_id) const;
  [[nodiscard]] bool was_removed(std::string_view user_id) const;
  [[nodiscard]] std::string user_id_of(const Account& account) const;
  struct Session {
    User* user = nullptr;
    std::string device;
  };
  [[nodiscard]] std::optional<Session> find_session(std::string_view token) const;
  /// A new token; the device's old one stops to work.
  const Device& add_device(User& user, std::string id, std::string name, std::string token = {});
  void remove_device(User& user, const std::string& id);
  void set_password(User& user, std::string password);
  void set_avatar(User& user, std::string url);
  std::string add_filter(User& user, std::string filter);
  void set_data(User& user, const std::string& room, const std::string& type, std::string content);
  /// The account that opens rooms which nobody opened.
  Account& host();

  // Rooms.
  [[nodiscard]] RoomLog* find_log(std::string_view room_id) const;
  RoomLog& log_of(Room& room);
  [[nodiscard]] RoomLog* find_alias(std::string_view alias) const;
  void set_alias(const std::string& alias, RoomLog& log);
  void remove_alias(const std::string& alias);
  void open(Room& room, const Opening& opening);

  /// Adds an event; whoever may see it hears of it. With an origin set (and not used up) its parts
  /// win over those given.
  EventPtr add(RoomLog& log, Account& sender, std::string type, std::string content,
               std::optional<std::string> state_key = std::nullopt, PlatformMessageId message = {});
  /// The same for m.room.redaction.
  EventPtr add_redaction(RoomLog& log, Account& sender, const std::string& target,
                         std::string content);
  /// A member became an administrator or one no more: its power level follows.
  void set_level(RoomLog& log, const StandingChange& change);
  /// Content of m.room.member with the account's profile.
  std::string member_content(Account& account, std::string_view membership);
  void set_receipt(RoomLog& log, User& user, const Receipt& receipt);
  void set_typing(RoomLog& log, User& user, bool typing, Duration timeout);
  /// Ends what nobody renewed; true while somebody types.
  bool expire_typing();

  class Using;  ///< sets the origin while it lives
  class Held;   ///< a sync that waits, while it lives
  [[nodiscard]] Origin* origin() const { return origin_; }
  void set_origin(Origin* origin) { origin_ = origin; }
  void set_opening(const Opening* opening) { opening_ = opening; }
  [[nodiscard]] const Opening* opening() const { return opening_; }

  // The stream.
  [[nodiscard]] std::int64_t position() const { return position_; }
  std::int64_t next_position();
  void wake(User& user);
  void wake_all();
  void wake_members(const RoomLog& log, const User* also = nullptr);
  /// A membership became another one: the user's room list and the services' counts follow.
  void note_membership(RoomLog& log, const Account& subject);

  Transactions& transactions() { return transactions_; }
  void set_service_of(std::function<AppService*(std::string_view user_id)> lookup) {
    service_of_ = std::move(lookup);
  }
  /// Called with every new event.
  void on_event(std::function<void(RoomLog&, const EventPtr&)> hook) { hook_ = std::move(hook); }
  void on_membership(std::function<void(RoomLog&, const Account&)> hook) {
    membership_hook_ = std::move(hook);
  }
  Ephemerals& ephemerals() { return ephemerals_; }

  // Journal. `record` writes one; the others are the dialect's halves.
  void record(std::string_view line);
  void write_records(const Dialect::RecordSink& sink) const;
  bool restore(const json::object& record);
  void forget_all();

 private:
  void take(RoomLog& log, EventPtr event, const std::string& txn_key);
  void add_join(RoomLog& log, Account& account);
  void record_event(const RoomLog& log, const LogEvent& event, const std::string& txn_key);
  void remember_reservation();
  bool restore_event(const json::object& record);
  bool restore_user(const json::object& record, std::string_view kind);
  bool restore_receipt(RoomLog& log, const json::object& record);
  static void write_user(const Dialect::RecordSink& sink, const User& user);
  static std::string receipt_record(const RoomLog& log, const User& user, const Receipt& receipt);
  [[nodiscard]] std::string make_event_id(const RoomLog& log, std::int64_t position) const;

  rt::Loop& loop_;
  World& world_;
  std::string server_name_;
  std::unordered_map<PlatformUserId, std::shared_ptr<User>> users_;
  std::unordered_map<std::string, User*> by_user_id_;
  std::unordered_map<std::string, Session> sessions_;
  std::unordered_map<std::int64_t, std::unique_ptr<RoomLog>> logs_;  // by the room's serial
  std::unordered_map<std::string, RoomLog*> by_room_id_;
  std::map<std::string, RoomLog*> aliases_;
  std::vector<User*> held_;  // users with a held sync
  Transactions transactions_;
  Ephemerals ephemerals_;
  Origin* origin_ = nullptr;
  const Opening* opening_ = nullptr;
  std::function<AppService*(std::string_view)> service_of_;
  std::function<void(RoomLog&, const EventPtr&)> hook_;
  std::function<void(RoomLog&, const Account&)> membership_hook_;
  std::int64_t position_ = 0;
  std::int64_t reserved_ = 0;
};

class Hub::Using {
 public:
  Using(Hub& hub, Origin& origin) : hub_(hub), before_(hub.origin()) { hub.set_origin(&origin); }
  ~Using() { hub_.set_origin(before_); }
  Using(const Using&) = delete;
  Using& operator=(const Using&) = delete;

 private:
  Hub& hub_;
  Origin* before_;
};

class Hub::Held {
 public:
  Held(Hub& hub, User& user);
  ~Held();
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  Hub& hub_;
  std::shared_ptr<User> user_;
};

}  // namespace chorus::sandbox::matrix
