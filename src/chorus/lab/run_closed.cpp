#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
/// Nobody writes twice in one instant, however short the think time is.
constexpr Duration kShortestPause = std::chrono::milliseconds(1);
/// How often somebody looks again who may not go on because the load was paused or made smaller.
constexpr Duration kHeldBack = std::chrono::milliseconds(100);
}  // namespace

void Run::Impl::begin_closed() {
  for (std::size_t i = 0; i < scenario.executors.size(); ++i) {
    if (!is_closed(scenario.executors[i].kind)) continue;
    const auto& people = schedules[i].participants();
    progress[i].running = static_cast<std::uint32_t>(people.size());
    for (std::uint32_t rank = 0; rank < people.size(); ++rank) {
      rt::spawn(load_scope, "lab iterations", &Impl::iterate, this, i, people[rank], rank);
    }
  }
}

rt::Task<void> Run::Impl::iterate(Impl* self, std::size_t which, std::uint32_t person,
                                  std::uint32_t rank) {
  const auto& executor = self->scenario.executors[which];
  const auto& plan = self->schedules[which];
  auto& state = self->progress[which];
  const bool shared = executor.kind == ExecutorKind::SharedIterations;
  Rng rng = self->loop.rng().fork(executor.name, rank);
  std::uint64_t done = 0;
  // People begin as they go on: after a think time. All at once would be a burst.
  auto intended = self->plan_start() + plan.begin() + self->draw(executor.think, rng);
  for (;;) {
    if (!co_await rt::sleep_until(self->loop, intended) || self->load_scope.stopping()) break;
    if ((shared ? state.iterations : done) >= executor.iterations) break;
    if (plan.end() && self->loop.now() >= self->plan_start() + *plan.end()) break;
    if (!self->steering.may_iterate(rank, plan.participants().size())) {
      intended = self->loop.now() + kHeldBack;
      continue;
    }
    ++state.iterations;
    ++done;
    self->measure->planned(intended - self->start);
    if (!executor.conversations.empty()) {
      co_await self->hold(person, executor, intended);
    } else {
      auto draft = self->crowd.next(person, *self->world, intended - self->start);
      const auto expect = draft.sent.expect;
      const auto sequence = self->send(std::move(draft), intended, self->loop.now());
      if (sequence && expect.reply == ReplyRule::Required) {
        Waiter waiter(self->loop);
        (void)co_await self->await_answer(*sequence, intended + expect.within, waiter);
      }
    }
    if (self->load_scope.stopping()) break;
    self->measure->iteration(self->loop.now());
    intended = self->loop.now() + std::max(kShortestPause, self->draw(executor.think, rng));
  }
  --state.running;
  self->changed.notify_all();
}

bool Run::Impl::iterations_over() const {
  bool closed = false;
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    closed = closed || is_closed(scenario.executors[i].kind);
    if (progress[i].running > 0 || progress[i].open > 0 || schedules[i].next_due()) return false;
  }
  return closed;
}

}  // namespace chorus::lab
