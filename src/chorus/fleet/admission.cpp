#include "chorus/fleet/admission.hpp"

#include "chorus/fleet/turn.hpp"

namespace chorus::fleet::detail {

Admission::Admission(Core& core)
    : core_(core), manager_(core.settings.conversations), wake_(core.loop) {}

policy::StartOutcome Admission::start(ConversationId id, PersonId person, RoomId room,
                                      std::shared_ptr<TurnJob> job) {
  policy::ConversationRequest request;
  request.id = id;
  request.user = person;
  request.room = room;
  const auto outcome = manager_.start(request, core_.now());
  if (outcome.kind != policy::StartOutcome::Kind::Refused) working_[id] = std::move(job);
  if (outcome.kind == policy::StartOutcome::Kind::Queued) {
    waiters_[id] = std::make_unique<Waiter>(core_.loop);
  }
  pump();
  return outcome;
}

rt::Task<Admission::Waited> Admission::wait(ConversationId id, std::optional<MonoTime> until) {
  while (true) {
    const auto it = waiters_.find(id);
    if (it == waiters_.end()) co_return Waited::Cancelled;
    if (it->second->result != Waited::NotYet) {
      const Waited result = it->second->result;
      waiters_.erase(it);
      co_return result;
    }
    // The manager's own queue deadline ends every wait; this bound only guards against its absence.
    const MonoTime limit = until.value_or(core_.now() + std::chrono::hours(1));
    const auto woken = co_await it->second->notify.wait_until(limit);
    if (woken == rt::Notify::Woken::Cancelled) {
      waiters_.erase(id);
      co_return Waited::Cancelled;
    }
    if (woken == rt::Notify::Woken::Timeout && until) {
      const auto again = waiters_.find(id);
      if (again != waiters_.end() && again->second->result == Waited::NotYet) {
        co_return Waited::NotYet;
      }
    }
  }
}

void Admission::end(ConversationId id, policy::EndStatus status) {
  manager_.end(id, status, core_.now());
  working_.erase(id);
  waiters_.erase(id);
  pump();
}

std::optional<std::uint32_t> Admission::position(ConversationId id) const {
  return manager_.position(id);
}

/// Does what is due now, and wakes the timekeeper when something falls due before it would look.
void Admission::pump() {
  const MonoTime now = core_.now();
  while (true) {
    const auto due = manager_.next_due();
    if (!due || *due > now) break;
    actions_.clear();
    const bool more = manager_.advance(now, 256, actions_);
    const auto actions = std::move(actions_);
    actions_ = {};
    for (const auto& action : actions) apply(action);
    if (!more && actions.empty()) break;
  }
  const auto stats = manager_.stats();
  core_.metrics.conversations_live.set(stats.live);
  core_.metrics.conversations_queued.set(stats.queued);
  const auto due = manager_.next_due();
  if (due && (!armed_ || *due < *armed_)) wake_.notify_one();
}

void Admission::apply(const policy::ConversationAction& action) {
  using Kind = policy::ConversationAction::Kind;
  const auto tell = [&](Waited result) {
    const auto it = waiters_.find(action.id);
    if (it == waiters_.end()) return;
    it->second->result = result;
    it->second->notify.notify_one();
  };
  switch (action.kind) {
    case Kind::AdmittedFromQueue:
      core_.metrics.queue_wait.record(static_cast<std::uint64_t>(action.waited.count()));
      return tell(Waited::Admitted);
    case Kind::QueueTimeout:
      return tell(Waited::TimedOut);
    case Kind::QueueShutdown:
      return tell(Waited::Shutdown);
    case Kind::Cancel:
    case Kind::HardCut:
      if (const auto it = working_.find(action.id); it != working_.end()) {
        it->second->cancelled = true;
        it->second->task.cancel();
      }
      return;
    case Kind::Ended:
      working_.erase(action.id);
      return;
  }
}

rt::Task<void> Admission::keep_time() {
  while (!core_.scope.stopping()) {
    pump();
    armed_ = manager_.next_due();
    if (armed_) {
      if (co_await wake_.wait_until(*armed_) == rt::Notify::Woken::Cancelled) co_return;
    } else if (!co_await wake_.wait()) {
      co_return;
    }
  }
}

void Admission::begin_shutdown(Duration drain) {
  manager_.begin_shutdown(core_.now(), drain);
  pump();
}

}  // namespace chorus::fleet::detail
