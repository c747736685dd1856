#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace chorus::platform {

namespace detail {
struct ApiAnswer;
}

/// Telegram's Bot API as the fleet's way out. One exchange per call: pacing, freezes, breaker and
/// retry belong to the caller. Tokens appear in request targets only, never in results or logs.
///
/// How an exchange becomes an outcome: `ok` is SendOk; an answer with `ok: false`, or a bare 4xx,
/// is SendRefused with the platform's status and words; a transport failure before anything left is
/// SendRefused with status 0 and `never_sent`; everything else (time-out, cut connection, a proxy's
/// 502 page) is SendUnknown, because the message may have been delivered.
///
/// One loop; `transport` and `metrics` must outlive the client.
class TelegramClient final : public fleet::MessagingPort {
 public:
  struct Options {
    net::Url base;  ///< `https://api.telegram.org`, or a sandbox
    Duration timeout = std::chrono::seconds(20);
  };
  TelegramClient(net::Transport& transport, metrics::Registry& metrics, Options options);
  ~TelegramClient() override;

  /// getMe. Errors: Unauthenticated (the token is unknown or revoked), NotFound (malformed token or
  /// wrong address), RateLimited, Unavailable, Timeout, ProtocolError.
  rt::Task<Result<fleet::Identity>> identify(fleet::BotAccess bot) override;
  /// `options` may hold parse_mode, entities, reply_markup, link_preview_options,
  /// disable_notification, protect_content and message_thread_id; other members are ignored. A
  /// reply to a message that is gone is sent without the link.
  rt::Task<fleet::SendOutcome> send_message(fleet::BotAccess bot,
                                            fleet::OutgoingMessage message) override;
  /// An edit to the very same text counts as done.
  rt::Task<fleet::SendOutcome> edit_message(fleet::BotAccess bot, PlatformMessageId target,
                                            fleet::OutgoingMessage message) override;
  /// An emoji outside of the platform's set is refused here with status 400 and REACTION_INVALID,
  /// without a call; U+FE0F is taken off where the set has the bare form.
  rt::Task<fleet::SendOutcome> set_reaction(fleet::BotAccess bot, PlatformChatId chat,
                                            PlatformMessageId message, std::string emoji) override;
  rt::Task<fleet::SendOutcome> answer_callback(fleet::BotAccess bot, std::string callback_id,
                                               std::string text) override;
  rt::Task<void> send_typing(fleet::BotAccess bot, PlatformChatId chat,
                             std::optional<PlatformMessageId> thread) override;
  /// `sendMessageDraft`. Source: Bot API 9.3.
  rt::Task<Result<void>> send_draft(fleet::BotAccess bot, PlatformChatId chat, std::int64_t draft,
                                    std::string text) override;
  rt::Task<Result<std::optional<std::vector<std::string>>>> allowed_reactions(
      fleet::BotAccess bot, PlatformChatId chat) override;
  /// A server that does not offer profile texts is fine.
  rt::Task<Result<void>> publish_profile(fleet::BotAccess bot, std::string description,
                                         std::string short_description) override;

  /// Has updates posted to `url` with `secret` in their header, up to `connections` at once. Errors
  /// as `identify`, and InvalidArgument when the platform refuses the address.
  rt::Task<Result<void>> set_webhook(fleet::BotAccess bot, std::string url, Secret secret,
                                     int connections);
  /// Ends webhook delivery; what waits is kept for polling.
  rt::Task<Result<void>> delete_webhook(fleet::BotAccess bot);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::platform
