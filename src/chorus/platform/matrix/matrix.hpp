#pragma once

#include "chorus/base/random.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/platform/matrix/options.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace chorus::platform {

/// Everything between a fleet and one homeserver: the way out, and the way in of the mode that the
/// options name. One loop; references outlive it; `close` must be awaited before destruction.
class MatrixPlatform {
 public:
  struct Parts {
    rt::Loop& loop;
    net::Transport& transport;
    store::Store& store;
    fleet::InboxPort& inbox;
    metrics::Registry& metrics;
    Rng rng;
  };
  MatrixPlatform(Parts parts, MatrixOptions options);
  ~MatrixPlatform();
  MatrixPlatform(const MatrixPlatform&) = delete;
  MatrixPlatform& operator=(const MatrixPlatform&) = delete;

  /// Before the first `start` and the first request: what earlier runs noted about `bots`. Errors:
  /// those of the store.
  rt::Task<Result<void>> restore(std::vector<fleet::BotAccess> bots);
  /// The bot receives from now on.
  void start(fleet::BotAccess bot);
  void stop(BotId bot);
  /// Has a bot join a room, by id or alias, as soon as it receives.
  void join(BotId bot, std::string room);
  rt::Task<void> close();

  fleet::MessagingPort& port();
  /// What the homeserver pushes to: everything below `/_matrix/app/`.
  net::Handler& http();
  /// Rooms that no bot can read, by id, in order.
  [[nodiscard]] std::vector<std::string> encrypted_rooms() const;
  /// Lines of our bots that came back to others of them; they are taken in when they are sent.
  [[nodiscard]] std::uint64_t echoes() const;
  /// Updates taken in that are no messages but tell a bot where it is a member.
  [[nodiscard]] std::uint64_t memberships() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::platform
