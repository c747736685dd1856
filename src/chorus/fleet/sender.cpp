#include "chorus/fleet/sender.hpp"

#include "chorus/base/log.hpp"
#include "chorus/fleet/detail/outbox_options.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

// What waits for one bot and what may leave now: queue, limits, breakers, the durable claim.
// sender_settle.cpp goes on from there.
namespace chorus::fleet::detail {
namespace {

policy::Priority priority_of(std::int32_t stored) {
  const auto last = static_cast<std::int32_t>(policy::kPriorities) - 1;
  return static_cast<policy::Priority>(last - std::clamp(stored, 0, last));
}

}  // namespace

Sender::Way::Way(store::Platform platform, const FleetSettings& settings)
    : limiter(traits_of(platform).limits(settings)), host(settings.breaker) {}

Sender::Sender(Core& core)
    : core_(core),
      ways_{std::make_unique<Way>(store::Platform::Telegram, core.settings),
            std::make_unique<Way>(store::Platform::Matrix, core.settings)},
      retry_(core.settings.retry, core.rng.fork("retry")) {}

policy::SendKey Sender::key_of(const Bot& bot, PlatformChatId chat) const {
  return {bot.row.id, chat, limit_kind(bot.row.platform, chat)};
}

MonoTime Sender::earliest(const Bot& bot, PlatformChatId chat) const {
  return way_to(bot.row.platform).limiter.earliest(key_of(bot, chat), core_.now());
}

void Sender::update_gauges() {
  core_.metrics.outbox_ready.set(static_cast<double>(queued_));
  core_.metrics.outbox_sending.set(static_cast<double>(in_flight_));
  const auto state = host_state();
  core_.metrics.host_breaker.set(state == policy::BreakerState::Closed     ? 0
                                 : state == policy::BreakerState::HalfOpen ? 1
                                                                           : 2);
}

policy::BreakerState Sender::host_state() const {
  auto worst = policy::BreakerState::Closed;
  for (const auto& way : ways_) {
    const auto state = way->host.state();
    if (state == policy::BreakerState::Open || worst == policy::BreakerState::Closed) worst = state;
  }
  return worst;
}

// --------------------------------------------------------------------------------- into memory

void Sender::push(Bot& bot, Outgoing outgoing) {
  SendQueue::Item item{outgoing.row.id, outgoing.chat, outgoing.priority, outgoing.queued_at,
                       core_.mono(outgoing.row.not_before)};
  const OutboxId id = outgoing.row.id;
  bot.outgoing.insert_or_assign(id, std::move(outgoing));
  bot.queue.push(item);
  ++queued_;
  update_gauges();
  wake(bot);
}

void Sender::wake(Bot& bot) {
  if (bot.sending) {
    bot.wake.notify_one();
    return;
  }
  if (bot.queue.empty() || core_.scope.stopping()) return;
  bot.sending = true;
  rt::spawn(core_.scope, "sender", &Sender::run, this, &bot);
}

void Sender::wake_all() {
  for (const auto& [id, bot] : core_.directory.bots()) wake(*bot);
}

void Sender::forget(Bot& bot) {
  queued_ -= std::min(queued_, bot.queue.size());
  bot.queue = SendQueue(core_.settings.age_step);
  bot.outgoing.clear();
  bot.wake.notify_one();
  update_gauges();
}

bool Sender::cancel(Bot& bot, OutboxId id) {
  const auto it = bot.outgoing.find(id);
  if (it == bot.outgoing.end() || !bot.queue.cancel(id, it->second.chat)) return false;
  bot.outgoing.erase(it);
  --queued_;
  ++cancelled;
  core_.metrics.send(SendResult::Cancelled);
  update_gauges();
  rt::spawn(core_.scope, "cancel", &Sender::store_cancel, this, id);
  return true;
}

bool Sender::postpone(Bot& bot, OutboxId id, MonoTime until) {
  const auto it = bot.outgoing.find(id);
  if (it == bot.outgoing.end()) return false;
  const Outgoing& outgoing = it->second;
  if (core_.mono(outgoing.row.not_before) >= until) return true;
  if (!bot.queue.cancel(id, outgoing.chat)) return false;
  // Kept in memory only: after a restart nobody remembers what it made way for.
  it->second.row.not_before = core_.wall(until);
  bot.queue.push({id, outgoing.chat, outgoing.priority, outgoing.queued_at, until});
  wake(bot);
  return true;
}

rt::Task<void> Sender::store_cancel(Sender* self, OutboxId id) {
  store::Settlement settlement;
  settlement.id = id;
  settlement.state = store::OutboxState::Cancelled;
  settlement.error = "superseded by what a person said";
  settlement.not_before = self->core_.loop.wall_now();
  // Stored or not, it is gone from memory; an unstored one would leave after the next start.
  (void)co_await self->write(std::move(settlement));
}

void Sender::restore_freezes(const std::vector<store::FreezeRow>& freezes) {
  for (const auto& row : freezes) {
    if (row.until <= core_.loop.wall_now()) continue;
    const Bot* bot = core_.directory.bot(row.bot);
    if (bot == nullptr) continue;
    auto& limiter = way_of(*bot).limiter;
    if (row.chat) {
      limiter.freeze(key_of(*bot, row.chat), core_.mono(row.until));
    } else {
      limiter.freeze(row.bot, core_.mono(row.until));
    }
  }
}

void Sender::restore(std::vector<store::OutboxRow> rows) {
  for (store::OutboxRow& row : rows) {
    Bot* bot = core_.directory.bot(row.bot);
    Room* room = core_.directory.room(row.room);
    if (row.state == store::OutboxState::Unknown) {
      const bool idempotent = bot != nullptr && traits_of(bot->row.platform).idempotent_sends;
      if (!idempotent) {
        ++recovered_unknown;
        core_.metrics.send(SendResult::Unknown);
      }
      const bool again = bot != nullptr && sends_again(bot->row.platform, core_.settings);
      if (bot != nullptr && !again && !is_promised(row)) continue;
      row.state = store::OutboxState::Ready;  // as the store has it already
    }
    if (bot == nullptr || room == nullptr) continue;  // removed since: the store keeps the row
    Outgoing outgoing;
    outgoing.chat = room->face_of(row.bot).chat;
    outgoing.priority = priority_of(row.priority);
    outgoing.queued_at = core_.now();
    outgoing.thread = read_options(row.options).thread;
    outgoing.row = std::move(row);
    push(*bot, std::move(outgoing));
  }
  if (recovered_unknown > 0) {
    core_.metrics.outbox_unknown.add(static_cast<double>(recovered_unknown));
    log::warn("fleet", "{} sends were under way when the process ended: their outcome is unknown",
              recovered_unknown);
  }
}

// ------------------------------------------------------------------------------- the scheduler

std::optional<Sender::Permits> Sender::allow(Bot& bot) {
  const MonoTime now = core_.now();
  const auto own = bot.breaker.allow(now);
  if (!own) return std::nullopt;
  const auto host = way_of(bot).host.allow(now);
  if (!host) {
    bot.breaker.on_result(*own, policy::CallHealth::Unknown, now);
    return std::nullopt;
  }
  return Permits{*own, *host};
}

/// What may leave at this moment: permitted by every limit and by both breakers.
std::vector<std::pair<OutboxId, Sender::Permits>> Sender::take(Bot& bot) {
  std::vector<std::pair<OutboxId, Permits>> taken;
  if (core_.paused || !bot.may_send() || !core_.store_ok) return taken;
  const MonoTime now = core_.now();
  auto& way = way_of(bot);
  const SendQueue::Earliest earliest = [&](PlatformChatId chat) {
    return chat ? way.limiter.earliest(key_of(bot, chat), now) : now;  // callbacks have no chat
  };
  while (bot.in_flight + taken.size() < core_.settings.in_flight_per_bot && !bot.queue.empty()) {
    const auto due = bot.queue.next_due();
    if (!due || *due > now) break;
    const auto permits = allow(bot);
    if (!permits) break;
    const auto item = bot.queue.take(now, earliest);
    if (!item) {
      bot.breaker.on_result(permits->bot, policy::CallHealth::Unknown, now);
      way.host.on_result(permits->host, policy::CallHealth::Unknown, now);
      break;
    }
    if (item->chat) way.limiter.commit(key_of(bot, item->chat), now);
    core_.metrics.outbox_wait.record(static_cast<std::uint64_t>((now - item->queued_at).count()));
    taken.emplace_back(item->id, *permits);
    --queued_;
  }
  return taken;
}

rt::Task<void> Sender::run(Sender* self, Bot* bot) {
  Core& core = self->core_;
  while (!core.scope.stopping() && !bot->removed) {
    if (bot->queue.empty() && bot->in_flight == 0) break;
    if (!bot->queue.empty() && bot->may_send() && !bot->identified &&
        !co_await self->ensure_identified(bot)) {
      continue;
    }
    auto taken = self->take(*bot);
    if (taken.empty()) {
      const MonoTime now = core.now();
      // Nothing may leave: wait for a change, for the next due item, or for a breaker's probe.
      MonoTime due = now + std::chrono::seconds(60);
      if (!core.store_ok) due = now + core.settings.store_retry;
      if (const auto next = bot->queue.next_due();
          next && core.store_ok && !core.paused && bot->may_send() &&
          bot->in_flight < core.settings.in_flight_per_bot) {
        const MonoTime permitted =
            std::max(bot->breaker.earliest(now), self->way_of(*bot).host.earliest(now));
        due = std::min(due, std::max(*next, permitted > now ? permitted : *next));
        if (due <= now) due = now + std::chrono::milliseconds(1);
      }
      if (co_await bot->wake.wait_until(due) == rt::Notify::Woken::Cancelled) break;
      if (!core.store_ok) core.store_ok = true;  // the next claim tells
      continue;
    }
    std::vector<OutboxId> ids;
    ids.reserve(taken.size());
    for (const auto& [id, permits] : taken) ids.push_back(id);
    bot->in_flight += taken.size();
    self->in_flight_ += taken.size();
    self->update_gauges();
    const auto claimed = co_await core.store.claim(ids);
    core.note_store(claimed);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const auto& [id, permits] = taken[i];
      const auto it = bot->outgoing.find(id);
      const bool ours = claimed && (*claimed)[i] && it != bot->outgoing.end();
      if (ours && !core.scope.stopping()) {
        rt::spawn(core.scope, "send", &Sender::send_one, self, bot, id, permits);
        continue;
      }
      bot->breaker.on_result(permits.bot, policy::CallHealth::Unknown, core.now());
      self->way_of(*bot).host.on_result(permits.host, policy::CallHealth::Unknown, core.now());
      --bot->in_flight;
      --self->in_flight_;
      if (it == bot->outgoing.end()) continue;
      const PlatformChatId chat = it->second.chat;
      if (!claimed) {  // the store could not say: it stays Ready and is asked again
        bot->queue.push_front({id, chat, it->second.priority, it->second.queued_at, core.now()});
        ++self->queued_;
      } else {  // not Ready any more: cancelled
        ++self->cancelled;
        core.metrics.send(SendResult::Cancelled);
        bot->outgoing.erase(it);
      }
      bot->queue.release(chat);
    }
  }
  bot->sending = false;
}

