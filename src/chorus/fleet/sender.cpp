#include "chorus/fleet/sender.hpp"

#include "chorus/base/log.hpp"
#include "chorus/fleet/detail/outbox_options.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

policy::Priority priority_of(std::int32_t stored) {
  const auto last = static_cast<std::int32_t>(policy::kPriorities) - 1;
  return static_cast<policy::Priority>(last - std::clamp(stored, 0, last));
}

}  // namespace

Sender::Sender(Core& core)
    : core_(core),
      limiter_(core.settings.send_profile),
      host_(core.settings.breaker),
      retry_(core.settings.retry, core.rng.fork("retry")) {}

policy::SendKey Sender::key_of(const Bot& bot, PlatformChatId chat) const {
  // Telegram's private chats have the person's positive id; groups and channels are negative.
  const bool is_private = bot.row.platform == store::Platform::Telegram ? chat.value > 0 : false;
  return {bot.row.id, chat, is_private ? policy::ChatKind::Private : policy::ChatKind::Group};
}

void Sender::update_gauges() {
  core_.metrics.outbox_ready.set(static_cast<double>(queued_));
  core_.metrics.outbox_sending.set(static_cast<double>(in_flight_));
  const auto state = host_.state();
  core_.metrics.host_breaker.set(state == policy::BreakerState::Closed     ? 0
                                 : state == policy::BreakerState::HalfOpen ? 1
                                                                           : 2);
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

void Sender::cancel(Bot& bot, OutboxId id) {
  const auto it = bot.outgoing.find(id);
  if (it == bot.outgoing.end() || !bot.queue.cancel(id, it->second.chat)) return;
  bot.outgoing.erase(it);
  --queued_;
  ++cancelled;
  core_.metrics.send(SendResult::Cancelled);
  update_gauges();
  rt::spawn(core_.scope, "cancel", &Sender::store_cancel, this, id);
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
    if (row.chat) {
      limiter_.freeze(key_of(*bot, row.chat), core_.mono(row.until));
    } else {
      limiter_.freeze(row.bot, core_.mono(row.until));
    }
  }
}

