#include "chorus/fleet/turn.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/admission.hpp"
#include "chorus/fleet/detail/memories.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/inbox.hpp"
#include "chorus/fleet/pacing.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/tools/questions.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

/// Which memories the prompt held and how they came up. Ids and numbers only: the words that
/// matched are the person's, and this row is not sealed.
void write_recalled(JsonWriter& w, const std::vector<Recalled>& recalled) {
  w.key("memories").begin_array();
  for (const Recalled& r : recalled) {
    w.begin_object().field("id", r.memory.id.value).field("score", r.score);
    w.field("relevance", r.relevance).field("recency", r.recency).field("strength", r.strength);
    w.field("terms", static_cast<std::uint64_t>(r.terms.size())).end_object();
  }
  w.end_array();
}

std::string detail_json(const TurnJob& job, std::string_view provider, std::string_view model,
                        std::int64_t tokens, double cost, std::string_view note) {
  std::string json;
  JsonWriter w(json);
  w.begin_object().key("decision").raw(job.decision.empty() ? "{}" : job.decision);
  w.key("spans_ms").begin_object();
  for (std::size_t i = 0; i < kSpans; ++i) {
    if (job.spans[i] != Duration{}) {
      w.field(to_string(static_cast<Span>(i)), to_millis(job.spans[i]));
    }
  }
  w.end_object();
  if (!provider.empty()) {
    w.field("provider", provider).field("model", model).field("tokens", tokens).field("cost", cost);
  }
  if (!job.recalled.empty()) write_recalled(w, job.recalled);
  if (!job.reply_scores.empty()) w.key("reply_targets").raw(job.reply_scores);
  if (job.news) w.field("news", job.news->key);
  if (!job.tool_rounds.empty()) w.key("tools").raw(uses_json(job.tool_rounds));
  if (!note.empty()) w.field("note", note);
  w.end_object();
  return json;
}

/// A slow message does not keep the others silent: the floor is reserved for at most so long.
constexpr Duration kLongestReserve = std::chrono::seconds(30);

std::pair<BotId, PlatformMessageId> lane_of(const TurnJob& job) {
  return {job.bot->row.id, job.thread.value_or(PlatformMessageId{})};
}

bool is_unasked(const TurnJob& job) {
  return job.kind == TurnJob::Kind::SelfStarted || job.unasked;
}

}  // namespace

// ----------------------------------------------------------------- lanes: one turn at a time

void Turns::start(std::shared_ptr<TurnJob> job) {
  if (is_unasked(*job)) ++job->room->unasked_turns;
  Lane& lane = job->room->lanes[lane_of(*job)];
  if (!lane.running) {
    lane.running = true;
    return launch(std::move(job));
  }
  lane.jobs.push_back(std::move(job));
  ++waiting_;
  if (lane.jobs.size() <= core_.settings.turn_queue) return;
  auto oldest = std::move(lane.jobs.front());
  lane.jobs.pop_front();
  --waiting_;
  ++under_way_;
  rt::spawn(core_.scope, "superseded turn", &Turns::supersede, this, std::move(oldest));
}

void Turns::launch(std::shared_ptr<TurnJob> job) {
  ++under_way_;
  auto handle = rt::spawn(core_.scope, "turn", &Turns::run, this, job);
  job->task = handle;
}

void Turns::next_in_lane(const TurnJob& ended) {
  const auto found = ended.room->lanes.find(lane_of(ended));
  Lane& lane = found->second;
  if (lane.jobs.empty() || core_.scope.stopping()) {
    lane.running = false;
    // A room has few bots, and threads without end.
    if (lane.jobs.empty() && ended.thread) ended.room->lanes.erase(found);
    return;
  }
  auto job = std::move(lane.jobs.front());
  lane.jobs.pop_front();
  --waiting_;
  launch(std::move(job));
}

rt::Task<void> Turns::supersede(Turns* self, std::shared_ptr<TurnJob> job) {
  Outcome outcome;
  outcome.reason = TurnReason::Superseded;
  co_await self->conclude(job, std::move(outcome));
  --self->under_way_;
}