/// A bot made through a founding route is asked for its identity before its first send.
rt::Task<bool> Sender::ensure_identified(Bot* bot) {
  const auto identity = co_await rt::with_timeout(core_.loop, core_.settings.send_timeout,
                                                  core_.platform.identify(bot->access()));
  if (identity) {
    identified(*bot, *identity);
    co_return true;
  }
  if (identity.error().code == ErrorCode::Unauthenticated) {
    mark_unauthorized(*bot, identity.error().message);
    co_return false;
  }
  if (identity.error().code == ErrorCode::Cancelled) co_return false;
  (void)co_await rt::sleep_for(core_.loop, std::chrono::seconds(2));  // cancelled: the loop sees it
  co_return false;
}

void Sender::identified(Bot& bot, const Identity& identity) {
  bot.identified = true;
  bot.sandbox = identity.sandbox;
  const bool changed = bot.row.user_id != identity.user_id ||
                       bot.row.username != identity.username ||
                       bot.row.state == store::BotState::Unverified;
  bot.row.user_id = identity.user_id;
  bot.row.username = identity.username;
  bot.set_display_name(identity.name);
  core_.directory.index_user(bot);
  if (bot.row.state == store::BotState::Unverified) bot.row.state = store::BotState::Active;
  if (changed) rt::spawn(core_.scope, "bot row", &Sender::store_bot, this, bot.row);
}

