#include "chorus/app/fleet_service.hpp"

#include "chorus/admin/api.hpp"
#include "chorus/app/cache_status.hpp"
#include "chorus/app/fleet_status.hpp"
#include "chorus/app/fleet_views.hpp"
#include "chorus/app/llm_budgets.hpp"
#include "chorus/app/llm_status.hpp"
#include "chorus/app/notify/alert_figures.hpp"
#include "chorus/app/notify/notice_targets.hpp"
#include "chorus/app/notify/notifier.hpp"
#include "chorus/app/operations_service.hpp"
#include "chorus/app/persona_service.hpp"
#include "chorus/app/room_choice.hpp"
#include "chorus/app/zone_files.hpp"
#include "chorus/base/log.hpp"
#include "chorus/crypto/hash.hpp"
#include "chorus/crypto/random.hpp"
#include "chorus/fleet/disclosure_proof.hpp"
#include "chorus/net/router.hpp"
#include "chorus/platform/llm/spend_ledger.hpp"
#include "chorus/platform/matrix/matrix.hpp"
#include "chorus/platform/news/feed_reader.hpp"
#include "chorus/platform/router.hpp"
#include "chorus/platform/telegram/client.hpp"
#include "chorus/platform/telegram/poller.hpp"
#include "chorus/platform/telegram/webhook.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <map>

namespace chorus::app {

namespace {

constexpr Duration kPruneEvery = std::chrono::minutes(10);
constexpr std::size_t kPruneBatch = 500;
constexpr Duration kWebhookRetry = std::chrono::seconds(5);
/// How long a key that was changed by another process may still count.
constexpr Duration kApiTokenAge = std::chrono::seconds(5);

constexpr const char* kNoSuchRoom = "no room has that id, chat id or title";

fleet::FleetSettings with_zones(fleet::FleetSettings settings, fleet::ZoneSource& zones) {
  settings.zones = &zones;
  return settings;
}

rt::Task<Result<fleet::Cache<std::string>::Loaded>> read_role(store::Store* store,
                                                              std::string hash) {
  CH_CO_TRY(auto role, co_await store->find_api_token(std::move(hash)));
  fleet::Cache<std::string>::Loaded loaded;
  loaded.value = std::move(role);
  co_return loaded;
}

}  // namespace

struct FleetService::Impl {
  Impl(FleetService& self, rt::Loop& l, store::Store& s, net::Transport& t,
       platform::ProviderChain& chain, metrics::Registry& m, Options o, Rng r)
      : loop(l),
        store(s),
        llm(chain),
        metrics(m),
        options(std::move(o)),
        rng(r),
        started(l.now()),
        secrets(l.is_virtual() ? std::unique_ptr<crypto::RandomSource>(
                                     std::make_unique<crypto::SeededRandom>(r.fork("secrets")))
                               : std::make_unique<crypto::SystemRandom>()),
        spend(l, s, m, r.fork("spend")),
        api_tokens(l, m,
                   fleet::cache_options(options.settings.fleet.caches,
                                        {.name = "api_tokens", .ttl = kApiTokenAge})),
        client(t, m, {.base = options.telegram_base}),
        router(client),
        fleet(l, s, router, chain, m, with_zones(options.settings.fleet, zones), r.fork("fleet")),
        settings(s, options.settings, options.given),
        budgets(chain, s),
        operations(fleet, chain, budgets, options.telegram_base.host),
        personas(fleet),
        notifier(l, m, notify_hooks(t)),
        news(l, t, m, {options.settings.fleet.news_feeds, options.settings.fleet.news_refresh}),
        poller(l, t, fleet, m, {.base = options.telegram_base}),
        receiver(fleet, m, [this](std::string_view path) { return find_target(path); }),
        api(self, self, receiver, m,
            {.loopback = options.loopback,
             .personas = &personas,
             .settings = &settings,
             .operations = &operations}),
        scope(l) {
    settings.on_change([this](const ServiceSettings& now) { fleet.set_settings(now.fleet); });
    if (options.matrix) {
      matrix = std::make_unique<platform::MatrixPlatform>(
          platform::MatrixPlatform::Parts{l, t, s, fleet, m, r.fork("matrix")}, *options.matrix);
      router.set_matrix(&matrix->port());
      front.mount("/_matrix/app/", matrix->http());
    }
    front.fallback(
        [this](net::Request request, net::PathParams) { return api.handle(std::move(request)); });
  }

