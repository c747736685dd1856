#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/platform/telegram/update_reader.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace chorus::platform {

/// Whose updates a path brings.
struct WebhookTarget {
  BotId bot;
  Secret secret;  ///< of the header; empty only for token paths of the founding routes
};

/// Finds a bot by the part of the path behind `/webhook/telegram/`: the random id of a webhook that
/// we registered, or the token of a bot made through a founding route. Must not suspend or log its
/// argument.
using WebhookLookup = std::function<std::optional<WebhookTarget>(std::string_view)>;

/// Takes updates that the platform posts to `/webhook/telegram/{id}`. Answers 200 only when the
/// update is durable in the inbox, or when it is malformed: that one is counted, logged with its id
/// and never asked for again. 503 when the inbox cannot take it now, 403 for a wrong secret, 404
/// for an unknown path, 405 for other methods. No answer and no log line holds the path.
///
/// One loop; `inbox` and `metrics` must outlive the receiver.
class TelegramWebhookReceiver final : public net::Handler {
 public:
  TelegramWebhookReceiver(fleet::InboxPort& inbox, metrics::Registry& metrics,
                          WebhookLookup lookup);
  rt::Task<net::Response> handle(net::Request request) override;

 private:
  rt::Task<net::Response> take(BotId bot, std::string body);

  fleet::InboxPort& inbox_;
  WebhookLookup lookup_;
  UpdateReader reader_;
  metrics::Counter& updates_;
  metrics::Counter& malformed_;
  metrics::Counter& refused_;
};

}  // namespace chorus::platform
