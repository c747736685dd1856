#include "chorus/policy/conversation_manager.hpp"

#include "chorus/policy/detail/conversation_core.hpp"

#include <algorithm>
#include <utility>

namespace chorus::policy {
namespace {

using detail::hash_id;
using detail::hash_thread;
using detail::kNoSlot;
using detail::Record;

StartOutcome refused(RefusalReason reason) {
  StartOutcome out;
  out.kind = StartOutcome::Kind::Refused;
  out.reason = reason;
  return out;
}
StartOutcome admitted(ConversationId id, bool reused) {
  StartOutcome out;
  out.kind = StartOutcome::Kind::Admitted;
  out.id = id;
  out.reused = reused;
  return out;
}

/// Weight of the newest slot holding in the mean behind `estimate`.
constexpr double kMeanWeight = 0.1;

}  // namespace

// --- asking for a slot ---------------------------------------------------------------------------

std::optional<RefusalReason> ConversationManager::Impl::obstacle(std::uint32_t held,
                                                                 std::uint32_t queued,
                                                                 bool* must_queue) const {
  if (shutting_down_) return RefusalReason::ShuttingDown;
  if (limits_.global == 0) return RefusalReason::GlobalLimit;
  if (limits_.per_user == 0) return RefusalReason::UserLimit;
  const bool user_full = held >= limits_.per_user;
  const bool all_taken = live_ >= limits_.global || queue_.any_eligible();
  *must_queue = user_full || all_taken;
  if (!*must_queue) return std::nullopt;
  if (limits_.queue == 0) {
    return all_taken ? RefusalReason::GlobalLimit : RefusalReason::UserLimit;
  }
  if (user_full && !limits_.queue_over_user_limit) return RefusalReason::UserLimit;
  if (queue_.size() >= limits_.queue) return RefusalReason::QueueFull;
  if (queued >= limits_.queue_per_user) return RefusalReason::UserQueueFull;
  return std::nullopt;
}

StartOutcome ConversationManager::Impl::start(const ConversationRequest& request, MonoTime now) {
  last_now_ = now;
  if (const std::uint32_t found = slot_of_thread(request); found != kNoSlot) {
    return reuse(found, now);
  }
  ++counters_.requests;
  const std::uint32_t known = slot_of_user(request.user);
  const detail::QueueUser* user = known == kNoSlot ? nullptr : &users_[known];
  bool must_queue = false;
  std::optional<RefusalReason> reason =
      obstacle(user ? user->held : 0, user ? user->queued : 0, &must_queue);
  if (!request.id || slot_of(request.id) != kNoSlot) reason = RefusalReason::DuplicateId;
  if (reason) {
    ++counters_.refused[static_cast<std::size_t>(*reason)];
    return refused(*reason);
  }
  const std::uint32_t slot = make_record(request, now);
  if (!must_queue) {
    ++counters_.admitted_at_once;
    take_slot(slot, now);
    return admitted(request.id, false);
  }
  ++counters_.queued;
  const Duration deadline = request.queue_deadline.value_or(limits_.queue_deadline);
  enqueue(slot, std::clamp(deadline, Duration::zero(), detail::kLongest), now);
  return queued_outcome(slot, false);
}

StartOutcome ConversationManager::Impl::reuse(std::uint32_t slot, MonoTime now) {
  Record& record = records_[slot];
  if (record.state == ConversationState::WaitingForUser) {
    StartOutcome out = resume(record.id, now);
    out.reused = out.kind != StartOutcome::Kind::Refused;
    return out;
  }
  ++counters_.requests;
  if (record.state == ConversationState::Queued && shutting_down_) {
    ++counters_.refused[static_cast<std::size_t>(RefusalReason::ShuttingDown)];
    return refused(RefusalReason::ShuttingDown);
  }
  ++counters_.reused;
  record.last_activity = now;
  return record.state == ConversationState::Queued ? queued_outcome(slot, true)
                                                   : admitted(record.id, true);
}

StartOutcome ConversationManager::Impl::queued_outcome(std::uint32_t slot, bool reused) const {
  StartOutcome out;
  out.kind = StartOutcome::Kind::Queued;
  out.id = records_[slot].id;
  out.reused = reused;
  out.position = queue_.position(records_[slot].user_slot, slot);
  out.estimate = estimate(out.position);
  return out;
}

std::uint32_t ConversationManager::Impl::user_for(PersonId id) {
  if (const std::uint32_t known = slot_of_user(id); known != kNoSlot) return known;
  const std::uint32_t slot = users_.claim();
  users_[slot] = detail::QueueUser{.id = id};
  by_user_.insert(hash_id(id.value), slot);
  return slot;
}

std::uint32_t ConversationManager::Impl::make_record(const ConversationRequest& request,
                                                     MonoTime now) {
  const std::uint32_t user_slot = user_for(request.user);
  const std::uint32_t slot = records_.claim();
  Record& record = records_[slot];
  record = Record{};
  record.id = request.id;
  record.user = request.user;
  record.room = request.room;
  record.thread = request.thread;
  record.requested_at = record.since = record.last_activity = now;
  record.user_slot = user_slot;
  detail::QueueUser& user = users_[user_slot];
  record.user_next = user.conversations;
  if (user.conversations != kNoSlot) records_[user.conversations].user_prev = slot;
  user.conversations = slot;
  ++user.total;
  by_id_.insert(hash_id(request.id.value), slot);
  if (request.thread != 0) {
    by_thread_.insert(hash_thread(request.user, request.room, request.thread), slot);
  }
  return slot;
}

void ConversationManager::Impl::take_slot(std::uint32_t slot, MonoTime now) {
  Record& record = records_[slot];
  detail::QueueUser& user = users_[record.user_slot];
  ++live_;
  ++user.held;
  if (!eligible(user)) queue_.set_eligible(record.user_slot, false);
  ++(record.begun ? counters_.resumed : counters_.begun);
  record.begun = true;
  record.state = ConversationState::Working;
  record.since = record.last_activity = now;
  due_.arm(slot, working_due(record));
}

/// Before the state changes: takes the slot away and counts the time it was held.
void ConversationManager::Impl::release_slot(Record& record, MonoTime now) {
  const Duration held = now - record.since;
  record.service += held;
  const double seconds = to_seconds(held);
  mean_hold_s_ = mean_hold_s_ < 0 ? seconds : mean_hold_s_ + kMeanWeight * (seconds - mean_hold_s_);
  --live_;
  --users_[record.user_slot].held;
  queue_.set_eligible(record.user_slot, true);
}

void ConversationManager::Impl::enqueue(std::uint32_t slot, Duration deadline, MonoTime now) {
  Record& record = records_[slot];
  record.state = ConversationState::Queued;
  record.since = now;
  if (record.begun) ++resuming_;
  queue_.push(record.user_slot, slot, eligible(users_[record.user_slot]));
  due_.arm(slot, now + deadline);
}

void ConversationManager::Impl::leave_queue(std::uint32_t slot, MonoTime now) {
  Record& record = records_[slot];
  queue_.remove(record.user_slot, slot);
  record.waited += now - record.since;
  if (record.begun) --resuming_;
}

StartOutcome ConversationManager::Impl::resume(ConversationId id, MonoTime now) {
  last_now_ = now;
  ++counters_.requests;
  const std::uint32_t slot = slot_of(id);
  std::optional<RefusalReason> reason = RefusalReason::NotFound;
  bool must_queue = false;
  if (slot != kNoSlot && records_[slot].state == ConversationState::WaitingForUser) {
    const detail::QueueUser& user = users_[records_[slot].user_slot];
    reason = obstacle(user.held, user.queued, &must_queue);
  }
  if (reason) {
    ++counters_.refused[static_cast<std::size_t>(*reason)];
    return refused(*reason);
  }
  --waiting_;
  records_[slot].last_activity = now;
  if (!must_queue) {
    ++counters_.admitted_at_once;
    take_slot(slot, now);
    return admitted(id, false);
  }
  ++counters_.queued;
  enqueue(slot, limits_.queue_deadline, now);
  return queued_outcome(slot, false);
}

// --- the life of a conversation ------------------------------------------------------------------

bool ConversationManager::Impl::touch(ConversationId id, MonoTime now) {
  last_now_ = now;
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot || records_[slot].state == ConversationState::Stopping) return false;
  records_[slot].last_activity = now;  // its due time is looked at again when it comes
  return true;
}

