#pragma once

#include "chorus/net/transport.hpp"
#include "chorus/proto/matrix/appservice.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/matrix/hub.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace chorus::sandbox::matrix {

/// One registered application service: its namespace, and the lane of events to it. Strictly
/// ordered, one transaction under way, the same one again after a failure, waiting 2, 4 ... 512 s.
/// Source: reference matrix.md 1.6.
class AppService {
 public:
  /// Waiting events beyond this are dropped, the newest first; said once in the log.
  static constexpr std::size_t kMostWaiting = 200'000;

  AppService(rt::Loop& loop, proto::matrix::Registration registration);

  [[nodiscard]] const proto::matrix::Registration& registration() const { return registration_; }
  /// Whether the id is in its namespace, or its own.
  [[nodiscard]] bool owns(std::string_view user_id) const;
  [[nodiscard]] bool is_exclusive(std::string_view user_id) const;
  [[nodiscard]] User* sender() const { return sender_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  [[nodiscard]] std::int64_t confirmed() const { return confirmed_; }
  [[nodiscard]] std::int64_t failures() const { return failures_; }

 private:
  friend class AppServices;
  struct Item {
    RoomLog* log;
    EventPtr event;
  };
  struct Pattern {
    std::regex regex;
    bool exclusive;
  };

  proto::matrix::Registration registration_;
  std::vector<Pattern> patterns_;
  User* sender_ = nullptr;
  // Its users that are in a room, by the room's serial.
  std::unordered_map<std::int64_t, std::unordered_set<PlatformUserId>> members_;
  std::deque<Item> queue_;
  rt::Notify wake_;
  std::int64_t confirmed_ = 0;  // position of the newest event that it has
  std::int64_t next_txn_ = 1;
  std::int64_t failures_ = 0;  // in a row
  /// A transaction that was sent before a restart and may have arrived: its last position.
  std::int64_t under_way_ = 0;
  bool stopped_ = false;
  bool has_lane_ = false;
  bool told_full_ = false;
};

/// Every application service of the homeserver. `stop` must be awaited before the destruction.
class AppServices {
 public:
  AppServices(rt::Loop& loop, Hub& hub, Faults& faults, net::Transport& transport);
  ~AppServices();

  /// Its sender becomes an account. Errors: InvalidArgument (a bad regex, a url that is not
  /// loopback, no room for the account), Conflict (id or token taken).
  Result<AppService*> add(proto::matrix::Registration registration);
  /// The same from a registration as JSON, as the control API takes it: tokens that are missing are
  /// minted, an empty namespace is every user. Of a service that is there already (same id, same
  /// as_token) only the url changes: it may not know where it listens before it runs. Answers the
  /// complete registration.
  Result<std::string> register_from(const json::object& object);
  /// `[{id, url, waiting, failures}]`
  [[nodiscard]] std::string list() const;
  [[nodiscard]] AppService* find_token(std::string_view as_token) const;
  [[nodiscard]] AppService* service_of(std::string_view user_id) const;
  [[nodiscard]] bool is_exclusive(std::string_view user_id) const;
  [[nodiscard]] const std::map<std::string, std::unique_ptr<AppService>>& all() const {
    return services_;
  }

  void on_event(RoomLog& log, const EventPtr& event);
  void on_membership(RoomLog& log, const Account& subject);
  /// Begins to push (after a restart, too).
  void start();
  rt::Task<void> stop(Duration grace);
  /// Asks the service for a sign of life; the status that it answered, 0 for none.
  rt::Task<int> ping(AppService* service, std::string transaction);

  void write_records(const Dialect::RecordSink& sink) const;
  bool restore(const json::object& record);
  void forget_all();

 private:
  Result<void> move(AppService& service, std::string url);
  void spawn_lane(AppService& service);
  static rt::Task<void> run(AppServices* self, std::string id);
  rt::Task<bool> push(AppService* service, std::string txn, std::string body, std::size_t count);
  void confirm(AppService& service, std::size_t count);
  void count_members(AppService& service);
  void requeue(AppService& service);
  [[nodiscard]] bool is_interested(const AppService& service, const RoomLog& log,
                                   const LogEvent& event) const;
  void push_back(AppService& service, RoomLog& log, const EventPtr& event);
  Result<AppService*> insert(proto::matrix::Registration registration);

  rt::Loop& loop_;
  Hub& hub_;
  Faults& faults_;
  net::Transport& transport_;
  rt::TaskScope scope_;
  bool started_ = false;
  std::size_t active_ = 0;
  std::map<std::string, std::unique_ptr<AppService>> services_;
  std::vector<std::unique_ptr<AppService>> retired_;  // of an emptied world: their lanes end first
};

/// The event as a service gets it: with its room and `unsigned`.
std::string pushed_event(const RoomLog& log, const LogEvent& event, std::int64_t now_ms);

}  // namespace chorus::sandbox::matrix
