#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/door.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

/// setWebhook, deleteWebhook, getWebhookInfo. Source: reference telegram.md 5.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

using std::chrono::seconds;

constexpr const char* kWebhookKey = "telegram.webhook";
constexpr std::size_t kMaxSecret = 256;
constexpr std::int64_t kMaxConnections = 100;
constexpr std::int64_t kMaxConnectionsLocal = 100'000;
constexpr Duration kSetWebhookEvery = seconds(1);
constexpr Duration kVerifyTimeout = seconds(10);
constexpr std::array<std::uint16_t, 4> kPorts = {80, 88, 443, 8443};

bool is_secret_alphabet(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

Step<net::Url> check_url(const std::string& text, bool local) {
  // The scheme may be left out; the platform then takes HTTPS.
  const auto full = text.find("://") == std::string::npos ? "https://" + text : text;
  auto url = net::Url::parse(full);
  if (!url) return std::unexpected(Answer::bad("invalid webhook URL specified"));
  if (!local) {
    if (!url->tls) {
      return std::unexpected(Answer::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    if (std::ranges::find(kPorts, url->port) == kPorts.end()) {
      return std::unexpected(
          Answer::bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"));
    }
  }
  // The sandbox sends nothing off this machine.
  if (!url->is_loopback()) {
    return std::unexpected(
        Answer::bad("bad webhook: the sandbox delivers to loopback addresses only"));
  }
  return std::move(*url);
}

Step<WebhookConfig> read_config(Call& call, bool local) {
  WebhookConfig config;
  config.url = std::string(call.params.get("url"));
  config.secret = std::string(call.params.get("secret_token"));
  config.ip_address = std::string(call.params.get("ip_address"));
  config.has_certificate = call.params.find_file("certificate") != nullptr;
  const auto most = local ? kMaxConnectionsLocal : kMaxConnections;
  config.max_connections = static_cast<int>(std::clamp<std::int64_t>(
      call.params.find_int("max_connections").value_or(local ? kMaxConnections : 40), 1, most));
  if (config.secret.size() > kMaxSecret) {
    return std::unexpected(Answer::bad("secret token is too long"));
  }
  if (!is_secret_alphabet(config.secret)) {
    return std::unexpected(Answer::bad("secret token contains unallowed characters"));
  }
  return config;
}

bool same(const WebhookConfig& a, const WebhookConfig& b) {
  return a.url == b.url && a.secret == b.secret && a.ip_address == b.ip_address &&
         a.max_connections == b.max_connections && !a.has_certificate && !b.has_certificate;
}

}  // namespace

void TelegramDoor::install(const StatePtr& state, WebhookConfig config) {
  WebhookSender::Parts parts{parts_.loop, parts_.world, parts_.faults, parts_.webhooks, scope_};
  WebhookSender::Hooks hooks;
  hooks.reply = [this](PlatformUserId bot, std::string type, std::string body) {
    execute_reply(bot, std::move(type), std::move(body));
  };
  hooks.gone = [this](PlatformUserId bot) {
    if (auto* account = parts_.world.find_account(bot)) {
      parts_.world.set_extra(*account, kWebhookKey, {});
    }
    if (auto it = states_.find(bot); it != states_.end()) it->second->webhook.reset();
  };
  state->webhook = std::make_shared<WebhookSender>(
      parts, state->id, std::move(config), std::move(hooks),
      rng_.fork("webhook", static_cast<std::uint64_t>(state->id.value)));
  state->webhook->start();
}

void TelegramDoor::resume_webhooks() {
  for (auto* account : parts_.world.accounts()) {
    if (!account->is_bot || account->removed || account->platform != Platform::Telegram) continue;
    const auto it = account->extras.find(kWebhookKey);
    if (it == account->extras.end()) continue;
    if (auto config = WebhookConfig::from_json(it->second)) {
      install(state_of(*account), std::move(*config));
    }
  }
}

rt::Task<Answer> TelegramDoor::set_webhook(StatePtr state, Call& call) {
  if (call.params.get("url").empty()) co_return delete_webhook(state, call);
  auto config = read_config(call, options_.local);
  if (!config) co_return std::move(config).error();
  const bool drop = call.params.get_bool("drop_pending_updates");
  if (state->webhook && !state->setting_webhook && !drop &&
      same(state->webhook->config(), *config)) {
    apply_allowed_updates(call.world, *call.bot, call.params.get("allowed_updates"));
    co_return Answer::ok("true", "Webhook is already set");
  }
  const auto now = call.now();
  if (state->last_set_webhook && now - *state->last_set_webhook < kSetWebhookEvery) {
    co_return Answer::flood(1);
  }
  state->last_set_webhook = now;
  auto url = check_url(config->url, options_.local);
  if (!url) co_return std::move(url).error();
  const auto attempt = ++state->webhook_attempt;
  state->setting_webhook = true;
  if (state->webhook) state->webhook->stop();
  state->webhook.reset();
  state->end_poll(HeldPoll::Fate::SetWebhook);
  auto verified = co_await parts_.webhooks.probe(std::move(*url), kVerifyTimeout);
  if (attempt != state->webhook_attempt) {
    co_return Answer::error(409, "terminated by other setWebhook");
  }
  state->setting_webhook = false;
  auto* bot = parts_.world.find_account(state->id);
  if (bot == nullptr || bot->removed) co_return Answer::error(401, "");
  if (!verified) {
    const bool refused = verified.error().code == ErrorCode::Unavailable;
    co_return Answer::bad(refused ? "bad webhook: Connection refused"
                                  : "bad webhook: Connection timed out");
  }
  apply_allowed_updates(parts_.world, *bot, call.params.get("allowed_updates"));
  if (drop) parts_.world.clear_queue(*bot);
  parts_.world.set_extra(*bot, kWebhookKey, config->to_json());
  install(state, std::move(*config));
  if (!state->told_ready) {
    state->told_ready = true;
    parts_.world.tell([&](Observer& o) { o.on_bot_ready(state->id); });
  }
  co_return Answer::ok("true", "Webhook was set");
}

Answer TelegramDoor::delete_webhook(StatePtr state, Call& call) {
  const bool had = state->webhook != nullptr || state->setting_webhook;
  ++state->webhook_attempt;
  state->setting_webhook = false;
  if (state->webhook) state->webhook->stop();
  state->webhook.reset();
  if (had) call.world.set_extra(*call.bot, kWebhookKey, {});
  if (call.params.get_bool("drop_pending_updates")) call.world.clear_queue(*call.bot);
  return Answer::ok("true", had ? "Webhook was deleted" : "Webhook is already deleted");
}

Answer TelegramDoor::webhook_info(const StatePtr& state, Call& call) {
  call.world.expire_queue(*call.bot, true);
  std::string out;
  JsonWriter writer(out);
  const auto* webhook = state->webhook.get();
  writer.begin_object()
      .field("url", webhook != nullptr ? webhook->config().url : std::string())
      .field("has_custom_certificate", webhook != nullptr && webhook->config().has_certificate)
      .field("pending_update_count", call.bot->queue->size());
  if (webhook != nullptr) {
    if (webhook->last_error_at() != WallTime{}) {
      writer.field("last_error_date", to_unix_seconds(webhook->last_error_at()))
          .field("last_error_message", webhook->last_error());
    }
    writer.field("max_connections", webhook->config().max_connections)
        .field("ip_address", webhook->config().ip_address.empty() ? webhook->address()
                                                                  : webhook->config().ip_address);
  }
  const auto allowed = allowed_updates_json(*call.bot);
  if (!allowed.empty()) writer.key("allowed_updates").raw(allowed);
  writer.end_object();
  return Answer::ok(out);
}

void TelegramDoor::execute_reply(PlatformUserId bot, std::string content_type, std::string body) {
  // Most answers are an empty word of thanks. A call names its method, if need be with escapes.
  if (!body.contains("method") && body.find_first_of("\\%") == std::string::npos) return;
  rt::spawn(scope_, "webhook reply", &TelegramDoor::run_reply, this, bot, std::move(content_type),
            std::move(body));
}

rt::Task<void> TelegramDoor::run_reply(TelegramDoor* door, PlatformUserId bot,
                                       std::string content_type, std::string body) {
  const auto params = tg::decode_params({}, content_type, body);
  if (!params) co_return;
  const auto method = ascii_lower(params->get("method"));
  const bool refused = method.empty() || method.starts_with("get") || method == "setwebhook" ||
                       method == "deletewebhook" || method == "close" || method == "logout";
  auto* account = door->parts_.world.find_account(bot);
  if (refused || account == nullptr || account->removed) co_return;
  Call call{
      door->parts_.world, door->dialect_, door->parts_.limits, account, bot, *params, method, {}};
  call.begun = door->parts_.loop.now();
  const auto answer = co_await door->perform(door->state_of(*account), call);
  door->count(call, answer);
}

}  // namespace chorus::sandbox::telegram