bool ConversationManager::Impl::wait_for_user(ConversationId id, MonoTime now,
                                              std::optional<Duration> at_most) {
  last_now_ = now;
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot || records_[slot].state != ConversationState::Working) return false;
  if (waiting_ >= limits_.waiting_for_user) return false;
  Record& record = records_[slot];
  release_slot(record, now);
  ++waiting_;
  record.state = ConversationState::WaitingForUser;
  record.since = record.last_activity = now;
  const Duration longest = at_most.value_or(limits_.user_answer);
  due_.arm(slot, now + std::clamp(longest, Duration::zero(), detail::kLongest));
  return true;
}

bool ConversationManager::Impl::restore(const ConversationRequest& request, Duration left,
                                        MonoTime now) {
  last_now_ = now;
  if (shutting_down_ || !request.id || slot_of(request.id) != kNoSlot ||
      slot_of_thread(request) != kNoSlot || left <= Duration::zero() ||
      waiting_ >= limits_.waiting_for_user) {
    return false;
  }
  const std::uint32_t slot = make_record(request, now);
  Record& record = records_[slot];
  record.begun = true;
  record.state = ConversationState::WaitingForUser;
  ++counters_.begun;
  ++waiting_;
  due_.arm(slot, now + std::min(left, detail::kLongest));
  return true;
}

