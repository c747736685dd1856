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

std::optional<std::pair<std::size_t, Due>> Run::Impl::next_event(bool& is_extra) {
  std::optional<Duration> at;
  std::size_t which = 0;
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    const auto due = schedules[i].next_due();
    if (due && (!at || *due < *at)) {
      at = due;
      which = i;
    }
  }
  is_extra = !extra.empty() && (!at || extra.begin()->first < *at);
  if (is_extra) return extra.extract(extra.begin()).mapped();
  if (!at) return std::nullopt;
  return std::pair(which, schedules[which].pop());
}

rt::Task<void> Run::Impl::send_scheduled(Impl* self) {
  bool is_extra = false;
  while (const auto event = self->next_event(is_extra)) {
    const auto& [which, due] = *event;
    if (!co_await rt::sleep_until(self->loop, self->plan_start() + due.at)) co_return;
    if (self->load_scope.stopping()) co_return;
    if (!is_extra) {
      self->steer_event(which, due);
    } else if (!self->steering.paused()) {
      self->begin_arrival(which, due);
    }
  }
}

void Run::Impl::steer_event(std::size_t which, const Due& due) {
  const auto copies = steering.copies(which, due.rank);
  if (copies == 0) return;
  begin_arrival(which, due);
  if (copies == 1) return;
  // Spread until the next one, by other people: twice the rate is no pairs of messages.
  constexpr Duration kWidest = std::chrono::seconds(1);
  const auto& schedule = schedules[which];
  const auto gap = std::min(kWidest, schedule.next_due().value_or(due.at + kWidest) - due.at);
  const auto& people = schedule.participants();
  for (std::uint32_t i = 1; i < copies; ++i) {
    Due more = due;
    more.at += gap * i / copies;
    more.rank = static_cast<std::uint32_t>((due.rank + i) % people.size());
    more.person = people[more.rank];
    extra.emplace(more.at, std::pair(which, more));
  }
}

bool Run::Impl::is_full(std::size_t which) const {
  const auto& executor = scenario.executors[which];
  // Of the executor that is steered, max_vus bounds people and not arrivals.
  const bool bounded = executor.max_vus > 0 && executor.kind != ExecutorKind::ExternallyControlled;
  return (bounded && progress[which].open >= executor.max_vus) ||
         conversations >= kMaxConversations;
}

void Run::Impl::begin_arrival(std::size_t which, const Due& due) {
  const auto& executor = scenario.executors[which];
  const auto intended = plan_start() + due.at;
  measure->planned(due.at + shift);
  if (is_full(which)) return measure->dropped(intended);
  if (due.conversation) {
    ++progress[which].open;
    rt::spawn(load_scope, "lab conversation", &Impl::converse, this, due.person, which, intended);
    return;
  }
  const std::string_view recorded =
      due.item == Due::kNoItem ? std::string_view{} : executor.trace[due.item].text;
  auto draft = crowd.next(due.person, *world, due.at, recorded);
  const auto expect = draft.sent.expect;
  const auto sequence = send(std::move(draft), intended, loop.now());
  if (executor.max_vus == 0 || !sequence || expect.reply != ReplyRule::Required) return;
  ++progress[which].open;
  rt::spawn(load_scope, "lab iteration", &Impl::await_iteration, this, which, *sequence,
            intended + expect.within);
}

rt::Task<void> Run::Impl::await_iteration(Impl* self, std::size_t executor, std::uint64_t sequence,
                                          MonoTime due) {
  Waiter waiter(self->loop);
  (void)co_await self->await_answer(sequence, due, waiter);  // the ledger judges it
  --self->progress[executor].open;
}

rt::Task<bool> Run::Impl::await_answer(std::uint64_t sequence, MonoTime due, Waiter& waiter) {
  waiters[sequence] = &waiter;
  waiter.sequence = sequence;
  const auto* record = ledger.find(sequence);
  waiter.answered = waiter.answered || (record && record->replied);
  while (!waiter.answered && loop.now() < due) {
    if (co_await waiter.notify.wait_until(due) == rt::Notify::Woken::Cancelled) break;
  }
  stop_listening(waiter);  // it goes with its caller
  co_return waiter.answered;
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
