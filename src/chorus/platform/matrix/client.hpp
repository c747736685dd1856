#pragma once

#include "chorus/base/random.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/platform/matrix/options.hpp"
#include "chorus/platform/matrix/rooms.hpp"
#include "chorus/store/store.hpp"

#include <memory>
#include <string>

namespace chorus::platform {

/// A homeserver's client-server API as the fleet's way out. One exchange per event: pacing,
/// freezes, breaker and retry belong to the caller. Tokens appear in headers only.
///
/// The transaction id of a send is the outbox row's id (with a number behind it for further parts
/// of a long text), so a repeated send has no second effect for as long as the homeserver remembers
/// it: whatever has no clear answer is SendUnknown, to be sent again. Source: client-server API 2
/// ("Transaction identifiers"); Synapse keeps those of events for a day.
///
/// One loop; everything given by reference outlives the client.
class MatrixClient final : public fleet::MessagingPort {
 public:
  struct Parts {
    rt::Loop& loop;
    net::Transport& transport;
    store::Store& store;
    MatrixRooms& rooms;
    metrics::Registry& metrics;
    Rng rng;
  };
  MatrixClient(Parts parts, const MatrixOptions& options);
  ~MatrixClient() override;

  /// whoami; a bot of the application service is registered first, once per process. The username
  /// is the localpart. Errors: Unauthenticated, Misconfigured, RateLimited, Unavailable, Timeout,
  /// ProtocolError.
  rt::Task<Result<fleet::Identity>> identify(fleet::BotAccess bot) override;
  /// A long text leaves as several events; the message is the first of them. Into a room that is
  /// encrypted nothing is sent: 403. `options` mean nothing here.
  rt::Task<fleet::SendOutcome> send_message(fleet::BotAccess bot,
                                            fleet::OutgoingMessage message) override;
  rt::Task<fleet::SendOutcome> edit_message(fleet::BotAccess bot, PlatformMessageId target,
                                            fleet::OutgoingMessage message) override;
  /// A reaction that is there already counts as done. None is taken back: 400.
  rt::Task<fleet::SendOutcome> set_reaction(fleet::BotAccess bot, PlatformChatId chat,
                                            PlatformMessageId message, std::string emoji) override;
  /// Matrix has no buttons: 400.
  rt::Task<fleet::SendOutcome> answer_callback(fleet::BotAccess bot, std::string callback_id,
                                               std::string text) override;
  /// Shown for 20 s, and asked for again at most every 15 s.
  rt::Task<void> send_typing(fleet::BotAccess bot, PlatformChatId chat,
                             std::optional<PlatformMessageId> thread) override;
  /// Every emoji.
  rt::Task<Result<std::optional<std::vector<std::string>>>> allowed_reactions(
      fleet::BotAccess bot, PlatformChatId chat) override;
  /// Matrix has no place for such texts: nothing happens. The first message of a room tells.
  rt::Task<Result<void>> publish_profile(fleet::BotAccess bot, std::string description,
                                         std::string short_description) override;

  /// The account behind a bot's token, from the last `identify` or asked for now.
  rt::Task<Result<std::string>> user_of(fleet::BotAccess bot);
  /// Sends `content` as an event of `type` with that transaction id; its event id.
  rt::Task<fleet::SendOutcome> send_event(fleet::BotAccess bot, std::string room_id,
                                          std::string type, std::string transaction,
                                          std::string content);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::platform
