#include "chorus/platform/matrix/options.hpp"

#include "chorus/proto/matrix/ids.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::platform {

namespace matrix = proto::matrix;

Result<MatrixAccess> matrix_access(const fleet::BotAccess& bot, const MatrixOptions& options) {
  const auto token = bot.token.reveal();
  if (!token.starts_with('@')) return MatrixAccess{bot.token, {}};
  if (options.as_token.empty()) {
    return fail(
        ErrorCode::Misconfigured,
        fmt::format("{} belongs to an application service, and matrix.as_token is not set", token));
  }
  return MatrixAccess{options.as_token, std::string(token)};
}

bool takes_invite(const std::vector<std::string>& allowed, std::string_view inviter,
                  std::string_view room_id) {
  return std::ranges::any_of(allowed, [&](std::string_view rule) {
    if (rule == "*" || rule == inviter || rule == room_id) return true;
    return rule.starts_with("*:") && inviter.ends_with(rule.substr(1)) &&
           inviter.find(':') == inviter.size() - rule.size() + 1;
  });
}

Result<void> check_invite_rule(std::string_view text) {
  const bool server = text.size() > 2 && text.starts_with("*:");
  if (text == "*" || server || matrix::parse_user_id(text) || matrix::is_room_id(text)) return {};
  return fail(ErrorCode::Misconfigured,
              fmt::format("'{}' is no rule for invitations: @user:server, *:server, !room:server "
                          "or * (everybody)",
                          text));
}

}  // namespace chorus::platform
