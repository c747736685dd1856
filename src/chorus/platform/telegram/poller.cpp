#include "chorus/platform/telegram/poller.hpp"

#include "chorus/base/log.hpp"
#include "chorus/platform/telegram/detail/api_call.hpp"
#include "chorus/platform/telegram/mapping.hpp"
#include "chorus/proto/telegram/params.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace chorus::platform {

namespace telegram = proto::telegram;

namespace {

constexpr std::string_view kComponent = "telegram poller";
/// What the fleet understands; the reactions are off unless asked for.
constexpr std::string_view kAllowedUpdates =
    R"(["message","edited_message","channel_post","edited_channel_post","callback_query",)"
    R"("my_chat_member","message_reaction"])";
/// Beyond the long poll itself: how long the answer may take.
constexpr Duration kAnswerTime = std::chrono::seconds(15);
/// Polls that give only updates without a readable id before one id is stepped over.
constexpr int kPatience = 3;

}  // namespace

/// One bot's polling. Shared by the map of the poller and by the task, which may outlive its entry.
struct TelegramPoller::Bot {
  fleet::BotAccess access;
  std::int64_t offset = 0;
  Rng rng;
  int failures = 0;    // in a row
  int unreadable = 0;  // polls in a row without any readable id
  bool one_by_one = false;
  bool stopping = false;
  bool ended = false;
  rt::TaskScope::Handle task;
};

struct TelegramPoller::Shared {
  Shared(rt::Loop& l, net::Transport& t, fleet::InboxPort& i, metrics::Registry& m, Options o)
      : loop(l),
        transport(t),
        inbox(i),
        options(std::move(o)),
        polls(m.counter("chorus_telegram_polls_total", "Answered getUpdates calls")),
        updates(
            m.counter("chorus_telegram_updates_total", "Updates received", {{"source", "poll"}})),
        malformed(m.counter("chorus_telegram_malformed_updates_total",
                            "Updates that could not be read and were skipped",
                            {{"source", "poll"}})),
        failures(m.counter("chorus_telegram_poll_failures_total", "Failed getUpdates calls")),
        scope(l) {}

  rt::Loop& loop;
  net::Transport& transport;
  fleet::InboxPort& inbox;
  Options options;
  metrics::Counter& polls;
  metrics::Counter& updates;
  metrics::Counter& malformed;
  metrics::Counter& failures;
  std::map<BotId, std::shared_ptr<Bot>> bots;
  rt::TaskScope scope;

  static rt::Task<detail::ApiResult> call(Shared* self, Bot* bot, std::string method,
                                          std::string body, Duration timeout) {
    detail::ApiRequest request{.token = bot->access.token,
                               .method = std::move(method),
                               .body = std::move(body),
                               .timeout = timeout};
    co_return co_await detail::call_api(self->transport, self->options.base, std::move(request));
  }

  static rt::Task<detail::ApiResult> get_updates(Shared* self, Bot* bot) {
    telegram::CallBody body;
    if (bot->offset != 0) body.add("offset", bot->offset);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(self->options.long_poll).count();
    body.add("limit", std::int64_t(bot->one_by_one ? 1 : self->options.batch))
        .add("timeout", std::int64_t(seconds))
        .add_json("allowed_updates", kAllowedUpdates);
    co_return co_await call(self, bot, "getUpdates", body.finish(),
                            self->options.long_poll + kAnswerTime);
  }

  /// Growing pause after a failure, with jitter so that bots do not come back together.
  static rt::Task<void> pause(Shared* self, Bot* bot) {
    const int doublings = std::min(bot->failures, 16);
    ++bot->failures;
    const double limit = to_seconds(self->options.max_pause);
    const double full =
        std::min(limit, to_seconds(self->options.min_pause) * static_cast<double>(1 << doublings));
    // Cancelled: the loop around tests `stopping`.
    (void)co_await rt::sleep_for(self->loop, from_seconds(full * bot->rng.uniform(0.5, 1.0)));
  }

  void record_faults(const Bot& bot, const std::vector<telegram::UpdateFault>& faults) {
    for (const auto& fault : faults) {
      malformed.add();
      log::warn(kComponent, "bot {}: malformed update {} skipped: {}", bot.access.id,
                fault.update_id ? std::to_string(*fault.update_id) : "without a readable id",
                fault.why);
    }
  }

  /// Hands a batch to the inbox; the offset moves only when it is durable.
  static rt::Task<void> deliver(Shared* self, std::shared_ptr<Bot> bot,
                                std::vector<fleet::IncomingUpdate> updates, std::int64_t next) {
    const std::size_t count = updates.size();
    const auto accepted = co_await self->inbox.accept(bot->access.id, std::move(updates), next);
    if (accepted) {
      bot->offset = next;
      bot->failures = 0;
      self->updates.add(count);
      co_return;
    }
    if (accepted.error().code == ErrorCode::NotFound) {
      log::warn(kComponent, "bot {}: the inbox does not know it, polling ends", bot->access.id);
      bot->stopping = true;
      co_return;
    }
    if (bot->stopping) co_return;
    self->failures.add();
    log::warn(kComponent, "bot {}: the inbox refused {} updates ({}), they are asked for again",
              bot->access.id, count, to_string(accepted.error().code));
    co_await pause(self, bot.get());
  }

  static rt::Task<void> on_updates(Shared* self, std::shared_ptr<Bot> bot, json::value result) {
    const auto batch = telegram::decode_updates(result);
    if (!batch) {
      self->failures.add();
      log::warn(kComponent, "bot {}: getUpdates: {}", bot->access.id, batch.error().message);
      co_await pause(self, bot.get());
      co_return;
    }
    bot->one_by_one = false;
    self->record_faults(*bot, batch->faults);
    if (batch->next_offset) {
      bot->unreadable = 0;
      std::vector<fleet::IncomingUpdate> updates;
      updates.reserve(batch->updates.size());
      for (const auto& update : batch->updates) updates.push_back(map_update(update));
      co_await deliver(self, bot, std::move(updates), *batch->next_offset);
    } else if (!batch->faults.empty()) {
      // No id to confirm. Ids follow each other, so the head is most likely the offset itself.
      co_await step_over(self, bot);
    } else {
      bot->failures = 0;
    }
  }

