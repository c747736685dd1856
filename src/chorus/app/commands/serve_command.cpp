#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/fleet_service.hpp"
#include "chorus/app/llm_setup.hpp"
#include "chorus/app/persona_file.hpp"
#include "chorus/app/ready_line.hpp"
#include "chorus/app/run_task.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/log.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/signals.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>

namespace chorus::app {

namespace {

constexpr Duration kDrain = std::chrono::seconds(10);

struct Serving {
  ServeConfig config;
  rt::Loop& loop;
  store::SqliteStore& store;
  FleetService& service;
  net::Server& server;
  rt::Notify& ended;
  int code = kExitPass;
};

/// Bots and rooms that the file names and the store does not know yet.
rt::Task<Result<void>> add_configured(FleetService& service, const ServeConfig& config) {
  for (const auto number : config.rooms) {
    store::RoomRow room;
    room.chat = PlatformChatId(number);
    room.kind = store::ChatKind::Supergroup;
    CH_CO_TRY_VOID(co_await service.fleet().ensure_room(room));
  }
  for (const auto& bot : config.bots) {
    bool known = false;
    for (const auto& row : service.fleet().bots()) {
      if (row.name != bot.name) continue;
      known = true;
      if (!(row.token == bot.token)) {
        CH_CO_TRY_VOID(co_await service.fleet().replace_token(row.id, bot.token));
      }
    }
    if (known) continue;
    admin::BotCreate fresh;
    fresh.name = bot.name;
    fresh.platform = bot.platform;
    fresh.token = bot.token;
    CH_CO_TRY(fresh.persona, configured_persona(config.personas_dir, bot.persona));
    const auto added = co_await service.create_bot(std::move(fresh));
    if (!added) {
      co_return fail(ErrorCode::Misconfigured,
                     fmt::format("bot '{}': {}", bot.name, added.error().message));
    }
    for (const auto& room : bot.rooms) {
      if (bot.platform == "matrix") {
        service.join_matrix_room(added->id, room);
        continue;
      }
      const auto chat = as_int(json::value(room));
      if (!chat) {
        co_return fail(ErrorCode::Misconfigured,
                       fmt::format("bot '{}': room '{}' is not a chat id", bot.name, room));
      }
      CH_CO_TRY_VOID(co_await service.join_room(added->id, PlatformChatId(*chat)));
    }
  }
  co_return Result<void>{};
}

rt::Task<Result<void>> bring_up(Serving& s) {
  CH_CO_TRY_VOID(co_await ensure_admin_key(s.store, s.config));
  CH_CO_TRY_VOID(s.server.listen(s.config.listen));
  if (s.config.public_url == "auto") s.service.set_public_url(s.server.address());
  CH_CO_TRY_VOID(co_await s.service.start());
  co_return co_await add_configured(s.service, s.config);
}

rt::Task<void> serve(Serving& s) {
  const auto up = co_await bring_up(s);
  if (!up) {
    complain(up.error().message);
    s.code = up.error().code == ErrorCode::Misconfigured ? kExitInvalidConfig : kExitFailure;
  } else {
    ReadyLine ready;
    ready.listen = s.server.address();
    std::printf("%s\n", ready.to_json().c_str());
    std::fflush(stdout);
    (void)co_await s.ended.wait();  // either way it is time to stop
    log::info("serve", "draining");
  }
  co_await s.server.drain(kDrain);
  co_await s.service.stop(kDrain);
  co_await s.store.close();
  s.loop.stop();
}

int run_serve(const ServeFlags& flags) {
  auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  log::Options log_options;
  log_options.file = config->log_file;
  log::start(log_options);
  const auto keys = open_keys(*config);
  if (!keys) return complain_config(keys.error());

  metrics::Registry metrics;
  crypto::SystemRandom random;
  std::uint64_t seed = 0;
  random.fill(std::span(reinterpret_cast<unsigned char*>(&seed), sizeof seed));
  rt::Loop loop(rt::Loop::Options{.seed = seed, .metrics = &metrics});
  auto store = open_store(loop, *config, *keys, &metrics);
  if (!store) {
    complain(store.error().message);
    return store.error().code == ErrorCode::Misconfigured ? kExitInvalidConfig : kExitFailure;
  }
  int code = kExitPass;
  {
    net::SocketTransport::Options transport_options;
    transport_options.loopback_only = config->load_test_mode;
    transport_options.max_connections_per_origin = 2048;  // a held poll per bot
    transport_options.metrics = &metrics;
    net::SocketTransport transport(loop, transport_options);
    platform::ProviderChain llm(loop, metrics);
    if (const auto built =
            build_llm_chain(config->llm_chain, config->llm_ceilings, loop, transport, llm);
        !built) {
      return complain_config(built.error());
    }
    FleetService::Options options;
    const auto base = net::Url::parse(config->telegram_api_base);
    options.telegram_base = *base;  // validated with the configuration
    options.matrix = config->matrix;
    options.public_url = config->public_url;
    auto stored = run_to_end(loop, (*store)->settings());
    if (!stored) {
      complain(stored.error().message);
      return kExitFailure;
    }
    options.given = given_settings(*config, *stored);
    auto settings = settings_at_start(options.given);
    if (!settings) return complain_config(settings.error());
    settings->fleet.endpoints_are_loopback =
        base->is_loopback() && (!config->matrix || config->matrix->homeserver.is_loopback());
    options.settings = *std::move(settings);
    options.api_key = config->api_key;
    options.loopback = config->listen.is_loopback();
    options.version = CHORUS_VERSION;
    FleetService service(loop, **store, transport, llm, metrics, options, loop.rng().fork("serve"));
    net::Server::Options server_options;
    server_options.name = "api";
    server_options.metrics = &metrics;
    net::Server server(loop, service.http(), server_options);
    rt::TaskScope scope(loop);
    rt::Notify ended(loop);
    service.on_stop_requested([&] { ended.notify_all(); });
    rt::Signals signals(loop, {SIGINT, SIGTERM}, [&](int) { ended.notify_all(); });
    Serving serving{*config, loop, **store, service, server, ended};
    rt::spawn(scope, "serve", &serve, std::ref(serving));
    loop.run();
    code = serving.code;
  }
  log::shutdown();
  return code;
}

}  // namespace

void add_serve_command(CLI::App& root, Invocation& invocation) {
  auto* command = root.add_subcommand("serve", "Run a fleet of bots");
  auto flags = add_serve_flags(*command);
  command->add_flag_callback(
      "--behind-proxy", [flags] { flags->values["behind_proxy"] = "true"; },
      "A TLS proxy stands in front: listening beyond loopback is meant");
  command->add_option_function<std::string>(
      "--public-url", [flags](const std::string& url) { flags->values["public_url"] = url; },
      "Where the platform reaches us for webhooks; without it bots poll");
  command->add_option_function<std::string>(
      "--log-file", [flags](const std::string& file) { flags->values["log_file"] = file; },
      "Log to this file instead of standard error");
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_serve(*flags); }; });
}

}  // namespace chorus::app