  Notifier::Hooks notify_hooks(net::Transport& transport) {
    return {.settings = [this]() -> const NotifySettings& { return settings.running().notify; },
            .look = [this](Duration window) { return alert_figures(fleet, llm, window); },
            .webhook =
                [this, out = &transport](Notice notice) {
                  return post_notice(out, settings.running().notify.webhook, std::move(notice));
                },
            .chat =
                [this](Notice notice) {
                  const NotifySettings& to = settings.running().notify;
                  return write_notice(&fleet, &router, to.telegram_bot, to.telegram_chat,
                                      std::move(notice));
                }};
  }
  std::optional<platform::WebhookTarget> find_target(std::string_view path) const {
    if (const auto found = webhook_paths.find(path); found != webhook_paths.end()) {
      return found->second;
    }
    return std::nullopt;
  }
  void remember_paths(const store::BotRow& bot) {
    forget_paths(bot.id);
    if (!bot.webhook_path.empty()) {
      webhook_paths.emplace(bot.webhook_path, platform::WebhookTarget{bot.id, bot.webhook_secret});
    }
    // The founding clients post to the token path; only bots made by their routes have one.
    if (bot.founding) {
      webhook_paths.emplace(std::string(bot.token.reveal()), platform::WebhookTarget{bot.id, {}});
    }
  }
  void forget_paths(BotId bot) {
    std::erase_if(webhook_paths, [&](const auto& entry) { return entry.second.bot == bot; });
  }
  static rt::Task<void> register_webhook(Impl* self, store::BotRow bot);
  static rt::Task<void> prune(Impl* self);
  static rt::Task<Result<void>> restore_matrix(Impl* self);