rt::Task<void> Turns::run(Turns* self, std::shared_ptr<TurnJob> job) {
  job->spans[static_cast<std::size_t>(Span::Queue)] =
      self->core_.now() -
      (job->heard() != nullptr && job->heard()->inbox ? job->heard()->received : job->decided_at);
  Outcome outcome = co_await self->speak(job);
  if (self->was_forgotten(*job)) {
    outcome = Outcome{};
    outcome.reason = TurnReason::Forgotten;
  }
  const bool well = outcome.reason == TurnReason::Sent || outcome.reason == TurnReason::Reacted;
  const TurnReason reason = outcome.reason;
  if (job->conversation) self->core_.admission->concluding(job->conversation);
  if (well && !job->question.empty()) co_await self->core_.questions->open(job);
  co_await self->conclude(job, std::move(outcome));
  if (well) self->remember(*job);
  self->core_.admission->finish(*job, reason);
  --self->under_way_;
  self->next_in_lane(*job);
}

/// What may have changed since the floor decided.
std::optional<TurnReason> Turns::check_before(const TurnJob& job) const {
  const Heard* heard = job.heard();
  if (core_.stopping && !job.person_asked) return TurnReason::ShuttingDown;
  if (core_.paused) return TurnReason::Paused;
  if (job.bot->removed || job.bot->row.state == store::BotState::Disabled) {
    return TurnReason::Disabled;
  }
  if (job.bot->row.state == store::BotState::Unauthorized) return TurnReason::Unauthorized;
  if (!job.room->first().enabled) return TurnReason::Disabled;
  if (job.bot->outgoing.size() >= core_.settings.outbox_per_bot) return TurnReason::OutboxFull;
  if (heard == nullptr) return std::nullopt;
  const Duration longest = job.room->is_private() ? core_.settings.max_reply_age_private
                                                  : core_.settings.max_reply_age_group;
  const WallTime now = core_.loop.wall_now();
  if (heard->inbox && now > heard->line.date && Duration(now - heard->line.date) > longest) {
    return TurnReason::Stale;
  }
  if (job.kind != TurnJob::Kind::Runtime && !heard->line.from_bot &&
      core_.directory.is_stopped(job.bot->row.id, *job.room, heard->line.author)) {
    return TurnReason::StoppedByPerson;
  }
  return std::nullopt;
}

rt::Task<Turns::Outcome> Turns::speak(std::shared_ptr<TurnJob> job) {
  Outcome outcome;
  if (const auto bar = check_before(*job)) {
    outcome.reason = *bar;
    co_return outcome;
  }
  if (job->kind == TurnJob::Kind::Runtime) co_return co_await answer_runtime(job);
  if (job->kind == TurnJob::Kind::Reaction) co_return co_await react(job);
  if (job->person_asked) {
    const MonoTime asked = core_.now();
    const auto refused = co_await take_slot(job);
    job->spans[static_cast<std::size_t>(Span::Admission)] = core_.now() - asked;
    if (refused) {
      outcome.reason = *refused;
      say_instead(*job, outcome);
      co_return outcome;
    }
    // The wait may have been long.
    if (const auto bar = check_before(*job)) {
      outcome.reason = *bar;
      co_return outcome;
    }
  }
  outcome = co_await generate(job);
  if (job->person_asked && outcome.text.empty()) say_instead(*job, outcome);
  co_return outcome;
}

// ------------------------------------------------------------------- into the store and out

