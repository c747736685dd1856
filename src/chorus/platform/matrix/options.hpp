#pragma once

#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/net/http.hpp"

#include <string>
#include <vector>

namespace chorus::platform {

/// How updates come in.
enum class MatrixMode : std::uint8_t {
  Sync,        ///< each bot with a token of its own asks for its updates
  AppService,  ///< the homeserver pushes the events of all bots in transactions
  Listener,    ///< one account asks for all: bots hear through it in the rooms that it shares
};

/// A homeserver and how the fleet lives there.
struct MatrixOptions {
  net::Url homeserver;
  MatrixMode mode = MatrixMode::Sync;
  Secret as_token;        ///< application service: what we show
  Secret hs_token;        ///< application service: what the homeserver shows
  Secret listener_token;  ///< Listener: of the account that listens
  /// Whose invitations are taken: `*`, `@user:server`, `*:server`, or a room id. Empty: nobody's.
  std::vector<std::string> allow_invites;
  Duration timeout = std::chrono::seconds(20);
  Duration long_poll = std::chrono::seconds(30);
  Duration min_pause = std::chrono::seconds(1);  ///< after the first failure
  Duration max_pause = std::chrono::seconds(60);
};

/// Who a bot is for the homeserver. A bot of the application service has its user id where others
/// have a token of their own.
struct MatrixAccess {
  Secret token;
  std::string as_user;  ///< whom the application service speaks for; empty: the token's own account
};
/// Errors: Misconfigured when the bot belongs to the application service and that has no token.
Result<MatrixAccess> matrix_access(const fleet::BotAccess& bot, const MatrixOptions& options);

/// `allow_invites` as a rule. Pure.
bool takes_invite(const std::vector<std::string>& allowed, std::string_view inviter,
                  std::string_view room_id);
/// Whether `text` can stand in `allow_invites`. Errors: Misconfigured, saying what can.
Result<void> check_invite_rule(std::string_view text);

}  // namespace chorus::platform
