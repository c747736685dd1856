#include "chorus/app/targets/in_process_target.hpp"

#include "chorus/app/fleet_service.hpp"
#include "chorus/app/llm_setup.hpp"
#include "chorus/app/targets/app_service.hpp"
#include "chorus/app/targets/fleet_config.hpp"
#include "chorus/app/targets/fleet_counts.hpp"
#include "chorus/app/targets/fleet_values.hpp"
#include "chorus/crypto/key_ring.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chorus::app {

namespace {
// The sandbox delivers webhooks to loopback addresses only, in process too.
constexpr const char* kFleetOrigin = "http://127.0.0.1:8080";
}  // namespace

struct InProcessTarget::Impl {
  Impl(rt::Loop& l, net::InProcessTransport& t, lab::TargetSpec s, bool scripted)
      : loop(l), transport(t), spec(std::move(s)), llm_scripted(scripted), llm(l, metrics) {}

  Result<void> compose();

  rt::Loop& loop;
  net::InProcessTransport& transport;
  lab::TargetSpec spec;
  bool llm_scripted;
  AppServiceTokens app_service{"as-of-this-run-only", "hs-of-this-run-only"};
  metrics::Registry metrics;
  std::unique_ptr<store::SqliteStore> store;
  platform::ProviderChain llm;
  std::unique_ptr<FleetService> service;
};

Result<void> InProcessTarget::Impl::compose() {
  crypto::SeededRandom random(loop.rng().fork("keys"));
  const auto keys = crypto::KeyRing::generate(random);
  CH_TRY(store, store::open_sqlite(loop, {.metrics = &metrics}, keys));
  std::vector<LlmProvider> providers(1);
  if (llm_scripted) {
    providers.front().kind = "openai-compatible";
    providers.front().base_url = std::string(kLlmOrigin) + "/v1";
    providers.front().model = "sandbox-small";
    providers.front().concurrency = llm_concurrency(spec);
  }
  CH_TRY_VOID(build_llm_chain(providers, {}, loop, transport, llm));
  FleetService::Options options;
  CH_TRY(options.telegram_base, net::Url::parse(kTelegramOrigin));
  if (spec.bots.transport == lab::UpdateTransport::Webhook) options.public_url = kFleetOrigin;
  if (spec.is_on(sandbox::Platform::Matrix)) {
    auto& matrix = options.matrix.emplace();
    CH_TRY(matrix.homeserver, net::Url::parse(kMatrixOrigin));
    if (has_app_service(spec)) {
      matrix.mode = platform::MatrixMode::AppService;
      matrix.as_token = Secret(app_service.as);
      matrix.hs_token = Secret(app_service.hs);
    }
    matrix.allow_invites = {"*"};
  }
  options.given.given = fleet_values(spec);
  CH_TRY(options.settings, settings_at_start(options.given));
  options.settings.fleet.endpoints_are_loopback = true;
  options.accept_any_key = true;
  options.version = CHORUS_VERSION;
  service = std::make_unique<FleetService>(loop, *store, transport, llm, metrics,
                                           std::move(options), loop.rng().fork("fleet"));
  return {};
}

InProcessTarget::InProcessTarget(rt::Loop& loop, net::InProcessTransport& transport,
                                 lab::TargetSpec spec, bool llm_scripted)
    : impl_(std::make_unique<Impl>(loop, transport, std::move(spec), llm_scripted)) {}
InProcessTarget::~InProcessTarget() = default;

std::string InProcessTarget::describe() const {
  return fmt::format("fleet (in process, {})",
                     impl_->llm_scripted ? "sandbox LLM" : "builtin generator");
}

rt::Task<Result<void>> InProcessTarget::start(lab::SandboxAddresses,
                                              std::vector<lab::BotAccess> bots) {
  CH_CO_TRY_VOID(impl_->compose());
  impl_->transport.route(kFleetOrigin, impl_->service->http());
  CH_CO_TRY_VOID(co_await impl_->service->start());
  if (has_app_service(impl_->spec)) {
    CH_CO_TRY_VOID(co_await register_app_service(
        impl_->transport, kControlOrigin,
        registration_json(impl_->spec, impl_->app_service, kFleetOrigin)));
  }
  for (const auto& bot : bots) {
    const bool matrix = bot.platform == sandbox::Platform::Matrix;
    admin::BotCreate fresh;
    fresh.name = bot.name;
    fresh.platform = sandbox::to_string(bot.platform);
    fresh.token = Secret(matrix && has_app_service(impl_->spec) ? bot.address : bot.token);
    fresh.persona = bot.persona;
    CH_CO_TRY(const admin::BotView made, co_await impl_->service->create_bot(std::move(fresh)));
    for (const auto& room : bot.rooms) {
      if (matrix) {
        impl_->service->join_matrix_room(made.id, room);
        continue;
      }
      std::int64_t chat = 0;
      std::from_chars(room.data(), room.data() + room.size(), chat);
      CH_CO_TRY_VOID(co_await impl_->service->join_room(made.id, PlatformChatId(chat)));
    }
  }
  co_return Result<void>{};
}

rt::Task<void> InProcessTarget::stop(Duration grace) {
  if (!impl_->service) co_return;
  co_await impl_->service->stop(grace);
  co_await impl_->store->close();
}

rt::Task<lab::TargetCounts> InProcessTarget::counts() {
  if (!impl_->service) co_return lab::TargetCounts{};
  co_return fleet_counts(co_await impl_->service->figures());
}

}  // namespace chorus::app