  static rt::Task<void> step_over(Shared* self, std::shared_ptr<Bot> bot) {
    if (++bot->unreadable >= kPatience && bot->offset > 0) {
      co_await deliver(self, bot, {}, bot->offset + 1);
    }
    co_await pause(self, bot.get());
  }

  /// 200 whose body is no JSON: first ask for single updates, then step over the broken one.
  static rt::Task<void> on_broken_body(Shared* self, std::shared_ptr<Bot> bot, std::string body) {
    self->failures.add();
    if (!bot->one_by_one) {
      bot->one_by_one = true;
      log::warn(kComponent, "bot {}: an answer to getUpdates is not JSON; asking one by one",
                bot->access.id);
      co_await pause(self, bot.get());
      co_return;
    }
    if (const auto id = telegram::scan_update_id(body)) {
      self->record_faults(*bot, {telegram::UpdateFault{*id, "not valid JSON"}});
      co_await deliver(self, bot, {}, *id + 1);
      co_return;
    }
    co_await step_over(self, bot);
  }

  static rt::Task<void> on_conflict(Shared* self, std::shared_ptr<Bot> bot, std::string why) {
    if (why.find("webhook is active") != std::string::npos) {
      const auto deleted =
          co_await call(self, bot.get(), "deleteWebhook", "{}", std::chrono::seconds(20));
      log::info(kComponent, "bot {}: its webhook was {}, because it polls now", bot->access.id,
                deleted && deleted->envelope.ok ? "deleted" : "not deleted");
      if (!deleted || !deleted->envelope.ok) co_await pause(self, bot.get());
      co_return;
    }
    self->inbox.report_conflict(bot->access.id, std::move(why));
    const double jitter = bot->rng.uniform(1.0, 1.5);
    (void)co_await rt::sleep_for(self->loop,
                                 from_seconds(to_seconds(self->options.conflict_pause) * jitter));
  }

  static rt::Task<void> on_refusal(Shared* self, std::shared_ptr<Bot> bot,
                                   detail::ApiAnswer answer) {
    const Error error = detail::error_of(answer, bot->access.token);
    if (error.code == ErrorCode::Conflict) {
      co_await on_conflict(self, bot, error.message);
      co_return;
    }
    self->failures.add();
    if (error.code == ErrorCode::Unauthenticated) {
      self->inbox.report_unauthorized(bot->access.id, error.message);
      bot->stopping = true;
      co_return;
    }
    log::warn(kComponent, "bot {}: getUpdates was refused: {}", bot->access.id, error.message);
    if (error.retry_after) {
      (void)co_await rt::sleep_for(self->loop, *error.retry_after);
      co_return;
    }
    // Nothing but an operator changes a 400 or 404: no hurry.
    if (answer.status < 500) bot->failures = std::max(bot->failures, 6);
    co_await pause(self, bot.get());
  }
};

TelegramPoller::TelegramPoller(rt::Loop& loop, net::Transport& transport, fleet::InboxPort& inbox,
                               metrics::Registry& metrics, Options options)
    : shared_(std::make_unique<Shared>(loop, transport, inbox, metrics, std::move(options))) {}

TelegramPoller::~TelegramPoller() = default;

rt::Task<void> TelegramPoller::run(Shared* shared, std::shared_ptr<Bot> bot) {
  while (!bot->stopping && !shared->scope.stopping()) {
    auto result = co_await Shared::get_updates(shared, bot.get());
    if (bot->stopping || shared->scope.stopping()) break;
    if (result && result->envelope.ok) {
      shared->polls.add();
      co_await Shared::on_updates(shared, bot, std::move(result->envelope.result));
    } else if (result) {
      co_await Shared::on_refusal(shared, bot, *std::move(result));
    } else if (result.error().status == 200) {
      co_await Shared::on_broken_body(shared, bot, std::move(result.error().body));
    } else {
      shared->failures.add();
      log::debug(kComponent, "bot {}: getUpdates failed: {}", bot->access.id,
                 result.error().error.message);
      co_await Shared::pause(shared, bot.get());
    }
  }
  bot->ended = true;
}

void TelegramPoller::start(fleet::BotAccess bot, std::int64_t next_offset) {
  const BotId id = bot.id;
  stop(id);
  auto state = std::make_shared<Bot>(
      Bot{.access = std::move(bot),
          .offset = next_offset,
          .rng = shared_->loop.rng().fork("telegram poller", static_cast<std::uint64_t>(id.value)),
          .task = {}});
  shared_->bots[id] = state;
  state->task =
      rt::spawn(shared_->scope, "telegram poller", &TelegramPoller::run, shared_.get(), state);
}

void TelegramPoller::stop(BotId bot) {
  const auto it = shared_->bots.find(bot);
  if (it == shared_->bots.end()) return;
  it->second->stopping = true;
  it->second->task.cancel();
  shared_->bots.erase(it);
}

bool TelegramPoller::is_polling(BotId bot) const {
  const auto it = shared_->bots.find(bot);
  return it != shared_->bots.end() && !it->second->ended && !it->second->stopping;
}

rt::Task<void> TelegramPoller::close() {
  for (auto& [id, bot] : shared_->bots) bot->stopping = true;
  shared_->bots.clear();
  co_await shared_->scope.close();
}

}  // namespace chorus::platform
