#pragma once

#include "chorus/base/random.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/platform/matrix/intake.hpp"
#include "chorus/platform/matrix/options.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <memory>

namespace chorus::platform {

/// Asks a homeserver for updates by filtered long polls, one task per account: each bot for itself,
/// or one listener for all bots in its rooms. The since-token is stored after its batch is in the
/// inbox: when the inbox refuses, or the process dies in between, the same events come again and
/// are known by their ids.
///
/// A gap (`limited`) is filled by `/messages` back to the last token, at most 1,000 events, in
/// order. 401 ends that account's sync and is reported; 429 waits as long as it says; a token that
/// the homeserver does not know any more begins anew with the newest events. Other failures are
/// tried again with growing, jittered pauses.
///
/// One loop. A held poll occupies a connection. References must outlive the sync; `close` must be
/// awaited before it is destroyed.
class MatrixSync {
 public:
  struct Parts {
    rt::Loop& loop;
    net::Transport& transport;
    store::Store& store;
    fleet::InboxPort& inbox;
    MatrixRooms& rooms;
    MatrixClient& client;
    MatrixIntake& intake;
    metrics::Registry& metrics;
  };
  MatrixSync(Parts parts, const MatrixOptions& options);
  ~MatrixSync();
  MatrixSync(const MatrixSync&) = delete;
  MatrixSync& operator=(const MatrixSync&) = delete;

  /// A bot that syncs already is started anew, with the token given now. Bot 0 is the listener:
  /// what it hears is for every bot of the room, and it answers no invitation.
  void start(fleet::BotAccess account);
  /// Ends the sync and cancels a held poll. Unknown bots are ignored.
  void stop(BotId bot);
  /// Stops all and waits until the tasks have ended.
  rt::Task<void> close();

 private:
  struct Shared;
  struct Account;
  static rt::Task<void> run(Shared* shared, std::shared_ptr<Account> account);
  std::unique_ptr<Shared> shared_;
};

}  // namespace chorus::platform