  rt::Loop& loop;
  store::Store& store;
  platform::ProviderChain& llm;
  metrics::Registry& metrics;
  Options options;
  Rng rng;
  MonoTime started;
  std::unique_ptr<crypto::RandomSource> secrets;
  platform::SpendLedger spend;
  fleet::Cache<std::string> api_tokens;  ///< roles by the hash of a key
  platform::TelegramClient client;
  platform::PlatformRouter router;
  ZoneFiles zones;
  fleet::Fleet fleet;
  SettingsService settings;
  LlmBudgets budgets;
  OperationsService operations;
  PersonaService personas;
  Notifier notifier;
  platform::FeedReader news;
  platform::TelegramPoller poller;
  std::map<std::string, platform::WebhookTarget, std::less<>> webhook_paths;
  platform::TelegramWebhookReceiver receiver;
  admin::Api api;
  std::unique_ptr<platform::MatrixPlatform> matrix;  ///< nullptr: not configured
  net::Router front;
  rt::TaskScope scope;
  std::function<void()> stop_hook;
};

rt::Task<void> FleetService::Impl::register_webhook(Impl* self, store::BotRow bot) {
  const std::string url =
      fmt::format("{}/webhook/telegram/{}", self->options.public_url, bot.webhook_path);
  while (!self->scope.stopping()) {
    const auto set = co_await self->client.set_webhook(access_of(bot), url, bot.webhook_secret,
                                                       self->options.webhook_connections);
    if (set) co_return;
    if (set.error().code == ErrorCode::Unauthenticated) {
      self->fleet.report_unauthorized(bot.id, set.error().message);
      co_return;
    }
    log::warn("serve", "bot {}: the platform did not take the webhook ({}); trying again", bot.name,
              set.error().message);
    if (!co_await rt::sleep_for(
            self->loop,
            set.error().retry_after.value_or(std::chrono::milliseconds(0)) + kWebhookRetry)) {
      co_return;
    }
  }
}

/// Who hears what a homeserver pushes has to be known before the first of it comes.
rt::Task<Result<void>> FleetService::Impl::restore_matrix(Impl* self) {
  CH_CO_TRY(const store::Snapshot snapshot, co_await self->store.load());
  std::vector<fleet::BotAccess> bots;
  for (const auto& row : snapshot.bots) {
    const bool runs =
        row.state == store::BotState::Active || row.state == store::BotState::Unverified;
    if (runs && row.platform == store::Platform::Matrix) bots.push_back(access_of(row));
  }
  co_return co_await self->matrix->restore(std::move(bots));
}

rt::Task<void> FleetService::Impl::prune(Impl* self) {
  while (co_await rt::sleep_for(self->loop, kPruneEvery)) {
    while (!self->scope.stopping()) {
      const auto deleted = co_await self->store.prune(self->settings.running().keep, kPruneBatch);
      if (!deleted || *deleted == 0) break;
      // Small steps with room between them: retention must not be felt.
      if (!co_await rt::sleep_for(self->loop, std::chrono::milliseconds(50))) co_return;
    }
  }
}

FleetService::FleetService(rt::Loop& loop, store::Store& store, net::Transport& transport,
                           platform::ProviderChain& llm, metrics::Registry& metrics,
                           Options options, Rng rng)
    : impl_(std::make_unique<Impl>(*this, loop, store, transport, llm, metrics, std::move(options),
                                   rng)) {}
FleetService::~FleetService() = default;

rt::Task<Result<void>> FleetService::start() {
  CH_CO_TRY_VOID(co_await impl_->budgets.begin());
  CH_CO_TRY_VOID(co_await impl_->spend.restore(impl_->llm));
  // Whoever holds a conversation waits for the model; refused there, they would meet silence.
  impl_->llm.make_room_for(impl_->settings.running().fleet.conversations.global);
  impl_->fleet.set_watcher(this);
  impl_->fleet.set_news(&impl_->news);
  if (impl_->matrix) {
    CH_CO_TRY_VOID(co_await Impl::restore_matrix(impl_.get()));
  }
  CH_CO_TRY_VOID(co_await impl_->fleet.start());
  impl_->news.start();
  // A virtual loop would never come to rest with a task that sleeps for ever.
  if (!impl_->loop.is_virtual()) {
    rt::spawn(impl_->scope, "prune", &Impl::prune, impl_.get());
    impl_->notifier.start();
  }
  co_return Result<void>{};
}

rt::Task<void> FleetService::stop(Duration grace) {
  co_await impl_->poller.close();
  if (impl_->matrix) co_await impl_->matrix->close();
  co_await impl_->scope.close();
  co_await impl_->notifier.close();
  co_await impl_->fleet.stop(grace);
  co_await impl_->news.stop();
  co_await impl_->api_tokens.close();
  co_await impl_->spend.close(grace);
}

void FleetService::set_public_url(std::string url) {
  impl_->options.public_url = std::move(url);
}

net::Handler& FleetService::http() {
  return impl_->front;
}
fleet::Fleet& FleetService::fleet() {
  return impl_->fleet;
}
rt::Task<Result<void>> FleetService::join_room(BotId bot, PlatformChatId chat) {
  store::RoomRow row;
  row.chat = chat;
  row.kind = store::ChatKind::Supergroup;
  CH_CO_TRY(const store::RoomRow room, co_await impl_->fleet.ensure_room(std::move(row)));
  co_return co_await impl_->fleet.set_membership(room.id, bot, true);
}
void FleetService::join_matrix_room(BotId bot, std::string room) {
  if (impl_->matrix) impl_->matrix->join(bot, std::move(room));
}
void FleetService::on_stop_requested(std::function<void()> hook) {
  impl_->stop_hook = std::move(hook);
}

rt::Task<Result<admin::BotView>> FleetService::create_bot(admin::BotCreate bot) {
  fleet::NewBot fresh;
  fresh.name = bot.name;
  fresh.platform = bot.platform == "matrix" ? store::Platform::Matrix : store::Platform::Telegram;
  if (fresh.platform == store::Platform::Matrix) {
    if (!impl_->options.matrix) {
      co_return fail(ErrorCode::InvalidArgument,
                     "Matrix is not configured here: set matrix.homeserver in chorus.yaml");
    }
    CH_CO_TRY_VOID(platform::matrix_access({BotId(), bot.token, {}}, *impl_->options.matrix));
  }
  fresh.token = bot.token;
  fresh.persona = bot.persona;
  fresh.founding = bot.founding;
  fresh.enabled = bot.is_enabled;
  fresh.extra = json::serialize(bot.extra);
  fresh.webhook_path = crypto::random_token(*impl_->secrets, 18);
  fresh.webhook_secret = Secret(crypto::random_token(*impl_->secrets, 24));
  CH_CO_TRY(const BotId id, co_await impl_->fleet.add_bot(std::move(fresh)));
  auto row = impl_->fleet.find_bot(id);
  if (!row) co_return fail(ErrorCode::Internal, "the bot vanished while it was added");
  admin::BotView view = view_of(*row);
  if (view.username.empty()) view.username = bot.username;
  co_return view;
}

rt::Task<Result<admin::BotView>> FleetService::patch_bot(BotId bot, admin::BotPatch patch) {
  if (patch.name) {
    CH_CO_TRY_VOID(co_await impl_->fleet.rename_bot(bot, std::move(*patch.name)));
  }
  if (patch.token) {
    CH_CO_TRY_VOID(co_await impl_->fleet.replace_token(bot, std::move(*patch.token)));
  }
  if (patch.is_enabled) {
    CH_CO_TRY_VOID(co_await impl_->fleet.set_bot_enabled(bot, *patch.is_enabled));
  }
  if (!patch.extra.empty()) {
    const auto known = impl_->fleet.find_bot(bot);
    if (!known) co_return fail(ErrorCode::NotFound, "there is no such bot");
    json::object extra = object_of(known->extra);
    for (const auto& [field, value] : patch.extra) extra.insert_or_assign(field, value);
    CH_CO_TRY_VOID(co_await impl_->fleet.set_extra(bot, json::serialize(extra)));
  }
  const auto row = impl_->fleet.find_bot(bot);
  if (!row) co_return fail(ErrorCode::NotFound, "there is no such bot");
  co_return view_of(*row);
}

rt::Task<Result<void>> FleetService::remove_bot(BotId bot) {
  co_return co_await impl_->fleet.remove_bot(bot);
}

std::vector<admin::BotView> FleetService::bots() const {
  std::vector<admin::BotView> out;
  for (const auto& row : impl_->fleet.bots()) out.push_back(view_of(row));
  return out;
}

rt::Task<Result<admin::ChatView>> FleetService::create_chat(admin::ChatCreate chat) {
  CH_CO_TRY(const PlatformChatId number, chat_number(chat.chat_id));
  store::RoomRow row;
  row.chat = number;
  row.kind = store::ChatKind::Supergroup;
  row.title = chat.title;
  row.enabled = chat.is_enabled;
  row.extra = json::serialize(json::object{{"chat_id", chat.chat_id}, {"topics", chat.topics}});
  CH_CO_TRY(const store::RoomRow made, co_await impl_->fleet.ensure_room(std::move(row)));
  co_return view_of(made);
}

std::vector<admin::ChatView> FleetService::chats() const {
  std::vector<admin::ChatView> out;
  for (const auto& row : impl_->fleet.rooms()) {
    if (row.kind != store::ChatKind::Private) out.push_back(view_of(row));
  }
  return out;
}

rt::Task<Result<admin::ChatView>> FleetService::enable_chat(std::string room, bool enabled) {
  const auto id = find_room(impl_->fleet, room);
  if (!id) co_return fail(ErrorCode::NotFound, kNoSuchRoom);
  CH_CO_TRY_VOID(co_await impl_->fleet.set_room_enabled(*id, enabled));
  for (const auto& row : impl_->fleet.rooms()) {
    if (row.id == *id) co_return view_of(row);
  }
  co_return fail(ErrorCode::NotFound, "the room is gone");
}

rt::Task<Result<std::vector<std::string>>> FleetService::set_room_tools(
    std::string room, std::optional<std::vector<std::string>> tools) {
  const auto id = find_room(impl_->fleet, room);
  if (!id) co_return fail(ErrorCode::NotFound, kNoSuchRoom);
  CH_CO_TRY_VOID(co_await impl_->fleet.set_room_tools(*id, std::move(tools)));
  co_return impl_->fleet.tools_of(*id);
}

Result<std::vector<std::string>> FleetService::room_tools(std::string room) const {
  const auto id = find_room(impl_->fleet, room);
  if (!id) return fail(ErrorCode::NotFound, kNoSuchRoom);
  return impl_->fleet.tools_of(*id);
}

admin::QueueStats FleetService::queue_stats() const {
  const fleet::FleetStatus status = impl_->fleet.status();
  const auto of = [&](policy::Priority priority) {
    return static_cast<std::uint64_t>(status.outbox_by_class[static_cast<std::size_t>(priority)]);
  };
  admin::QueueStats stats;
  stats.high = of(policy::Priority::Direct) + of(policy::Priority::Mention);
  stats.normal = of(policy::Priority::Ambient);
  stats.low = of(policy::Priority::SelfStarted);
  stats.retry = status.outbox_in_flight;
  stats.dead = status.dead;
  stats.unknown = status.unknown;
  stats.inbox_waiting = status.inbox_in_memory;
  return stats;
}

admin::Health FleetService::health() const {
  const fleet::FleetStatus status = impl_->fleet.status();
  admin::Health health;
  health.ok = status.store_ok && status.running;
  health.checks["store"] = json::object{{"ok", status.store_ok}};
  health.checks["fleet"] =
      json::object{{"ok", status.running}, {"paused", status.paused}, {"bots", status.bots.size()}};
  return health;
}

rt::Task<Result<std::string>> FleetService::disclosures() {
  CH_CO_TRY(const store::Snapshot snapshot, co_await impl_->store.load());
  co_return fleet::disclosure_csv(snapshot);
}

rt::Task<FleetService::Figures> FleetService::figures() {
  Figures out;
  out.fleet = impl_->fleet.status();
  if (impl_->matrix) {
    out.matrix_echoes = impl_->matrix->echoes();
    out.matrix_memberships = impl_->matrix->memberships();
  }
  if (const auto counts = co_await impl_->store.counts()) out.store = *counts;
  co_return out;
}

rt::Task<json::object> FleetService::status() {
  const fleet::FleetStatus s = impl_->fleet.status();
  json::object out;
  out["version"] = impl_->options.version;
  out["uptime_s"] = to_seconds(impl_->loop.now() - impl_->started);
  add_fleet_status(out, s);
  out["llm"] = llm_status(impl_->llm, impl_->spend);
  out["llm_budget"] = budget_json(impl_->llm.fleet_budget());
  std::vector<fleet::CacheStatus> caches = s.caches;
  caches.push_back(impl_->api_tokens.status());
  out["caches"] = caches_json(caches);
  if (impl_->matrix) {
    json::array encrypted;
    for (const auto& room : impl_->matrix->encrypted_rooms()) encrypted.emplace_back(room);
    out["matrix"] = json::object{{"encrypted_rooms", std::move(encrypted)},
                                 {"echoes", impl_->matrix->echoes()},
                                 {"memberships", impl_->matrix->memberships()}};
  }
  if (const auto counts = co_await impl_->store.counts()) out["store"] = counts_json(*counts);
  co_return out;
}

void FleetService::pause() {
  impl_->fleet.pause();
}
void FleetService::resume() {
  impl_->fleet.resume();
}
void FleetService::stop() {
  if (impl_->stop_hook) impl_->stop_hook();
}

rt::Task<std::optional<std::string>> FleetService::role_of(Secret key) {
  const Secret& wanted = impl_->options.api_key;
  if (impl_->options.accept_any_key) co_return "admin";
  if (!wanted.empty() && crypto::constant_time_equal(key.reveal(), wanted.reveal())) {
    co_return "admin";
  }
  // A panel asks several times a second: the store's writer has better things to do.
  const auto role = co_await impl_->api_tokens.get(
      crypto::hash_api_token(key),
      [store = &impl_->store](std::string hash) { return read_role(store, std::move(hash)); });
  co_return role && *role != nullptr ? std::optional<std::string>(**role) : std::nullopt;
}

void FleetService::bot_started(const store::BotRow& bot, std::int64_t next_offset) {
  if (bot.platform == store::Platform::Matrix) {
    if (impl_->matrix) impl_->matrix->start(access_of(bot));
    return;
  }
  impl_->remember_paths(bot);
  // Bots of the founding routes are fed by whoever posts to their token path.
  if (bot.founding) return;
  if (impl_->options.public_url.empty()) {
    impl_->poller.start(access_of(bot), next_offset);
  } else {
    rt::spawn(impl_->scope, "webhook", &Impl::register_webhook, impl_.get(), bot);
  }
}

void FleetService::bot_stopped(BotId bot) {
  impl_->forget_paths(bot);
  impl_->poller.stop(bot);
  if (impl_->matrix) impl_->matrix->stop(bot);
}

}  // namespace chorus::app
