#include "chorus/fleet/admission.hpp"

#include "chorus/fleet/turn.hpp"

#include <algorithm>
#include <utility>

namespace chorus::fleet::detail {

using policy::EndStatus;
using policy::StartOutcome;

Admission::Admission(Core& core)
    : core_(core), manager_(core.settings.conversations), conversations_(core), wake_(core.loop) {}

// ------------------------------------------------------------------------------- asking for a slot

StartOutcome Admission::start(const std::shared_ptr<TurnJob>& job) {
  const MonoTime now = core_.now();
  const RoomLine& line = job->heard()->line;
  const BotId bot = job->bot->row.id;
  Conversation* conversation =
      job->unasked ? nullptr : conversations_.of(*job->room, line, bot, job->thread);
  StartOutcome outcome;
  if (conversation != nullptr) {
    job->conversation = conversation->id;
    outcome = manager_.resume(job->conversation, now);
  } else {
    job->conversation = core_.ids.next<ConversationId>();
    policy::ConversationRequest request;
    request.id = job->conversation;
    request.user = PersonId(line.author.value);
    request.room = job->room->id();
    outcome = manager_.start(request, now);
  }
  if (outcome.kind == StartOutcome::Kind::Refused) {
    core_.metrics.refused(outcome.reason);
    job->conversation = {};
    return outcome;
  }
  working_[job->conversation] = job;
  if (outcome.kind == StartOutcome::Kind::Queued) {
    waiters_[job->conversation] = std::make_unique<Waiter>(core_.loop);
  }
  if (conversation == nullptr && !job->unasked) {
    if (const Conversation* old = conversations_.surplus(*job->room, line.author)) {
      end(old->id, EndStatus::Completed);
    }
    conversation = &conversations_.begin(job->conversation, *job->room, bot, line, job->thread);
  }
  if (conversation != nullptr) conversations_.goes_on(*conversation, line.row);
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

std::optional<std::uint32_t> Admission::position(ConversationId id) const {
  return manager_.position(id);
}

// --------------------------------------------------------------------------- between turns, the
// end

void Admission::finish(TurnJob& job, TurnReason reason) {
  const ConversationId id = std::exchange(job.conversation, {});
  if (!id) return;
  working_.erase(id);
  waiters_.erase(id);
  Conversation* conversation = conversations_.find(id);
  const bool failed = tick_result(reason) == TickResult::Bad;
  if (reason == TurnReason::ShuttingDown) {
    leave(id, EndStatus::Shutdown);
  } else if (conversation != nullptr && !failed &&
             manager_.wait_for_user(id, core_.now(), core_.settings.conversations.idle)) {
    rest(*conversation);
  } else {
    leave(id, failed ? EndStatus::Error : EndStatus::Completed);
  }
  pump();
}

/// Maximum bounds one stretch of work, not how long people may talk with a bot: when half of it is
/// used up the exchange goes on under another id.
void Admission::rest(Conversation& conversation) {
  conversations_.rests(conversation);
  const auto info = manager_.find(conversation.id, core_.now());
  const auto& limits = core_.settings.conversations;
  if (!info || info->service <= limits.maximum / 2) return;
  manager_.end(conversation.id, EndStatus::Completed, core_.now());
  core_.metrics.conversation_ended(EndStatus::Completed);
  conversations_.rename(conversation, core_.ids.next<ConversationId>());
  policy::ConversationRequest request;
  request.id = conversation.id;
  request.user = PersonId(conversation.person.value);
  request.room = conversation.room->id();
  if (!manager_.restore(request, limits.idle, core_.now())) conversations_.end(conversation.id);
}

/// No work holds it up: out of the manager and out of the book.
void Admission::leave(ConversationId id, EndStatus why) {
  if (const auto ended = manager_.end(id, why, core_.now())) {
    core_.metrics.conversation_ended(ended->status);
    why = ended->status;
  }
  // What the end of the process cuts off goes on in the next one.
  if (why == EndStatus::Shutdown) {
    conversations_.drop(id);
  } else {
    conversations_.end(id);
  }
}

bool Admission::end(ConversationId id, EndStatus why) {
  const auto info = manager_.find(id, core_.now());
  if (!info) return false;
  if (const auto action = manager_.cancel(id, why, core_.now())) {
    apply(*action);
  } else if (info->state != policy::ConversationState::Stopping) {
    tell(id, Waited::Ended);
    working_.erase(id);
    leave(id, why);
  }
  pump();
  return true;
}

void Admission::end_in(const Room& room, PlatformUserId person, BotId bot) {
  // One end may lead to others.
  std::vector<ConversationId> ids;
  for (const Conversation* c : conversations_.of_person(person, &room)) {
    if (!bot || c->bot == bot) ids.push_back(c->id);
  }
  for (const ConversationId id : ids) end(id, EndStatus::Cancelled);
}

void Admission::forget(PlatformUserId person) {
  std::vector<ConversationId> ids;
  for (const Conversation* c : conversations_.of_person(person)) ids.push_back(c->id);
  for (const ConversationId id : ids) {
    end(id, EndStatus::Cancelled);
    conversations_.end(id);
  }
}

BotId Admission::heard(const Room& room, const RoomLine& line) {
  Conversation* conversation = conversations_.going_on(room, line);
  if (conversation == nullptr) return {};
  touch(conversation->id);
  return conversation->bot;
}

void Admission::restore(const std::vector<store::ConversationRow>& rows) {
  const WallTime now = core_.loop.wall_now();
  for (const store::ConversationRow& row : rows) {
    Conversation* conversation = conversations_.restore(row);
    if (conversation == nullptr) continue;
    policy::ConversationRequest request;
    request.id = row.id;
    request.user = PersonId(row.person.value);
    request.room = conversation->room->id();
    const Duration idle = std::max(Duration(now - row.last_activity_at), Duration::zero());
    const Duration left = core_.settings.conversations.idle - idle;
    if (!manager_.restore(request, left, core_.now())) conversations_.end(row.id);
  }
  pump();
}

// ------------------------------------------------------------------------------------ what is due

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
  core_.metrics.conversations_waiting.set(stats.waiting_for_user);
  const auto due = manager_.next_due();
  if (due && (!armed_ || *due < *armed_)) wake_.notify_one();
}

void Admission::tell(ConversationId id, Waited result) {
  const auto it = waiters_.find(id);
  if (it == waiters_.end()) return;
  it->second->result = result;
  it->second->notify.notify_one();
}

void Admission::apply(const policy::ConversationAction& action) {
  using Kind = policy::ConversationAction::Kind;
  switch (action.kind) {
    case Kind::AdmittedFromQueue:
      core_.metrics.queue_wait.record(static_cast<std::uint64_t>(action.waited.count()));
      return tell(action.id, Waited::Admitted);
    case Kind::QueueTimeout:
      core_.metrics.conversation_ended(EndStatus::QueueTimeout);
      conversations_.end(action.id);
      return tell(action.id, Waited::TimedOut);
    case Kind::QueueShutdown:
      conversations_.drop(action.id);
      return tell(action.id, Waited::Shutdown);
    case Kind::HardCut:
      core_.metrics.conversation_ended(action.why);
      conversations_.end(action.id);
      [[fallthrough]];
    case Kind::Cancel:
      if (const auto it = working_.find(action.id); it != working_.end()) {
        it->second->cancelled = true;
        it->second->ended_why = action.why;
        it->second->task.cancel();
      }
      return;
    case Kind::Ended:
      if (action.why == EndStatus::Shutdown) return conversations_.drop(action.id);
      // The person had their answer and said nothing more.
      core_.metrics.conversation_ended(EndStatus::Completed);
      return conversations_.end(action.id);
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
