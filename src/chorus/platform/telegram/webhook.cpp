#include "chorus/platform/telegram/webhook.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/crypto/hash.hpp"
#include "chorus/net/router.hpp"

#include <string>
#include <utility>
#include <vector>

namespace chorus::platform {

namespace {

constexpr std::string_view kComponent = "telegram webhook";
constexpr std::string_view kPrefix = "/webhook/telegram/";

net::Response taken() {
  return net::Response::json(200, R"({"ok":true})");
}

}  // namespace

TelegramWebhookReceiver::TelegramWebhookReceiver(fleet::InboxPort& inbox,
                                                 metrics::Registry& metrics, WebhookLookup lookup)
    : inbox_(inbox),
      lookup_(std::move(lookup)),
      updates_(metrics.counter("chorus_telegram_updates_total", "Updates received",
                               {{"source", "webhook"}})),
      malformed_(metrics.counter("chorus_telegram_malformed_updates_total",
                                 "Updates that could not be read and were skipped",
                                 {{"source", "webhook"}})),
      refused_(metrics.counter("chorus_telegram_webhook_refused_total",
                               "Webhook requests answered 503 because the inbox could not take "
                               "them")) {}

rt::Task<net::Response> TelegramWebhookReceiver::handle(net::Request request) {
  const auto path = request.path();
  if (!path.starts_with(kPrefix)) {
    return net::ready(net::error_response(Error(ErrorCode::NotFound, "no such webhook")));
  }
  const auto target = lookup_(percent_decode(path.substr(kPrefix.size()), false));
  if (!target) {
    return net::ready(net::error_response(Error(ErrorCode::NotFound, "no such webhook")));
  }
  if (request.method != net::Method::Post) {
    auto response = net::Response::json(
        405, R"({"error":{"code":"method_not_allowed","message":"updates come by POST"}})");
    response.headers.add("Allow", "POST");
    return net::ready(std::move(response));
  }
  if (!target->secret.empty() &&
      !crypto::constant_time_equal(request.headers.get("X-Telegram-Bot-Api-Secret-Token"),
                                   target->secret.reveal())) {
    log::warn(kComponent, "bot {}: a webhook request had a wrong or no secret", target->bot);
    return net::ready(net::error_response(Error(ErrorCode::Forbidden, "wrong webhook secret")));
  }
  return take(target->bot, std::move(request.body));
}

rt::Task<net::Response> TelegramWebhookReceiver::take(BotId bot, std::string body) {
  auto update = reader_.read(body);
  if (!update) {
    malformed_.add();
    log::warn(kComponent, "bot {}: malformed update {} skipped: {}", bot,
              update.error().update_id ? std::to_string(*update.error().update_id)
                                       : "without a readable id",
              update.error().why);
    co_return taken();
  }
  std::vector<fleet::IncomingUpdate> updates;
  updates.push_back(*std::move(update));
  const auto accepted = co_await inbox_.accept(bot, std::move(updates), std::nullopt);
  if (accepted) {
    updates_.add();
    co_return taken();
  }
  const auto code = accepted.error().code;
  if (code == ErrorCode::NotFound) {
    co_return net::error_response(Error(ErrorCode::NotFound, "no such webhook"));
  }
  refused_.add();
  auto response = net::error_response(
      Error(ErrorCode::Unavailable, "the inbox cannot take updates now, send it again"));
  co_return response;
}

}  // namespace chorus::platform
