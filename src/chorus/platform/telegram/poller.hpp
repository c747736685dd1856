#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"

#include <cstdint>
#include <map>
#include <memory>

namespace chorus::platform {

/// Fetches updates of bots by long polling, one task per bot. An update is confirmed to the
/// platform only after the inbox took it: when the inbox refuses, the same updates are asked for
/// again.
///
/// 401 is reported and ends that bot's polling. 409 means that another poller holds the token (a
/// lease problem, never a failure of the platform): reported, then tried again slowly; when a
/// webhook is the reason it is deleted. Other failures are tried again with growing, jittered
/// pauses. A malformed update is counted, logged with its id and skipped; an answer that does not
/// parse is asked for again one update at a time, so that one broken update cannot hold up the
/// others.
///
/// One loop. A held poll occupies a connection, so the transport needs room for one per bot.
/// References must outlive the poller; `close` must be awaited before it is destroyed.
class TelegramPoller {
 public:
  struct Options {
    net::Url base;
    Duration long_poll = std::chrono::seconds(30);
    int batch = 100;
    Duration min_pause = std::chrono::seconds(1);  ///< after the first failure
    Duration max_pause = std::chrono::seconds(60);
    Duration conflict_pause = std::chrono::seconds(30);
  };
  TelegramPoller(rt::Loop& loop, net::Transport& transport, fleet::InboxPort& inbox,
                 metrics::Registry& metrics, Options options);
  ~TelegramPoller();
  TelegramPoller(const TelegramPoller&) = delete;
  TelegramPoller& operator=(const TelegramPoller&) = delete;

  /// Starts at `next_offset` (0: at the oldest the platform keeps). A bot that is polled already is
  /// started anew, with the token given now.
  void start(fleet::BotAccess bot, std::int64_t next_offset);
  /// Ends polling and cancels a held poll. Unknown bots are ignored.
  void stop(BotId bot);
  [[nodiscard]] bool is_polling(BotId bot) const;
  /// Stops all and waits until the tasks have ended.
  rt::Task<void> close();

 private:
  struct Shared;
  struct Bot;
  static rt::Task<void> run(Shared* shared, std::shared_ptr<Bot> bot);
  std::unique_ptr<Shared> shared_;
};

}  // namespace chorus::platform