void Sender::mark_unauthorized(Bot& bot, std::string why) {
  if (bot.row.state == store::BotState::Unauthorized || bot.removed) return;
  bot.row.state = store::BotState::Unauthorized;
  bot.row.state_reason = "the platform refused the token: " + why;
  core_.metrics.unauthorized.add();
  log::warn("fleet",
            "bot {} ({}) is switched off: the platform refused its token; give it a new one",
            bot.row.id, bot.row.name);
  rt::spawn(core_.scope, "bot row", &Sender::store_bot, this, bot.row);
  if (core_.bot_stopped) core_.bot_stopped(bot.row.id);
}

// -------------------------------------------------------------------------------- what shows

void Sender::reset_breakers(Bot* bot) {
  if (bot != nullptr) {
    bot->breaker.reset(core_.now());
    bot->wake.notify_one();
    return;
  }
  for (const auto& way : ways_) way->host.reset(core_.now());
  wake_all();
}

bool Sender::idle() const {
  if (in_flight_ > 0) return false;
  for (const auto& [id, bot] : core_.directory.bots()) {
    if (!bot->may_send()) continue;
    const auto due = bot->queue.next_due();
    if (due && *due <= core_.now()) return false;
  }
  return true;
}

std::optional<MonoTime> Sender::frozen_until(const Bot& bot) const {
  const auto& limiter = way_to(bot.row.platform).limiter;
  std::optional<MonoTime> latest = limiter.frozen_until(bot.row.id, core_.now());
  for (const auto& [id, item] : bot.outgoing) {
    const auto until = limiter.frozen_until(key_of(bot, item.chat), core_.now());
    if (until && (!latest || *until > *latest)) latest = until;
  }
  return latest;
}

}  // namespace chorus::fleet::detail