std::optional<ConversationAction> ConversationManager::Impl::cancel(ConversationId id,
                                                                    EndStatus why, MonoTime now) {
  last_now_ = now;
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot || records_[slot].state != ConversationState::Working) return std::nullopt;
  return stop(slot, why, now);
}

ConversationAction ConversationManager::Impl::stop(std::uint32_t slot, EndStatus why,
                                                   MonoTime now) {
  Record& record = records_[slot];
  forget_thread(slot);
  record.state = ConversationState::Stopping;
  record.why = why;
  due_.arm(slot, now + limits_.grace);
  return ConversationAction{.kind = ConversationAction::Kind::Cancel,
                            .id = record.id,
                            .user = record.user,
                            .room = record.room,
                            .why = why,
                            .waited = record.waited,
                            .service = service_of(record, now)};
}

void ConversationManager::Impl::forget_thread(std::uint32_t slot) {
  const Record& record = records_[slot];
  if (record.thread == 0 || record.state == ConversationState::Stopping) return;
  by_thread_.erase(hash_thread(record.user, record.room, record.thread), slot);
}

std::optional<EndedConversation> ConversationManager::Impl::end(ConversationId id, EndStatus status,
                                                                MonoTime now) {
  last_now_ = now;
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot) return std::nullopt;
  if (records_[slot].state == ConversationState::Stopping) status = records_[slot].why;
  if (records_[slot].state == ConversationState::Queued) ++counters_.queue_withdrawn;
  return finish(slot, status, false, now);
}

