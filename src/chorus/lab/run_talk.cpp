#include "chorus/base/text.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/lab/detail/step_outcome.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::lab {

rt::Task<void> Run::Impl::converse(Impl* self, std::uint32_t person, std::size_t executor,
                                   MonoTime intended) {
  co_await self->hold(person, self->scenario.executors[executor], intended);
  --self->progress[executor].open;
}

rt::Task<void> Run::Impl::hold(std::uint32_t person, const Executor& executor, MonoTime intended) {
  ++conversations;
  const auto begin = loop.now();
  measure->conversation(true, false, {}, begin);
  Rng rng = loop.rng().fork("conversation", ++conversation_count);
  bool complete = false;
  if (const auto* plan = choose(executor, rng)) {
    complete = co_await converse_steps(person, *plan, intended, rng);
  } else {
    complete = co_await converse_turns(person, executor, intended, rng);
  }
  --conversations;
  // One that the end of the run has cut was neither completed nor abandoned.
  if (load_scope.stopping()) co_return;
  const auto now = loop.now();
  measure->conversation(false, complete, now - begin, now);
}

/// By weight among those that the executor names.
const Conversation* Run::Impl::choose(const Executor& executor, Rng& rng) const {
  std::vector<const Conversation*> among;
  double total = 0;
  for (const auto& c : scenario.conversations) {
    if (std::ranges::find(executor.conversations, c.name) == executor.conversations.end()) continue;
    among.push_back(&c);
    total += c.weight;
  }
  if (among.empty()) return nullptr;
  double drawn = among.size() > 1 ? rng.uniform() * total : 0;
  for (const auto* c : among) {
    drawn -= c->weight;
    if (drawn < 0) return c;
  }
  return among.back();
}

rt::Task<bool> Run::Impl::converse_turns(std::uint32_t person, const Executor& executor,
                                         MonoTime intended, Rng& rng) {
  const auto turns = rng.between(executor.turns_low, executor.turns_high);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    if (turn > 0) {
      intended = loop.now() + draw(executor.think, rng);
      if (!co_await rt::sleep_until(loop, intended) || load_scope.stopping()) co_return false;
      measure->planned(intended - start);
    }
    auto draft = crowd.next(person, *world, intended - start);
    const auto expect = draft.sent.expect;
    const auto sequence = send(std::move(draft), intended, loop.now());
    if (!sequence) co_return false;
    Waiter waiter(loop);
    const bool answered = co_await await_answer(*sequence, intended + expect.within, waiter);
    if (load_scope.stopping()) co_return false;
    if (!answered && expect.reply == ReplyRule::Required) co_return false;
  }
  co_return true;
}

/// The row of this conversation as its first variables.
Variables Run::Impl::row_of(const Conversation& plan, Rng& rng) {
  Variables out;
  const auto& data = plan.data;
  if (data.rows.empty()) return out;
  auto& taken = rows_taken[plan.name];
  const auto index = data.order == DataRows::Order::Random ? rng.below(data.rows.size())
                                                           : taken++ % data.rows.size();
  for (std::size_t i = 0; i < data.columns.size(); ++i) out[data.columns[i]] = data.rows[index][i];
  return out;
}

rt::Task<bool> Run::Impl::converse_steps(std::uint32_t person, const Conversation& plan,
                                         MonoTime intended, Rng& rng) {
  Talk talk(loop, plan, crowd.sit(person));
  talk.person = person;
  talk.since = intended;
  talk.variables = row_of(plan, rng);
  const bool complete = co_await walk(talk, rng);
  stop_listening(talk.waiter);
  co_return complete;
}

rt::Task<bool> Run::Impl::walk(Talk& talk, Rng& rng) {
  for (talk.at = 0; talk.at < talk.plan.steps.size(); ++talk.at) {
    const auto& step = talk.plan.steps[talk.at];
    switch (step.kind) {
      case Step::Kind::Think:
        talk.since = loop.now() + draw(step.think, rng);
        if (!co_await rt::sleep_until(loop, talk.since)) co_return false;
        break;
      case Step::Kind::User:
        if (!(step.button.empty() ? say(talk, step) : press(talk, step))) co_return false;
        break;
      case Step::Kind::Check:
        measure->check(step.check,
                       holds(step.rule, fill_variables(step.text, talk.variables), talk.variables),
                       step.tags, loop.now());
        break;
      case Step::Kind::Bot: {
        const bool right = co_await listen(talk, step);
        if (load_scope.stopping()) co_return false;
        if (!right && step.on_timeout != Step::OnTimeout::Continue) co_return false;
        break;
      }
    }
    if (load_scope.stopping()) co_return false;
  }
  co_return true;
}

