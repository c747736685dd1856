#include "chorus/app/matrix_registration.hpp"

#include "chorus/proto/matrix/appservice.hpp"

#include <fmt/format.h>

#include <utility>

namespace chorus::app {

namespace {

/// `text` as a regular expression that matches nothing else.
std::string literally(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(".^$*+?()[]{}|\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<std::string> matrix_registration(const ServeConfig& config) {
  if (!config.matrix || config.matrix->mode != platform::MatrixMode::AppService) {
    return fail(ErrorCode::Misconfigured,
                "there is no application service: set matrix.homeserver and matrix.mode: "
                "appservice");
  }
  proto::matrix::Registration registration;
  registration.id = "chorus";
  registration.url =
      config.matrix_url.empty() ? "http://" + config.listen.to_string() : config.matrix_url;
  registration.as_token = std::string(config.matrix->as_token.reveal());
  registration.hs_token = std::string(config.matrix->hs_token.reveal());
  registration.sender_localpart = config.matrix_sender;
  registration.rate_limited = false;
  for (const auto& bot : config.bots) {
    const auto user = bot.token.reveal();
    if (bot.platform == "matrix" && user.starts_with('@')) {
      registration.users.push_back({literally(user), true});
    }
  }
  if (registration.users.empty()) {
    return fail(ErrorCode::Misconfigured,
                "no bot is a user of the application service: name them under bots: with "
                "platform: matrix and user: \"@name:server\"");
  }
  return proto::matrix::encode_registration(registration);
}

}  // namespace chorus::app