Outgoing Turns::outgoing_for(const TurnJob& job, const Outcome& outcome, TurnId turn) {
  const Heard* heard = job.heard();
  Room& room = *job.room;
  const store::RoomRow& face = room.face_of(job.bot->row.id);
  Outgoing out;
  out.chat = face.chat;
  out.queued_at = core_.now();
  out.priority = heard == nullptr || job.kind == TurnJob::Kind::SelfStarted
                     ? policy::Priority::SelfStarted
                 : room.is_private() ? policy::Priority::Direct
                 : job.unasked       ? policy::Priority::Ambient
                                     : policy::Priority::Mention;
  out.carries_notice = outcome.notice;
  if (room.is_private() && heard != nullptr) out.notice_person = heard->line.author;
  out.row = new_outbox_row(core_, job, turn, "0");
  out.row.priority = stored_priority(out.priority);
  out.row.text = outcome.text;
  out.thread = job.thread;
  if (job.kind == TurnJob::Kind::Reaction) {
    out.row.kind = store::OutboxKind::Reaction;
    out.row.options = write_options({.target = reply_target(job).value_or(PlatformMessageId{})});
    out.row.idem_key += "-r";
    return out;
  }
  if (job.target) out.row.reply_to = reply_target(job);
  if (heard != nullptr) {
    const auto& lines = room.log.lines();
    const bool newest = !lines.empty() && lines.back().row == heard->line.row;
    // In private chats a quote is only needed when something was said in between.
    if (!room.is_private() || !newest) out.row.reply_to = reply_target(job);
  }
  const PacedMessage paced{
      .private_chat = room.is_private(),
      .unasked = is_unasked(job),
      .trigger_length = job.about() != nullptr ? code_point_count(job.about()->text) : 0,
      .answer_length = code_point_count(outcome.text)};
  const Duration pause = pacing_delay(core_.settings.pacing, paced, job.bot->persona.pacing,
                                      job.bot->speed, core_.rng);
  const Duration gone = core_.now() - job.decided_at;
  if (pause > gone) out.row.not_before = core_.wall(core_.now() + (pause - gone));
  return out;
}

/// Stored until it is stored: the alternative is to pay for the text again. False: cancelled.
rt::Task<bool> Turns::append(store::TurnRow turn, std::vector<store::OutboxRow> sends,
                             std::vector<store::InboxDone> done, std::vector<bool>* fresh) {
  while (true) {
    auto written = co_await core_.store.append_turn(turn, sends, done);
    core_.note_store(written);
    if (written) {
      *fresh = std::move(*written);
      co_return true;
    }
    if (!is_retryable(written.error().code)) {
      // Again would fail again. The update stays undone in the store and is decided anew later.
      log::error("fleet", "a turn of bot {} could not be stored: {}", turn.bot,
                 written.error().message);
      co_return false;
    }
    if (core_.scope.stopping()) co_return false;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return false;
  }
}

rt::Task<void> Turns::conclude(std::shared_ptr<TurnJob> job, Outcome outcome) {
  const MonoTime began = core_.now();
  // What the end of the process cuts off stays undone in the store: the next process takes it up.
  if (outcome.reason == TurnReason::ShuttingDown && job->trigger && job->heard()->inbox) {
    core_.metrics.turn(outcome.reason);
    if (is_unasked(*job)) --job->room->unasked_turns;
    co_return;
  }
  const bool sends = !outcome.text.empty();
  store::TurnRow turn;
  turn.id = job->id ? job->id : core_.ids.next<TurnId>();
  turn.room = job->room->face_of(job->bot->row.id).id;
  turn.bot = job->bot->row.id;
  turn.outcome = to_string(outcome.reason);
  turn.at = core_.loop.wall_now();
  turn.detail = detail_json(*job, outcome.provider, outcome.model, outcome.tokens, outcome.cost,
                            outcome.note);
  if (job->heard() != nullptr) turn.trigger = job->heard()->line.row;
  std::vector<store::OutboxRow> rows;
  Outgoing outgoing;
  if (sends) {
    outgoing = outgoing_for(*job, outcome, turn.id);
    rows.push_back(outgoing.row);
  }
  std::vector<store::InboxDone> done;
  InboxId inbox;
  if (job->trigger) {
    Trigger& trigger = *job->trigger;
    trigger.answered = trigger.answered || sends;
    if (--trigger.open == 0 && trigger.heard->inbox) {
      inbox = trigger.heard->inbox;
      done.push_back({inbox,
                      trigger.answered ? store::InboxState::Done : store::InboxState::Skipped,
                      trigger.answered ? std::string() : turn.outcome});
    }
  }
  std::vector<bool> fresh;
  const bool stored = co_await append(std::move(turn), std::move(rows), std::move(done), &fresh);
  if (is_unasked(*job)) --job->room->unasked_turns;
  if (!stored) co_return;  // the update is undone in the store and is taken up at the next start
  if (inbox) core_.inbox->finished(inbox);
  job->spans[static_cast<std::size_t>(Span::Append)] = core_.now() - began;
  core_.metrics.turn(outcome.reason);
  record_spans(*job);
  if (sends && !fresh.empty() && fresh[0]) hand_over(*job, std::move(outgoing));
}