/// What must come back for a user step is said by the step that follows.
void Run::Impl::expect_next(const Talk& talk, Expectation& out) const {
  const auto next = talk.at + 1;
  if (next >= talk.plan.steps.size() || talk.plan.steps[next].kind != Step::Kind::Bot) return;
  const auto& bot = talk.plan.steps[next];
  out.reply = bot.none ? ReplyRule::None : ReplyRule::Required;
  out.within = bot.within;
  out.linked = bot.linked;
}

bool Run::Impl::say(Talk& talk, const Step& step) {
  if (talk.at > 0) measure->planned(talk.since - start);
  stop_listening(talk.waiter);
  talk.waiter.clear();
  auto draft = crowd.say(talk.person, talk.seat, step.text, step.mention, talk.since - start,
                         talk.variables);
  draft.sent.label = step.label;
  expect_next(talk, draft.sent.expect);
  talk.sequence = send(std::move(draft), talk.since, loop.now());
  if (!talk.sequence) return false;
  waiters[*talk.sequence] = &talk.waiter;
  talk.waiter.sequence = talk.sequence;
  // In a private chat whatever the bot says belongs here, linked or not.
  if (!talk.seat.room) listen_to_room(talk);
  return true;
}

/// Presses the button where it was shown last. A press is no message: the ledger has no line for
/// it.
bool Run::Impl::press(Talk& talk, const Step& step) {
  const auto button = fill_variables(step.button, talk.variables);
  const auto shown = talk.waiter.shown;
  for (auto id = shown.rbegin(); id != shown.rend(); ++id) {
    if (!world->post(crowd.press(talk.seat, *id, button))) continue;
    stop_listening(talk.waiter);
    talk.waiter.clear();
    // The bot may change the message that holds the button in place of a new one.
    edited[edit_key(talk.seat, *id)] = &talk.waiter;
    talk.waiter.edits.push_back(edit_key(talk.seat, *id));
    listen_to_room(talk);
    return true;
  }
  return false;
}

rt::Task<bool> Run::Impl::listen(Talk& talk, const Step& step) {
  auto& waiter = talk.waiter;
  const bool after_user = talk.at > 0 && talk.plan.steps[talk.at - 1].kind == Step::Kind::User;
  // The time to answer a message runs from when it was meant to be sent.
  const auto due = (after_user && !step.none ? talk.since : loop.now()) + step.within;
  const std::size_t wanted = step.none ? 1 : step.count_low;
  while (waiter.unheard() < wanted && loop.now() < due) {
    if (co_await waiter.notify.wait_until(due) == rt::Notify::Woken::Cancelled) co_return false;
  }
  while (step.settle > Duration::zero() && waiter.unheard() > 0) {
    const auto quiet = waiter.changed + step.settle;
    if (loop.now() >= std::min(quiet, due)) break;
    if (co_await waiter.notify.wait_until(std::min(quiet, due)) == rt::Notify::Woken::Cancelled) {
      co_return false;
    }
  }
  const std::size_t count = step.settle > Duration::zero() || step.none
                                ? waiter.unheard()
                                : std::min<std::size_t>(wanted, waiter.unheard());
  const auto outcome = judge(step, waiter.take(count), talk.variables);
  account_step(talk, step, outcome);
  talk.since = loop.now();
  co_return outcome.right;
}

void Run::Impl::account_step(const Talk& talk, const Step& step, const StepOutcome& outcome) {
  const auto now = loop.now();
  if (!step.check.empty()) {
    measure->check(step.check, outcome.right, step.tags, now);
  } else if (step.on_timeout == Step::OnTimeout::Fail && !outcome.right) {
    measure->check(talk.plan.name, false, step.tags, now);
  }
  const auto latency = outcome.first
                           ? std::optional(std::max(Duration{}, *outcome.first - talk.since))
                           : std::nullopt;
  if (latency && !step.none) measure->step(*latency, step.tags, now);
  for (const auto& feed : step.feeds) {
    if (feed.from == Feed::From::Latency) {
      if (latency) measure->feed(feed.metric, to_millis(*latency), step.tags, now);
    } else if (feed.from == Feed::From::Right) {
      measure->feed(feed.metric, outcome.right ? 1 : 0, step.tags, now);
    } else if (const auto n = number_in(fill_variables(feed.value, talk.variables))) {
      measure->feed(feed.metric, *n, step.tags, now);
    }
  }
}

}  // namespace chorus::lab
