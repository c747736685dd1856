#include "chorus/platform/llm/detail/gate.hpp"

#include "chorus/base/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::platform::detail {
namespace {

/// Callers that may wait for one provider, unless more are expected.
constexpr std::size_t kMostWaiting = 1024;
constexpr Duration kAgeStep = std::chrono::seconds(5);
/// Talk that nobody asked for leaves a fifth of every ceiling to people.
constexpr double kSelfStartedShare = 0.8;

policy::AdaptiveConcurrencyConfig at_most(std::uint32_t at_once) {
  policy::AdaptiveConcurrencyConfig out;
  out.maximum = at_once;
  out.initial = std::min(out.initial, at_once);
  return out;
}

policy::Priority priority_of(fleet::Lane lane) {
  switch (lane) {
    case fleet::Lane::Direct:
      return policy::Priority::Direct;
    case fleet::Lane::Mention:
      return policy::Priority::Mention;
    case fleet::Lane::SelfStarted:
      break;
  }
  return policy::Priority::SelfStarted;
}

}  // namespace

struct Gate::Waiter {
  Waiter(rt::Loop& loop, Ask a) : ask(std::move(a)), woken(loop) {}
  enum class State : std::uint8_t { Waiting, Granted, Refused, Gone };
  Ask ask;
  rt::Notify woken;
  State state = State::Waiting;
  policy::BudgetReservation reservation;
  std::optional<Error> error;

  void refuse(Error why) {
    state = State::Refused;
    error.emplace(std::move(why));
    woken.notify_one();
  }
};

Gate::Gate(rt::Loop& loop, std::string provider, std::uint32_t at_once)
    : loop_(loop),
      provider_(std::move(provider)),
      concurrency_(at_most(at_once)),
      line_(kMostWaiting, kAgeStep),
      room_(loop, [](void* self) noexcept { static_cast<Gate*>(self)->pump(); }, this) {}

void Gate::make_room_for(std::size_t callers) {
  CH_CHECK(waiting_ == 0);
  line_ = policy::AgeingQueue<WaiterPtr>(std::max(kMostWaiting, callers), kAgeStep);
}

void Gate::limit(std::vector<policy::Ceiling> ceilings) {
  budget_.set_ceilings(std::move(ceilings));
  pump();  // who waited for room may have it now
}

double Gate::share_of(fleet::Lane lane) {
  return lane == fleet::Lane::SelfStarted ? kSelfStartedShare : 1.0;
}

Error Gate::error_of(const policy::BudgetRefusal& refusal) const {
  std::optional<std::chrono::milliseconds> after;
  if (refusal.earliest != MonoTime::max()) {
    after = std::chrono::ceil<std::chrono::milliseconds>(refusal.earliest - loop_.now());
  }
  return Error(ErrorCode::BudgetExceeded, fmt::format("{}: {}", provider_, to_string(refusal)),
               after);
}

std::optional<Error> Gate::refusal(const Ask& ask) {
  const MonoTime now = loop_.now();
  const double share = share_of(ask.lane);
  for (policy::Budget* budget : ask.others) {
    if (const auto refused = budget->check(ask.estimate, now, share)) return error_of(*refused);
  }
  const auto refused = budget_.check(ask.estimate, now, share);
  if (!refused) return std::nullopt;
  const bool time_helps =
      ask.waits_for_budget && refused->why == policy::BudgetRefusal::Why::Full &&
      refused->ceiling.period == policy::BudgetPeriod::Minute && refused->earliest < ask.deadline;
  if (time_helps) return std::nullopt;
  return error_of(*refused);
}

bool Gate::serve(Waiter& head) {
  if (auto refused = refusal(head.ask)) {
    head.refuse(*std::move(refused));
    return true;
  }
  const MonoTime now = loop_.now();
  std::vector<policy::Budget*> budgets = head.ask.others;
  budgets.push_back(&budget_);
  auto reserved =
      policy::BudgetReservation::reserve(budgets, head.ask.estimate, now, share_of(head.ask.lane));
  if (!reserved) {
    room_.arm(reserved.error().earliest);
    return false;
  }
  if (!concurrency_.try_acquire()) return false;  // the reservation is dropped with it
  head.reservation = *std::move(reserved);
  head.state = Waiter::State::Granted;
  head.woken.notify_one();
  return true;
}

void Gate::pump() {
  while (const WaiterPtr* next = line_.peek()) {
    const WaiterPtr head = *next;
    if (head->state == Waiter::State::Waiting) {
      if (concurrency_.in_flight() >= concurrency_.limit() || !serve(*head)) return;
      --waiting_;
    }
    (void)line_.pop(loop_.now());  // it is `head`, held here
  }
}

rt::Task<Result<policy::BudgetReservation>> Gate::enter(Ask ask) {
  if (auto refused = refusal(ask)) co_return std::unexpected(*std::move(refused));
  const MonoTime deadline = ask.deadline;
  const policy::Priority priority = priority_of(ask.lane);
  auto waiter = std::make_shared<Waiter>(loop_, std::move(ask));
  if (line_.size() == line_.capacity()) {
    line_.erase_if([](const WaiterPtr& other) { return other->state != Waiter::State::Waiting; });
  }
  const auto full = [&] {
    return Error(ErrorCode::QueueFull, fmt::format("{}: too many callers wait for it", provider_));
  };
  if (auto lost = line_.push(waiter, priority, loop_.now())) {
    if (lost->item == waiter) co_return std::unexpected(full());
    --waiting_;
    lost->item->refuse(full());
  }
  ++waiting_;
  pump();
  auto woken = rt::Notify::Woken::Notified;
  while (waiter->state == Waiter::State::Waiting && woken == rt::Notify::Woken::Notified) {
    woken = co_await waiter->woken.wait_until(deadline);
  }
  if (waiter->state == Waiter::State::Refused) co_return std::unexpected(*waiter->error);
  if (woken == rt::Notify::Woken::Notified) co_return std::move(waiter->reservation);
  if (waiter->state == Waiter::State::Granted) {
    waiter->reservation = {};  // granted in the instant in which it gave up
    release(policy::CallOutcome::Ignored, {});
  } else {
    waiter->state = Waiter::State::Gone;
    --waiting_;
    pump();  // whoever stood behind it may not have to wait for the budget
  }
  if (woken == rt::Notify::Woken::Cancelled) co_return fail(ErrorCode::Cancelled);
  if (auto refused = refusal(waiter->ask)) co_return std::unexpected(*std::move(refused));
  co_return fail(ErrorCode::Timeout, fmt::format("{}: no free slot in time", provider_));
}

void Gate::release(policy::CallOutcome outcome, Duration latency) {
  concurrency_.release(outcome, latency, loop_.now());
  pump();
}

void Gate::refuse_all(const Error& error) {
  while (auto popped = line_.pop(loop_.now())) {
    if (popped->item->state != Waiter::State::Waiting) continue;
    --waiting_;
    popped->item->refuse(error);
  }
}

}  // namespace chorus::platform::detail
