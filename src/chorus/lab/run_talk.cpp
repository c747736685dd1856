#include "chorus/base/text.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::lab {

rt::Task<void> Run::Impl::converse(Impl* self, std::uint32_t person, std::size_t executor,
                                   MonoTime intended) {
  co_await self->talk(person, self->scenario.executors[executor], intended);
  --self->progress[executor].open;
}

rt::Task<void> Run::Impl::talk(std::uint32_t person, const Executor& executor, MonoTime intended) {
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

rt::Task<bool> Run::Impl::converse_steps(std::uint32_t person, const Conversation& plan,
                                         MonoTime intended, Rng& rng) {
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

}  // namespace chorus::lab