/// The row is durable: the sender may have it.
void Turns::hand_over(const TurnJob& job, Outgoing outgoing) {
  Bot& bot = *job.bot;
  Room& room = *job.room;
  const MonoTime due = core_.mono(outgoing.row.not_before);
  // What may still be taken back has told nobody anything yet (Sender::after_sent notes it).
  if (outgoing.carries_notice && !(is_unasked(job) && due > core_.now())) {
    core_.directory.disclosed[{bot.row.id, outgoing.row.room, outgoing.notice_person}] =
        core_.loop.wall_now();
  }
  // What waits so long that people may have gone on meanwhile can be taken back.
  const bool slow = is_unasked(job) && due - core_.now() > kLongestTyping;
  if (is_unasked(job) && due > core_.now()) {
    const MessageRowId trigger =
        job.heard() != nullptr && !slow ? job.heard()->line.row : MessageRowId{};
    room.unsaid = {bot.row.id, outgoing.row.id, trigger, due, outgoing.row.text};
  }
  const bool words = outgoing.row.kind == store::OutboxKind::Message;
  if (words && (is_unasked(job) || !job.person_asked) && job.kind != TurnJob::Kind::Runtime) {
    room.unasked.note(core_.now());
    core_.unasked.note(core_.now());
  }
  if (is_unasked(job)) {
    const MonoTime now = core_.now();
    while (!bot.unasked.empty() && now - bot.unasked.front() > std::chrono::hours(1)) {
      bot.unasked.pop_front();
    }
    if (bot.hourly_cap(core_.settings) != 0) bot.unasked.push_back(now);
    // The next unasked speaker leaves a pause after this message has arrived.
    const Duration gap =
        core_.settings.pacing == Pacing::Human ? Duration(std::chrono::seconds(2)) : Duration{};
    room.floor_free_at = std::min(due, now + kLongestReserve) + gap;
  }
  if (core_.settings.pacing == Pacing::Human && due > core_.now() &&
      outgoing.row.kind == store::OutboxKind::Message) {
    rt::spawn(core_.scope, "typing", &Turns::show_typing, this, &bot, outgoing.chat, job.thread,
              due);
  }
  core_.sender->push(bot, std::move(outgoing));
}

void Turns::record_spans(TurnJob& job) {
  Duration total{};
  for (std::size_t i = 0; i + 1 < kSpans; ++i) {
    if (job.spans[i] == Duration{}) continue;
    total += job.spans[i];
    core_.metrics.span(static_cast<Span>(i), job.spans[i]);
  }
  core_.metrics.span(Span::Total, total);
}

rt::Task<void> Turns::show_typing(Turns* self, Bot* bot, PlatformChatId chat,
                                  std::optional<PlatformMessageId> thread, MonoTime until) {
  Core& core = self->core_;
  if (!co_await rt::sleep_until(core.loop, until - kLongestTyping)) co_return;
  while (core.now() < until && !core.scope.stopping() && bot->may_send()) {
    co_await core.platform.send_typing(bot->access(), chat, thread);
    const MonoTime next = std::min(until, core.now() + kTypingRefresh);
    if (!co_await rt::sleep_until(core.loop, next)) co_return;
  }
}

// ------------------------------------------------------------------------- when nobody speaks

void Turns::record_silence(Room& room, const Heard* heard, const FloorDecision& decision) {
  // A timer in a room where nobody of ours is says so once, not at every tick.
  if (heard == nullptr && decision.reason == TurnReason::NotMember) {
    core_.metrics.turn(decision.reason);
    if (room.told_not_member) return;
    room.told_not_member = true;
  } else {
    core_.metrics.turn(decision.reason);
  }
  store::TurnRow turn;
  turn.id = core_.ids.next<TurnId>();
  turn.room = room.id();
  turn.outcome = to_string(decision.reason);
  turn.detail = decision.to_json();
  turn.at = core_.loop.wall_now();
  InboxId inbox;
  if (heard != nullptr) {
    turn.trigger = heard->line.row;
    inbox = heard->inbox;
  }
  core_.inbox->finish_silent(inbox, decision.reason, std::move(turn));
}

}  // namespace chorus::fleet::detail
