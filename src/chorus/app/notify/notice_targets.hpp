#pragma once

#include "chorus/app/notify/notice_board.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/net/transport.hpp"

#include <string>

namespace chorus::app {

/// `{source: "chorus", event: "raised" | "recovered", key, text, at}`.
std::string notice_json(const Notice& notice);
/// `chorus: bot Ada is switched off: ...`, or `chorus: over: ...`.
std::string notice_text(const Notice& notice);

/// POSTs the notice. Errors name no part of the address: retryable ones for 408, 429, 5xx and what
/// the transport says, InvalidArgument for another status or an address that is none.
rt::Task<Result<void>> post_notice(net::Transport* transport, Secret url, Notice notice);

/// Writes the notice into a chat through one of the fleet's bots, past its outbox: it is the
/// operator's own line and must not wait behind a room's. NotFound: no such bot, or it may not
/// write.
rt::Task<Result<void>> write_notice(const fleet::Fleet* fleet, fleet::MessagingPort* platform,
                                    std::string bot, std::string chat, Notice notice);

}  // namespace chorus::app
