#include "chorus/app/targets/command_target.hpp"

#include "chorus/base/text.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/platform/telegram/client.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace chorus::app {

using sandbox::Platform;

namespace {

/// `NAME` of the first bot of that platform and `NAMES` of all, with a comma between; on Matrix
/// their users as well.
void set_access(std::map<std::string, std::string>& env, Platform platform, const std::string& name,
                const std::vector<lab::BotAccess>& bots) {
  std::string tokens;
  std::string users;
  for (const auto& bot : bots) {
    if (bot.platform != platform) continue;
    if (tokens.empty()) {
      env[name] = bot.token;
      if (platform == Platform::Matrix) env["MATRIX_USER"] = bot.address;
    }
    tokens += (tokens.empty() ? "" : ",") + bot.token;
    users += (users.empty() ? "" : ",") + bot.address;
  }
  env[name + "S"] = tokens;
  if (platform == Platform::Matrix) env["MATRIX_USERS"] = users;
}

}  // namespace

std::map<std::string, std::string> target_environment(
    const lab::SandboxAddresses& addresses, const std::vector<lab::BotAccess>& bots,
    const std::map<std::string, std::string>& more) {
  auto env = clean_environment();
  set_access(env, Platform::Telegram, "TELEGRAM_BOT_TOKEN", bots);
  env["TELEGRAM_API_ROOT"] = addresses.telegram;
  env["TELEGRAM_API_BASE"] = addresses.telegram;
  if (!addresses.matrix.empty()) {
    env["MATRIX_HOMESERVER"] = addresses.matrix;
    set_access(env, Platform::Matrix, "MATRIX_ACCESS_TOKEN", bots);
  }
  env["OPENAI_BASE_URL"] = addresses.llm;
  env["OPENAI_API_KEY"] = "sandbox";
  for (const auto& [name, value] : more) env[name] = value;
  return env;
}

CommandTarget::CommandTarget(rt::Loop& loop, lab::TargetSpec spec, std::string log_file)
    : ProcessTarget(loop, std::move(log_file)), spec_(std::move(spec)) {}

std::string CommandTarget::describe() const {
  std::string text = "command:";
  for (const auto& part : spec_.command) text += " " + part;
  return text;
}

rt::Task<Result<void>> CommandTarget::start(lab::SandboxAddresses addresses,
                                            std::vector<lab::BotAccess> bots) {
  const bool each = spec_.processes == lab::Processes::PerBot;
  for (std::size_t i = 0; i < (each ? bots.size() : 1); ++i) {
    ChildProcess::Options options;
    options.command = spec_.command;
    options.environment = target_environment(
        addresses, each ? std::vector<lab::BotAccess>{bots[i]} : bots, spec_.env);
    CH_CO_TRY_VOID(launch(std::move(options)));
  }
  co_return Result<void>{};
}

std::string AttachTarget::describe() const {
  return "attach: bots that were started elsewhere";
}

rt::Task<Result<void>> AttachTarget::start(lab::SandboxAddresses addresses,
                                           std::vector<lab::BotAccess> bots) {
  std::fprintf(stderr, "\n  Waiting for %zu bot%s. Start %s with:\n    TELEGRAM_API_ROOT=%s\n",
               bots.size(), bots.size() == 1 ? "" : "s", bots.size() == 1 ? "it" : "them",
               addresses.telegram.c_str());
  if (!addresses.matrix.empty()) {
    std::fprintf(stderr, "    MATRIX_HOMESERVER=%s\n", addresses.matrix.c_str());
  }
  for (const auto& bot : bots) {
    const bool matrix = bot.platform == Platform::Matrix;
    // These tokens open nothing but this sandbox; without them nobody could attach.
    std::fprintf(stderr, "    %s=%s   (%s)\n",
                 matrix ? "MATRIX_ACCESS_TOKEN" : "TELEGRAM_BOT_TOKEN", bot.token.c_str(),
                 bot.address.c_str());
  }
  co_return Result<void>{};
}

rt::Task<void> AttachTarget::stop(Duration) {
  co_return;
}

struct WebhookTarget::Impl {
  Impl(rt::Loop& l, std::string u) : loop(l), url(std::move(u)), transport(l, {}) {}
  rt::Loop& loop;
  std::string url;
  metrics::Registry metrics;
  net::SocketTransport transport;
};

WebhookTarget::WebhookTarget(rt::Loop& loop, std::string url)
    : impl_(std::make_unique<Impl>(loop, std::move(url))) {}
WebhookTarget::~WebhookTarget() = default;

std::string WebhookTarget::describe() const {
  return "webhook: " + impl_->url;
}

rt::Task<Result<void>> WebhookTarget::start(lab::SandboxAddresses addresses,
                                            std::vector<lab::BotAccess> bots) {
  CH_CO_TRY(const net::Url base, net::Url::parse(addresses.telegram));
  platform::TelegramClient client(impl_->transport, impl_->metrics, {.base = base});
  for (const auto& bot : bots) {
    std::string url = replace_all(impl_->url, "{token}", bot.token);
    url = replace_all(std::move(url), "{username}", bot.username);
    const auto set = co_await client.set_webhook(
        {BotId(bot.id.value), Secret(bot.token), bot.username}, std::move(url), Secret(), 40);
    if (!set) {
      co_return fail(ErrorCode::Unavailable, fmt::format("the webhook {} is not accepted: {}",
                                                         impl_->url, set.error().message));
    }
  }
  co_return Result<void>{};
}

rt::Task<void> WebhookTarget::stop(Duration) {
  impl_->transport.close_idle();
  co_return;
}

}  // namespace chorus::app
