#pragma once

#include "chorus/admin/ports.hpp"
#include "chorus/app/settings_service.hpp"
#include "chorus/base/json.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/platform/llm/chain.hpp"
#include "chorus/platform/matrix/options.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace chorus::app {

/// A whole fleet over given seams: adapters, pollers or webhooks, the HTTP API. `chorus serve`
/// gives it sockets and a file; the lab gives it an in-process transport and a store in memory, and
/// runs the very same code in virtual time.
class FleetService final : public admin::FleetService,
                           public admin::KeyCheck,
                           public fleet::BotWatcher {
 public:
  struct Options {
    net::Url telegram_base;
    /// Unset: no bot of Matrix can run.
    std::optional<platform::MatrixOptions> matrix;
    /// Where the platform reaches our webhooks (`https://bots.example.org`); empty: bots poll;
    /// `auto`: what `set_public_url` is told before the start (sandboxes on this machine).
    std::string public_url;
    ServiceSettings settings;
    GivenSettings given;  ///< where they came from
    Secret api_key;       ///< empty: only stored tokens count
    bool loopback = true;
    bool accept_any_key = false;  ///< the lab's own fleet: no operator is asked for a key
    int webhook_connections = 40;
    std::string version;
  };
  FleetService(rt::Loop& loop, store::Store& store, net::Transport& transport,
               platform::ProviderChain& llm, metrics::Registry& metrics, Options options, Rng rng);
  ~FleetService() override;

  /// Errors: those of the store.
  rt::Task<Result<void>> start();
  rt::Task<void> stop(Duration grace);
  void set_public_url(std::string url);
  /// Answers everything that comes in: founding routes, API, webhooks.
  net::Handler& http();
  fleet::Fleet& fleet();
  /// What `status` says of the fleet and its store, as values.
  struct Figures {
    fleet::FleetStatus fleet;
    std::optional<store::Counts> store;  ///< nullopt: it did not answer
    std::uint64_t matrix_echoes = 0;
    std::uint64_t matrix_memberships = 0;
  };
  rt::Task<Figures> figures();
  /// Tells the fleet of a group that the bot is a member of, before any update says so.
  rt::Task<Result<void>> join_room(BotId bot, PlatformChatId chat);
  /// Has a bot of Matrix join a room, by id or alias, as soon as it receives.
  void join_matrix_room(BotId bot, std::string room);
  /// Called once when an operator asks the process to end.
  void on_stop_requested(std::function<void()> hook);

  // admin::FleetService
  rt::Task<Result<admin::BotView>> create_bot(admin::BotCreate bot) override;
  rt::Task<Result<admin::BotView>> patch_bot(BotId bot, admin::BotPatch patch) override;
  rt::Task<Result<void>> remove_bot(BotId bot) override;
  [[nodiscard]] std::vector<admin::BotView> bots() const override;
  rt::Task<Result<admin::ChatView>> create_chat(admin::ChatCreate chat) override;
  [[nodiscard]] std::vector<admin::ChatView> chats() const override;
  rt::Task<Result<admin::ChatView>> enable_chat(std::string room, bool enabled) override;
  rt::Task<Result<std::vector<std::string>>> set_room_tools(
      std::string room, std::optional<std::vector<std::string>> tools) override;
  Result<std::vector<std::string>> room_tools(std::string room) const override;
  [[nodiscard]] admin::QueueStats queue_stats() const override;
  [[nodiscard]] admin::Health health() const override;
  rt::Task<json::object> status() override;
  rt::Task<Result<std::string>> disclosures() override;
  void pause() override;
  void resume() override;
  void stop() override;
  // admin::KeyCheck
  rt::Task<std::optional<std::string>> role_of(Secret key) override;
  // fleet::BotWatcher
  void bot_started(const store::BotRow& bot, std::int64_t next_offset) override;
  void bot_stopped(BotId bot) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::app
