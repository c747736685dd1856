#include "chorus/app/detail/config_matrix.hpp"

#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::app::detail {

namespace {

using platform::MatrixMode;

std::unexpected<Error> wrong(const std::string& place, std::string_view what) {
  return fail(ErrorCode::Misconfigured, fmt::format("{}: {}", place, what));
}

Result<MatrixMode> mode_of(const GivenValue& given) {
  if (given.value == "sync") return MatrixMode::Sync;
  if (given.value == "appservice") return MatrixMode::AppService;
  if (given.value == "listener") return MatrixMode::Listener;
  const auto hint = nearest(given.value, {"sync", "appservice", "listener"});
  return wrong(given.place,
               fmt::format("'{}' is no mode{}; it is sync, appservice or listener", given.value,
                           hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
}

Result<net::Url> homeserver_of(const GivenValue& given, bool load_test_mode) {
  // The address may carry a password: it is not repeated.
  auto url = net::Url::parse(given.value);
  if (!url) return wrong(given.place, url.error().message);
  if (!url->tls && !url->is_loopback()) {
    return wrong(given.place,
                 fmt::format("tokens do not travel in clear: use https:// for {}", url->host));
  }
  if (load_test_mode && !url->is_loopback()) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("LOAD_TEST_MODE refuses the platform host {}: only loopback is allowed",
                            url->host));
  }
  return url;
}

Result<void> check_tokens(const platform::MatrixOptions& matrix) {
  if (matrix.mode == MatrixMode::AppService &&
      (matrix.as_token.empty() || matrix.hs_token.empty())) {
    return fail(ErrorCode::Misconfigured,
                "matrix: mode appservice needs as_token and hs_token (env:NAME or file:PATH), the "
                "same as in the registration file");
  }
  if (matrix.mode == MatrixMode::Listener && matrix.listener_token.empty()) {
    return fail(ErrorCode::Misconfigured,
                "matrix: mode listener needs listener_token (env:NAME or file:PATH): the token of "
                "an account that is in every room of the bots");
  }
  return {};
}

Result<std::vector<std::string>> rules_of(const GivenValue& given) {
  std::vector<std::string> rules;
  for (const auto part : split(given.value, ',')) {
    const auto rule = trim(part);
    if (rule.empty()) continue;
    if (const auto checked = platform::check_invite_rule(rule); !checked) {
      return wrong(given.place, checked.error().message);
    }
    rules.emplace_back(rule);
  }
  return rules;
}

/// The founding variables name one bot.
void add_bot_of_environment(const std::string& user, Secret token, ServeConfig& config) {
  const bool named =
      std::ranges::any_of(config.bots, [&](const BotConfig& bot) { return bot.token == token; });
  if (token.empty() || named) return;
  BotConfig bot;
  const auto id = proto::matrix::parse_user_id(user);
  bot.name = id ? id->localpart : user.empty() ? "matrix" : user;
  const bool taken = std::ranges::any_of(
      config.bots, [&](const BotConfig& other) { return other.name == bot.name; });
  if (taken) bot.name += "-matrix";
  bot.platform = "matrix";
  bot.token = std::move(token);
  config.bots.push_back(std::move(bot));
}

/// What a bot of that platform needs beyond a token.
Result<void> check_bot(const BotConfig& bot, const ServeConfig& config) {
  if (bot.platform != "matrix") return {};
  if (!config.matrix) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("bot '{}' lives on Matrix: set matrix.homeserver", bot.name));
  }
  const bool of_service = bot.token.reveal().starts_with('@');
  const bool pushed = config.matrix->mode == MatrixMode::AppService;
  if (of_service && !pushed) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("bot '{}' is a user of an application service: set matrix.mode to "
                            "appservice, or give it a token",
                            bot.name));
  }
  if (!of_service && pushed) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("bot '{}' has a token of its own: in mode appservice it is named by "
                            "user: \"@name:server\"",
                            bot.name));
  }
  return {};
}

}  // namespace

Result<void> take_matrix(const std::function<GivenValue(const std::string& name)>& get,
                         ServeConfig& config) {
  const GivenValue homeserver = get("matrix_homeserver");
  if (!homeserver.value.empty()) {
    platform::MatrixOptions matrix;
    CH_TRY(matrix.homeserver, homeserver_of(homeserver, config.load_test_mode));
    CH_TRY(matrix.mode, mode_of(get("matrix_mode")));
    matrix.as_token = Secret(get("matrix_as_token").value);
    matrix.hs_token = Secret(get("matrix_hs_token").value);
    matrix.listener_token = Secret(get("matrix_listener_token").value);
    CH_TRY_VOID(check_tokens(matrix));
    CH_TRY(matrix.allow_invites, rules_of(get("matrix_allow_invites")));
    config.matrix = std::move(matrix);
    config.matrix_sender = get("matrix_sender").value;
    const GivenValue url = get("matrix_url");
    config.matrix_url = url.value;
    if (!url.value.empty()) {
      if (const auto parsed = net::Url::parse(url.value); !parsed) {
        return wrong(url.place, parsed.error().message);
      }
    }
    const std::string user_id = get("matrix_user_id").value;
    add_bot_of_environment(user_id.empty() ? get("matrix_user").value : user_id,
                           Secret(get("matrix_access_token").value), config);
  }
  for (const auto& bot : config.bots) CH_TRY_VOID(check_bot(bot, config));
  return {};
}

}  // namespace chorus::app::detail
