#include "chorus/base/text.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
constexpr std::uint32_t kMaxConversations = 100'000;
constexpr std::size_t kSaidForTheView = 64;
}  // namespace

std::optional<std::uint64_t> Run::Impl::send(Draft draft, MonoTime intended, MonoTime woke) {
  // Measured is decided by the intended time, so that a late lab moves no sample out of the window.
  draft.sent.measured = measure->in_window(intended);
  sending = &draft;
  sending_intended = intended;
  sending_woke = woke;
  sent_sequence.reset();
  const auto posted = world->post(draft.message);
  sending = nullptr;
  if (posted) return sent_sequence;
  auto failed = std::move(draft.sent);
  failed.intended = intended;
  failed.woke = woke;
  failed.accepted = loop.now();
  measure->send_failed(failed.accepted);
  const auto sequence = ledger.failed(std::move(failed));
  place_of[sequence] = draft.place;
  return std::nullopt;
}

rt::Task<void> Run::Impl::send_scheduled(Impl* self) {
  for (;;) {
    Schedule* earliest = nullptr;
    std::size_t which = 0;
    for (std::size_t i = 0; i < self->schedules.size(); ++i) {
      const auto due = self->schedules[i].next_due();
      if (due && (!earliest || *due < *earliest->next_due())) {
        earliest = &self->schedules[i];
        which = i;
      }
    }
    if (!earliest) co_return;
    const auto due = earliest->pop();
    const auto intended = self->start + due.at;
    if (!co_await rt::sleep_until(self->loop, intended)) co_return;
    if (self->load_scope.stopping()) co_return;
    self->measure->planned(due.at);
    if (!due.conversation) {
      const auto woke = self->loop.now();
      self->send(self->crowd.next(due.person, *self->world, due.at), intended, woke);
    } else if (self->conversations < kMaxConversations) {
      rt::spawn(self->load_scope, "lab conversation", &Impl::converse, self, due.person,
                &self->scenario.executors[which], intended);
    }
  }
}

rt::Task<void> Run::Impl::converse(Impl* self, std::uint32_t person, const Executor* executor,
                                   MonoTime intended) {
  ++self->conversations;
  const auto begin = self->loop.now();
  self->measure->conversation(true, false, {}, begin);
  bool complete = false;
  const Conversation* plan = nullptr;
  for (const auto& c : self->scenario.conversations) {
    if (c.name == executor->conversation) plan = &c;
  }
  if (plan) {
    complete = co_await self->converse_steps(person, *plan, intended);
  } else {
    complete = co_await self->converse_turns(person, *executor, intended);
  }
  --self->conversations;
  // One that the end of the run has cut was neither completed nor abandoned.
  if (self->load_scope.stopping()) co_return;
  const auto now = self->loop.now();
  self->measure->conversation(false, complete, now - begin, now);
}

rt::Task<bool> Run::Impl::await_answer(std::uint64_t sequence, MonoTime due, Waiter& waiter) {
  waiters[sequence] = &waiter;
  const auto* record = ledger.find(sequence);
  waiter.answered = waiter.answered || (record && record->replied);
  while (!waiter.answered && loop.now() < due) {
    if (co_await waiter.notify.wait_until(due) == rt::Notify::Woken::Cancelled) break;
  }
  waiters.erase(sequence);
  co_return waiter.answered;
}

rt::Task<bool> Run::Impl::converse_turns(std::uint32_t person, const Executor& executor,
                                         MonoTime intended) {
  Rng rng = loop.rng().fork("conversation", ++conversation_count);
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

rt::Task<bool> Run::Impl::converse_steps(std::uint32_t person, const Conversation& plan,
                                         MonoTime intended) {
  Rng rng = loop.rng().fork("conversation", ++conversation_count);
  std::optional<std::uint64_t> last;
  bool first = true;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto& step = plan.steps[i];
    if (step.kind == Step::Kind::Think) {
      intended = loop.now() + draw(step.think, rng);
      if (!co_await rt::sleep_until(loop, intended) || load_scope.stopping()) co_return false;
    } else if (step.kind == Step::Kind::User) {
      if (!first) measure->planned(intended - start);
      first = false;
      auto draft = crowd.say(person, step.text, step.mention, intended - start);
      // What must come back is said by the step that follows.
      const bool waits = i + 1 < plan.steps.size() && plan.steps[i + 1].kind == Step::Kind::Bot;
      if (waits) {
        const auto& bot = plan.steps[i + 1];
        draft.sent.expect.reply = bot.none ? ReplyRule::None : ReplyRule::Required;
        draft.sent.expect.within = bot.within;
        draft.sent.expect.linked = bot.linked;
      }
      last = send(std::move(draft), intended, loop.now());
      if (!last) co_return false;
    } else if (last) {
      Waiter waiter(loop);
      const auto due = loop.now() + step.within;
      const bool answered = co_await await_answer(*last, due, waiter);
      if (load_scope.stopping()) co_return false;
      const bool right =
          step.none ? !answered
                    : answered && (step.contains.empty() ||
                                   ascii_lower(waiter.text).find(ascii_lower(step.contains)) !=
                                       std::string::npos);
      if (!right && step.on_timeout == Step::OnTimeout::Abandon) co_return false;
      intended = loop.now();
    }
  }
  co_return true;
}

Duration Run::Impl::draw(const sandbox::DelaySpec& delay, Rng& rng) const {
  using Kind = sandbox::DelaySpec::Kind;
  const double a = to_seconds(delay.a);
  double seconds = a;
  switch (delay.kind) {
    case Kind::Constant:
      break;
    case Kind::Uniform:
      seconds = rng.uniform(a, to_seconds(delay.b));
      break;
    case Kind::Lognormal:
      seconds = rng.lognormal(a, delay.sigma);
      break;
    case Kind::Exponential:
      seconds = rng.exponential(a);
      break;
  }
  constexpr double kLongestThink = 3600;
  return from_seconds(std::clamp(seconds, 0.0, kLongestThink));
}

void Run::Impl::on_person_message(const sandbox::MessageView& view,
                                  const std::vector<PlatformUserId>& recipients) {
  // Somebody at the chat page is not part of the crowd.
  if (!sending || sending->message.from != view.from) return;
  auto message = sending->sent;
  message.room = Ledger::key(view.room, view.private_peer);
  message.id = view.id;
  message.intended = sending_intended;
  message.woke = sending_woke;
  message.accepted = loop.now();
  message.recipients = recipients;
  chat.add(view, sending->to_person ? sending->to_person : message.addressed, message.accepted);
  measure->sent(message);
  sent_sequence = ledger.sent(std::move(message));
  legs.sent(*sent_sequence, ledger.find(*sent_sequence)->message);
  place_of[*sent_sequence] = sending->place;
  if (exchanges.size() < 4 && said.size() < kSaidForTheView) said[*sent_sequence] = view.text;
}

}  // namespace chorus::lab