void Sender::restore(std::vector<store::OutboxRow> rows) {
  for (store::OutboxRow& row : rows) {
    Bot* bot = core_.directory.bot(row.bot);
    Room* room = core_.directory.room(row.room);
    if (row.state == store::OutboxState::Unknown) {
      ++recovered_unknown;
      core_.metrics.send(SendResult::Unknown);
      if (core_.settings.on_unknown == OnUnknown::None) continue;
      row.state = store::OutboxState::Ready;
    }
    if (bot == nullptr || room == nullptr) continue;  // removed since: the store keeps the row
    Outgoing outgoing;
    outgoing.chat = room->face_of(row.bot).chat;
    outgoing.priority = priority_of(row.priority);
    outgoing.queued_at = core_.now();
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
  const auto host = host_.allow(now);
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
  const SendQueue::Earliest earliest = [&](PlatformChatId chat) {
    return chat ? limiter_.earliest(key_of(bot, chat), now) : now;  // callbacks have no chat
  };
  while (bot.in_flight + taken.size() < core_.settings.in_flight_per_bot && !bot.queue.empty()) {
    const auto due = bot.queue.next_due();
    if (!due || *due > now) break;
    const auto permits = allow(bot);
    if (!permits) break;
    const auto item = bot.queue.take(now, earliest);
    if (!item) {
      bot.breaker.on_result(permits->bot, policy::CallHealth::Unknown, now);
      host_.on_result(permits->host, policy::CallHealth::Unknown, now);
      break;
    }
    if (item->chat) limiter_.commit(key_of(bot, item->chat), now);
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
        const MonoTime permitted = std::max(bot->breaker.earliest(now), self->host_.earliest(now));
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
      self->host_.on_result(permits.host, policy::CallHealth::Unknown, core.now());
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

rt::Task<Result<SendOutcome>> Sender::call(Sender* self, Bot* bot, Outgoing outgoing) {
  MessagingPort& platform = self->core_.platform;
  const store::OutboxRow& row = outgoing.row;
  OutgoingMessage message;
  message.chat = outgoing.chat;
  message.text = row.text;
  message.reply_to = row.reply_to;
  message.transaction = std::to_string(row.id.value);
  switch (row.kind) {
    case store::OutboxKind::Message:
      message.options = row.options;
      co_return co_await platform.send_message(bot->access(), std::move(message));
    case store::OutboxKind::Reaction:
      co_return co_await platform.set_reaction(bot->access(), outgoing.chat,
                                               read_options(row.options).target, row.text);
    case store::OutboxKind::Edit:
      co_return co_await platform.edit_message(bot->access(), read_options(row.options).target,
                                               std::move(message));
    case store::OutboxKind::Callback:
      co_return co_await platform.answer_callback(bot->access(),
                                                  read_options(row.options).callback_id, row.text);
  }
  co_return fail(ErrorCode::Internal, "an outbox row of unknown kind");
}

rt::Task<void> Sender::send_one(Sender* self, Bot* bot, OutboxId id, Permits permits) {
  Core& core = self->core_;
  const MonoTime began = core.now();
  Outgoing copy = bot->outgoing.find(id)->second;
  const PlatformChatId chat = copy.chat;
  const bool was_reply = copy.row.reply_to.has_value();
  const std::int32_t attempts = copy.attempts + 1;
  if (attempts == 1) bot->retry_budget.on_request(began);
  auto answered = co_await rt::with_timeout(core.loop, core.settings.send_timeout,
                                            call(self, bot, std::move(copy)));
  SendOutcome outcome =
      answered ? std::move(*answered)
               : SendOutcome(SendUnknown{std::string(to_string(answered.error().code))});
  core.metrics.send_time.record(static_cast<std::uint64_t>((core.now() - began).count()));
  const SendDecision decision = decide_send(outcome, was_reply, core.settings.on_unknown, attempts,
                                            core.settings.retry.max_attempts);
  bot->breaker.on_result(permits.bot, decision.health, core.now());
  self->host_.on_result(permits.host, decision.health, core.now());
  if (const auto it = bot->outgoing.find(id); it != bot->outgoing.end()) {
    it->second.attempts = attempts;
    co_await self->settle(bot, id, decision, std::move(outcome));
  }
  --bot->in_flight;
  --self->in_flight_;
  bot->queue.release(chat);
  self->update_gauges();
  bot->wake.notify_one();
}

// ---------------------------------------------------------------------------- after the answer

/// Written in full, however often it takes: a row left in Sending would be unknown after a restart.
rt::Task<bool> Sender::write(store::Settlement settlement) {
  while (true) {
    const auto written = co_await core_.store.settle({settlement});
    core_.note_store(written);
    if (written) co_return true;
    if (!is_retryable(written.error().code)) {
      log::error("fleet", "the end of outbox row {} could not be stored: {}", settlement.id,
                 written.error().message);
      co_return true;  // again would fail again; after a restart the row is unknown
    }
    if (core_.scope.stopping()) co_return false;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return false;
  }
}

store::MessageRow Sender::sent_row(const Bot& bot, const Outgoing& outgoing, const SendOk& ok) {
  store::MessageRow row;
  row.id = core_.ids.next<MessageRowId>();
  row.room = outgoing.row.room;
  row.owner =
      owner_of(bot.row.platform, core_.directory.room(outgoing.row.room)->face_of(bot.row.id).kind,
               bot.row.id);
  row.bot = bot.row.id;
  row.author = bot.row.user_id;
  row.author_name = bot.display_name;
  row.author_is_bot = true;
  row.message = ok.message;
  row.reply_to = outgoing.row.reply_to;
  row.direction = store::Direction::Out;
  row.text = outgoing.row.text;
  row.created_at = core_.loop.wall_now();
  row.date = to_micros(ok.date) > 0 ? ok.date : row.created_at;
  return row;
}

void Sender::retry_later(Bot& bot, Outgoing& outgoing, const SendDecision& decision,
                         store::Settlement& out) {
  const MonoTime now = core_.now();
  const MonoTime deadline = outgoing.queued_at + core_.settings.outbox_max_age;
  const auto verdict = retry_.after_failure(Error(ErrorCode::Unavailable, decision.why),
                                            static_cast<std::uint32_t>(outgoing.attempts), now,
                                            deadline, bot.retry_budget);
  if (verdict.verdict == policy::RetryVerdict::Retry) {
    out.state = store::OutboxState::Ready;
    out.not_before = core_.wall(verdict.at);
  } else if (verdict.verdict == policy::RetryVerdict::Budget) {
    // No budget now is no reason to lose the message: it waits as long as a retry would at most.
    --outgoing.attempts;
    out.state = store::OutboxState::Ready;
    out.not_before = core_.wall(now + core_.settings.retry.backoff.cap);
  } else {
    out.state = store::OutboxState::Dead;
  }
}

store::Settlement Sender::settlement_of(Bot& bot, Outgoing& outgoing, const SendDecision& decision,
                                        const SendOutcome& outcome) {
  store::Settlement out;
  out.id = outgoing.row.id;
  out.error = decision.why;
  out.not_before = core_.loop.wall_now();
  switch (decision.action) {
    case SendAction::Settle:
      out.state = store::OutboxState::Sent;
      if (outgoing.row.kind == store::OutboxKind::Message) {
        out.message = sent_row(bot, outgoing, std::get<SendOk>(outcome));
      }
      break;
    case SendAction::Unknown:
      out.state = store::OutboxState::Unknown;
      break;
    case SendAction::Dead:
      out.state = store::OutboxState::Dead;
      break;
    case SendAction::Freeze:
    case SendAction::Hold:
      --outgoing.attempts;
      out.state = store::OutboxState::Ready;
      out.not_before = core_.wall(core_.now() + decision.wait);
      break;
    case SendAction::Unauthorized:
    case SendAction::Migrate:
    case SendAction::WithoutReply:
      --outgoing.attempts;
      out.state = store::OutboxState::Ready;
      break;
    case SendAction::Retry:
    case SendAction::Resend:
      retry_later(bot, outgoing, decision, out);
      break;
  }
  return out;
}

rt::Task<void> Sender::settle(Bot* bot, OutboxId id, SendDecision decision, SendOutcome outcome) {
  Outgoing& outgoing = bot->outgoing.find(id)->second;
  if (decision.action == SendAction::Freeze) freeze(*bot, outgoing, decision.wait);
  if (decision.action == SendAction::Unauthorized) mark_unauthorized(*bot, decision.why);
  if (decision.action == SendAction::Migrate) {
    migrate(*bot, outgoing, *std::get<SendRefused>(outcome).migrate_to);
  }
  if (decision.action == SendAction::WithoutReply) outgoing.row.reply_to.reset();
  if (decision.member_left) {
    if (Room* room = core_.directory.room(outgoing.row.room)) {
      core_.rooms->set_member(*room, bot->row.id, false);
    }
  }
  if (outgoing.row.kind == store::OutboxKind::Reaction && decision.action == SendAction::Dead) {
    // A room that refuses one reaction is not asked again.
    if (Room* room = core_.directory.room(outgoing.row.room)) room->reactions_refused = true;
  }
  const store::Settlement settlement = settlement_of(*bot, outgoing, decision, outcome);
  const bool written = co_await write(settlement);
  const auto it = bot->outgoing.find(id);
  if (it == bot->outgoing.end()) co_return;  // the bot was removed meanwhile
  switch (settlement.state) {
    case store::OutboxState::Sent:
      ++sent;
      core_.metrics.send(SendResult::Sent);
      if (settlement.message) after_sent(*bot, it->second, *settlement.message);
      break;
    case store::OutboxState::Unknown:
      ++unknown;
      core_.metrics.send(SendResult::Unknown);
      core_.metrics.outbox_unknown.add(1);
      break;
    case store::OutboxState::Ready: {
      if (!written) co_return;
      core_.metrics.send(decision.action == SendAction::Freeze ? SendResult::Frozen
                                                               : SendResult::Retried);
      bot->queue.push_front({id, it->second.chat, it->second.priority, it->second.queued_at,
                             core_.mono(settlement.not_before)});
      ++queued_;
      co_return;
    }
    default:
      ++dead;
      core_.metrics.send(SendResult::Dead);
      if (it->second.carries_notice) {  // the person has not read it
        core_.directory.disclosed.erase(
            {bot->row.id, it->second.row.room, it->second.notice_person});
      }
      log::info("fleet", "a message of bot {} is dead: {}", bot->row.id, decision.why);
      break;
  }
  bot->outgoing.erase(it);
}

void Sender::after_sent(Bot& bot, const Outgoing& outgoing, const store::MessageRow& row) {
  if (outgoing.carries_notice) {
    rt::spawn(core_.scope, "notice", &Sender::store_notice, this,
              store::NoticeRow{bot.row.id, outgoing.row.room, outgoing.notice_person, "disclosure",
                               core_.settings.notice_version, core_.loop.wall_now()});
  }
  Room* room = core_.directory.room(row.room);
  if (room == nullptr) return;
  RoomLine line;
  line.row = row.id;
  line.message = row.message;
  line.owner = row.owner;
  line.bot = bot.row.id;
  line.author = row.author;
  line.name = row.author_name;
  line.text = row.text;
  line.from_bot = true;
  line.reply_to = row.reply_to;
  line.date = row.date;
  line.at = core_.now();
  core_.rooms->said(*room, std::move(line));
}

void Sender::freeze(Bot& bot, const Outgoing& outgoing, Duration wait) {
  ++too_many;
  core_.metrics.too_many_requests.add();
  const MonoTime until = core_.now() + wait;
  limiter_.freeze(key_of(bot, outgoing.chat), until);
  rt::spawn(core_.scope, "freeze", &Sender::store_freeze, this,
            store::FreezeRow{bot.row.id, outgoing.chat, core_.wall(until)});
}

void Sender::migrate(Bot& bot, Outgoing& outgoing, PlatformChatId to) {
  Room* room = core_.directory.room(outgoing.row.room);
  if (room == nullptr) return;
  const PlatformChatId from = outgoing.chat;
  core_.directory.migrate(*room, to);
  for (const auto& face : room->faces) {
    rt::spawn(core_.scope, "room row", &Sender::store_room, this, face);
  }
  for (const auto& [id, other] : core_.directory.bots()) {
    for (auto& [key, item] : other->outgoing) {
      if (item.chat == from) item.chat = to;
    }
    other->queue.migrate(from, to);
  }
  outgoing.chat = to;
  log::info("fleet", "bot {}: the group {} is now {}", bot.row.id, from, to);
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

void Sender::reset_breakers(Bot* bot) {
  if (bot != nullptr) {
    bot->breaker.reset(core_.now());
    bot->wake.notify_one();
    return;
  }
  host_.reset(core_.now());
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
  std::optional<MonoTime> latest = limiter_.frozen_until(bot.row.id, core_.now());
  for (const auto& [id, item] : bot.outgoing) {
    const auto until = limiter_.frozen_until(key_of(bot, item.chat), core_.now());
    if (until && (!latest || *until > *latest)) latest = until;
  }
  return latest;
}

// ------------------------------------------------------------------------ small durable writes

rt::Task<void> Sender::store_bot(Sender* self, store::BotRow row) {
  while (!co_await self->core_.store.put_bot(row)) {
    if (self->core_.scope.stopping()) co_return;
    if (!co_await rt::sleep_for(self->core_.loop, self->core_.settings.store_retry)) co_return;
  }
}

rt::Task<void> Sender::store_freeze(Sender* self, store::FreezeRow row) {
  while (!co_await self->core_.store.put_freeze(row)) {
    if (self->core_.scope.stopping()) co_return;
    if (!co_await rt::sleep_for(self->core_.loop, self->core_.settings.store_retry)) co_return;
  }
}

rt::Task<void> Sender::store_room(Sender* self, store::RoomRow row) {
  if (!co_await self->core_.store.put_room(row)) {
    // Known under its new id already: this process follows it by memory, the next by that row.
    log::info("fleet", "room {} could not take its new chat id in the store", row.id);
  }
}

rt::Task<void> Sender::store_notice(Sender* self, store::NoticeRow row) {
  // When it cannot be stored, the notice is shown once more after the next start: no harm.
  (void)co_await self->core_.store.put_notice(row);
}

}  // namespace chorus::fleet::detail
