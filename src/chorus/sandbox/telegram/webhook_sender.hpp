#pragma once

#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/world.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chorus::sandbox::telegram {

struct WebhookConfig {
  std::string url;
  std::string secret;
  std::string ip_address;
  int max_connections = 40;
  bool has_certificate = false;

  [[nodiscard]] std::string to_json() const;
  static Result<WebhookConfig> from_json(std::string_view text);
};

/// Pushes one bot's updates to its webhook as the platform does: one update per request, updates of
/// one chat in order and one at a time, chats in parallel up to `max_connections`, failed ones
/// again with growing delays until they expire. Runs in the door's scope; its tasks share its
/// ownership, so it may be dropped at any time after `stop`. Source: reference telegram.md 5.
class WebhookSender : public std::enable_shared_from_this<WebhookSender> {
 public:
  struct Parts {
    rt::Loop& loop;
    World& world;
    Faults& faults;
    net::Transport& transport;
    rt::TaskScope& scope;
  };
  /// What the door does for a sender: run the API call in an answer's body, take away a webhook
  /// that answered 410 for too long.
  struct Hooks {
    std::function<void(PlatformUserId bot, std::string content_type, std::string body)> reply;
    std::function<void(PlatformUserId bot)> gone;
  };

  WebhookSender(Parts parts, PlatformUserId bot, WebhookConfig config, Hooks hooks, Rng rng);

  /// Takes what waits in the queue and begins.
  void start();
  void on_added(const QueuedEvent& event);
  /// No new request begins. Those under way end by themselves and still confirm their update.
  void stop() { stopped_ = true; }

  [[nodiscard]] const WebhookConfig& config() const { return config_; }
  /// Requests under way.
  [[nodiscard]] int active() const { return active_; }
  [[nodiscard]] WallTime last_error_at() const { return last_error_at_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  /// Address of the last connection, `<unknown>` before the first.
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  struct Lane {
    std::deque<std::int64_t> numbers;
    bool busy = false;  ///< a request is under way, or it waits for its next try
    int failures = 0;
    Duration delay{};
  };
  struct Outcome {
    bool ok = false;
    int status = 0;
    std::int64_t retry_after = 0;
    std::string reply_type;
    std::string reply;
    std::string error;
  };

  void enqueue(const QueuedEvent& event);
  void pump();
  [[nodiscard]] bool may_open(MonoTime now, MonoTime& next);
  static rt::Task<void> run(std::shared_ptr<WebhookSender> self, std::int64_t lane_key);
  static rt::Task<void> pump_later(std::shared_ptr<WebhookSender> self, MonoTime at);
  static Outcome failed(std::string why);
  rt::Task<Outcome> deliver(std::int64_t number, std::shared_ptr<const Event> event);
  rt::Task<Outcome> post(std::string body);
  /// A delivery of which nothing is heard: the sender's patience, then a failure.
  rt::Task<Outcome> wait_in_vain();
  Duration next_delay(Lane& lane, const Outcome& outcome);
  void note_failure(const Outcome& outcome);
  Account* account() { return parts_.world.find_account(bot_); }

  Parts parts_;
  PlatformUserId bot_;
  WebhookConfig config_;
  Hooks hooks_;
  Rng rng_;
  net::Url url_;
  std::string target_;
  std::string authorization_;
  bool stopped_ = false;
  std::unordered_map<std::int64_t, Lane> lanes_;
  std::deque<std::int64_t> ready_;  // lanes with something to send, in order of arrival
  int active_ = 0;
  int open_ = 0;  // connections that exist, by the platform's own count
  std::deque<MonoTime> opened_;
  bool pump_is_due_ = false;
  MonoTime last_success_{};
  MonoTime gone_since_{};
  WallTime last_error_at_{};
  std::string last_error_;
  std::string address_ = "<unknown>";
};

}  // namespace chorus::sandbox::telegram