EndedConversation ConversationManager::Impl::finish(std::uint32_t slot, EndStatus status,
                                                    bool hard_cut, MonoTime now) {
  Record& record = records_[slot];
  switch (record.state) {
    case ConversationState::Queued:
      leave_queue(slot, now);
      break;
    case ConversationState::WaitingForUser:
      --waiting_;
      break;
    case ConversationState::Working:
    case ConversationState::Stopping:
      release_slot(record, now);
      break;
  }
  EndedConversation out{.id = record.id,
                        .user = record.user,
                        .room = record.room,
                        .status = status,
                        .hard_cut = hard_cut,
                        .admitted = record.begun,
                        .waited = record.waited,
                        .service = record.service,
                        .total = now - record.requested_at,
                        .ended_at = now};
  if (record.begun) ++counters_.ended[static_cast<std::size_t>(status)];
  if (hard_cut) ++counters_.hard_cuts;
  forget_thread(slot);
  by_id_.erase(hash_id(record.id.value), slot);
  due_.cancel(slot);
  unlink_from_user(slot);
  record.id = ConversationId{};
  records_.release(slot);
  if (limits_.ended_kept > 0) {
    if (ended_.size() < limits_.ended_kept) {
      ended_.push_back(out);
    } else {
      ended_[ended_next_] = out;
    }
    ended_next_ = ended_next_ + 1 == limits_.ended_kept ? 0 : ended_next_ + 1;
  }
  return out;
}

void ConversationManager::Impl::unlink_from_user(std::uint32_t slot) {
  const Record& record = records_[slot];
  detail::QueueUser& user = users_[record.user_slot];
  (record.user_prev == kNoSlot ? user.conversations : records_[record.user_prev].user_next) =
      record.user_next;
  if (record.user_next != kNoSlot) records_[record.user_next].user_prev = record.user_prev;
  if (--user.total > 0) return;
  by_user_.erase(hash_id(user.id.value), record.user_slot);
  users_.release(record.user_slot);
}

// --- the public face ----------------------------------------------------------------------------

ConversationManager::ConversationManager(ConversationLimits limits)
    : impl_(std::make_unique<Impl>(limits)) {}
ConversationManager::~ConversationManager() = default;

StartOutcome ConversationManager::start(const ConversationRequest& request, MonoTime now) {
  return impl_->start(request, now);
}
std::optional<EndedConversation> ConversationManager::end(ConversationId id, EndStatus status,
                                                          MonoTime now) {
  return impl_->end(id, status, now);
}
bool ConversationManager::touch(ConversationId id, MonoTime now) {
  return impl_->touch(id, now);
}
bool ConversationManager::wait_for_user(ConversationId id, MonoTime now,
                                        std::optional<Duration> at_most) {
  return impl_->wait_for_user(id, now, at_most);
}
bool ConversationManager::restore(const ConversationRequest& request, Duration left, MonoTime now) {
  return impl_->restore(request, left, now);
}
StartOutcome ConversationManager::resume(ConversationId id, MonoTime now) {
  return impl_->resume(id, now);
}
std::optional<ConversationAction> ConversationManager::cancel(ConversationId id, EndStatus why,
                                                              MonoTime now) {
  return impl_->cancel(id, why, now);
}
void ConversationManager::begin_shutdown(MonoTime now, Duration drain) {
  impl_->begin_shutdown(now, drain);
}
std::optional<MonoTime> ConversationManager::next_due() const {
  return impl_->next_due();
}
bool ConversationManager::advance(MonoTime now, std::size_t max_actions,
                                  std::vector<ConversationAction>& out) {
  return impl_->advance(now, max_actions, out);
}
std::optional<std::uint32_t> ConversationManager::position(ConversationId id) const {
  return impl_->position(id);
}
std::optional<Duration> ConversationManager::estimate(std::uint32_t position) const {
  return impl_->estimate(position);
}
std::optional<ConversationInfo> ConversationManager::find(ConversationId id, MonoTime now) const {
  return impl_->find(id, now);
}
std::vector<ConversationInfo> ConversationManager::list(PersonId user, MonoTime now) const {
  return impl_->list(user, now);
}
std::vector<EndedConversation> ConversationManager::recently_ended() const {
  return impl_->recently_ended();
}
ConversationStats ConversationManager::stats() const {
  return impl_->stats();
}
const ConversationCounters& ConversationManager::counters() const {
  return impl_->counters();
}
const ConversationLimits& ConversationManager::limits() const {
  return impl_->limits();
}
std::size_t ConversationManager::memory() const {
  return impl_->memory();
}

}  // namespace chorus::policy
