#pragma once

#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/limits.hpp"
#include "chorus/sandbox/telegram/bot_state.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/dialect.hpp"
#include "chorus/sandbox/world.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chorus::sandbox::telegram {

/// The Telegram Bot API server of the sandbox: `/bot<token>/<method>` and
/// `/file/bot<token>/<path>`. Texts, order of checks and timing follow the real server (reference
/// telegram.md 1-11). Methods without an effect here are checked, counted, and answered in their
/// shape. One loop; `stop` must be awaited before the destruction when a webhook was ever set.
class TelegramDoor final : public net::Handler {
 public:
  struct Options {
    bool self_register = true;  ///< a well-formed unknown token becomes a bot
    bool local = true;          ///< webhooks by HTTP, any port; loopback only, in either mode
  };
  struct Parts {
    rt::Loop& loop;
    World& world;
    SendLimits& limits;
    Faults& faults;
    net::Transport& webhooks;
    metrics::Registry& metrics;
  };
  TelegramDoor(Parts parts, Options options);
  ~TelegramDoor() override;

  rt::Task<net::Response> handle(net::Request request) override;
  /// Begins to push to the webhooks that the world remembers (after a restart).
  void resume_webhooks();
  /// Ends held polls at once, and webhook deliveries when those under way have their answer, or
  /// after `grace`.
  rt::Task<void> stop(Duration grace);

  /// Whether the bot has polled or has a webhook that answered.
  [[nodiscard]] bool is_connected(const Account& bot) const;

  TelegramDialect& dialect() { return dialect_; }

 private:
  using StatePtr = std::shared_ptr<BotState>;

  StatePtr state_of(const Account& bot);
  /// `test`: the token's bot of the test environment, another one than that of the main one.
  Step<Account*> authenticate(std::string_view token, bool test);
  rt::Task<Answer> perform(StatePtr state, Call& call);
  rt::Task<net::Response> answer_bot_call(net::Request& request, std::string_view rest);
  rt::Task<net::Response> busy(Call& call);
  rt::Task<net::Response> with_fault(FaultAction fault, StatePtr state, Call& call);
  net::Response respond(Call& call, Answer answer);
  net::Response download(std::string_view rest);
  void count(const Call& call, const Answer& answer);

  // telegram/updates.cpp
  rt::Task<Answer> get_updates(StatePtr state, Call& call);
  rt::Task<Answer> hold_poll(StatePtr state, Call& call, std::int64_t offset, std::size_t limit,
                             Duration timeout);
  rt::Task<Answer> end_by_conflict(StatePtr state, HeldPoll::Fate fate);
  Answer collect(Call& call, std::int64_t offset, std::size_t limit);

  // telegram/webhooks.cpp
  rt::Task<Answer> set_webhook(StatePtr state, Call& call);
  Answer delete_webhook(StatePtr state, Call& call);
  Answer webhook_info(const StatePtr& state, Call& call);
  void install(const StatePtr& state, WebhookConfig config);
  void execute_reply(PlatformUserId bot, std::string content_type, std::string body);
  static rt::Task<void> run_reply(TelegramDoor* door, PlatformUserId bot, std::string content_type,
                                  std::string body);

  Parts parts_;
  Options options_;
  TelegramDialect dialect_;
  ServerLimits server_limits_;
  rt::TaskScope scope_;
  Rng rng_;
  std::unordered_map<PlatformUserId, StatePtr> states_;
  metrics::Counter& calls_;
  metrics::Counter& validated_;
};

/// Takes `allowed_updates` over into the bot's mask: absent or unreadable keeps what was, empty
/// means the default.
void apply_allowed_updates(World& world, Account& bot, std::string_view parameter);
/// The bot's choice as a JSON array, empty when it is the default.
std::string allowed_updates_json(const Account& bot);

}  // namespace chorus::sandbox::telegram
