#include "chorus/base/log.hpp"
#include "chorus/fleet/detail/outbox_options.hpp"
#include "chorus/fleet/detail/room_lines.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/rt/sleep.hpp"

// From a claimed row to its end: the call, what its answer means for the row, the bot and the room,
// and the settlement in the store.
namespace chorus::fleet::detail {

rt::Task<Result<SendOutcome>> Sender::call(Sender* self, Bot* bot, Outgoing outgoing) {
  MessagingPort& platform = self->core_.platform;
  const store::OutboxRow& row = outgoing.row;
  OutgoingMessage message;
  message.chat = outgoing.chat;
  message.text = row.text;
  message.reply_to = row.reply_to;
  message.thread = outgoing.thread;
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
  const bool idempotent = traits_of(bot->row.platform).idempotent_sends;
  const auto most = static_cast<std::int32_t>(core.settings.retry.max_attempts);
  // What may be repeated without harm is given up only when it is too old.
  const std::int32_t attempts =
      idempotent ? std::min(copy.attempts + 1, std::max(most - 1, 1)) : copy.attempts + 1;
  const OnUnknown on_unknown =
      idempotent || is_promised(copy.row) ? OnUnknown::Resend : core.settings.on_unknown;
  if (copy.attempts == 0) bot->retry_budget.on_request(began);
  auto answered = co_await rt::with_timeout(core.loop, core.settings.send_timeout,
                                            call(self, bot, std::move(copy)));
  SendOutcome outcome =
      answered ? std::move(*answered)
               : SendOutcome(SendUnknown{std::string(to_string(answered.error().code))});
  core.metrics.send_time.record(static_cast<std::uint64_t>((core.now() - began).count()));
  const SendDecision decision =
      decide_send(outcome, was_reply, on_unknown, attempts, core.settings.retry.max_attempts);
  bot->breaker.on_result(permits.bot, decision.health, core.now());
  self->way_of(*bot).host.on_result(permits.host, decision.health, core.now());
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
  row.thread = outgoing.thread;
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
    core_.directory.disclosed[{bot.row.id, outgoing.row.room, outgoing.notice_person}] =
        core_.loop.wall_now();
    rt::spawn(core_.scope, "notice", &Sender::store_notice, this,
              store::NoticeRow{bot.row.id, outgoing.row.room, outgoing.notice_person, "disclosure",
                               core_.settings.notice_version, core_.loop.wall_now()});
  }
  Room* room = core_.directory.room(row.room);
  if (room == nullptr) return;
  core_.rooms->said(*room, to_line(row, core_.now()));
}

void Sender::freeze(Bot& bot, const Outgoing& outgoing, Duration wait) {
  ++too_many;
  core_.metrics.too_many_requests.add();
  const MonoTime until = core_.now() + wait;
  way_of(bot).limiter.freeze(key_of(bot, outgoing.chat), until);
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
