#include "chorus/policy/conversation_manager.hpp"

#include "chorus/base/check.hpp"
#include "chorus/policy/detail/due_heap.hpp"
#include "chorus/policy/detail/fair_queue.hpp"
#include "chorus/policy/detail/flat_index.hpp"
#include "chorus/policy/detail/slab.hpp"

#include <algorithm>
#include <utility>

namespace chorus::policy {
namespace {

using detail::kNoSlot;
using Kind = ConversationAction::Kind;

struct Record {
  ConversationId id;  ///< 0 = the slot is free
  PersonId user;
  RoomId room;
  std::int64_t thread = 0;
  MonoTime requested_at{};
  MonoTime since{};  ///< when it entered the queue, got its slot, or began to wait for the person
  MonoTime last_activity{};
  Duration waited{};
  Duration service{};
  std::uint32_t user_slot = kNoSlot;
  std::uint32_t user_prev = kNoSlot;
  std::uint32_t user_next = kNoSlot;
  detail::WaiterLinks queue;
  ConversationState state = ConversationState::Queued;
  EndStatus why = EndStatus::Completed;
  bool begun = false;
};

/// Gives the wait queue its links inside the records.
struct WaitersOf {
  detail::Slab<Record>* records;
  detail::WaiterLinks& operator()(std::uint32_t slot) const { return (*records)[slot].queue; }
};

std::uint64_t hash_id(std::int64_t value) {
  return detail::mix64(static_cast<std::uint64_t>(value) + 0x9e3779b97f4a7c15ULL);
}
std::uint64_t hash_thread(PersonId user, RoomId room, std::int64_t thread) {
  return hash_id(static_cast<std::int64_t>(
      hash_id(static_cast<std::int64_t>(hash_id(user.value)) ^ room.value) ^
      static_cast<std::uint64_t>(thread)));
}

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

/// What is reserved at once: growing a table later would copy all of it in one step.
constexpr std::size_t kReserveAtMost = std::size_t{1} << 18;
/// Free slots looked at per action while the slab is walked at shutdown.
constexpr std::size_t kWalkPerAction = 16;
/// Weight of the newest slot holding in the mean behind `estimate`.
constexpr double kMeanWeight = 0.1;

}  // namespace

class ConversationManager::Impl {
 public:
  explicit Impl(const ConversationLimits& limits)
      : limits_(limits),
        by_id_(expected(limits)),
        by_thread_(expected(limits)),
        by_user_(expected(limits)),
        queue_(users_, WaitersOf{&records_}) {
    due_.reserve(expected(limits));
    ended_.reserve(limits.ended_kept);
  }

  StartOutcome start(const ConversationRequest& request, MonoTime now);
  std::optional<EndedConversation> end(ConversationId id, EndStatus status, MonoTime now);
  bool touch(ConversationId id, MonoTime now);
  bool wait_for_user(ConversationId id, MonoTime now);
  StartOutcome resume(ConversationId id, MonoTime now);
  std::optional<ConversationAction> cancel(ConversationId id, EndStatus why, MonoTime now);
  void begin_shutdown(MonoTime now, Duration drain);
  [[nodiscard]] std::optional<MonoTime> next_due() const;
  bool advance(MonoTime now, std::size_t max_actions, std::vector<ConversationAction>& out);
  [[nodiscard]] std::optional<std::uint32_t> position(ConversationId id) const;
  [[nodiscard]] std::optional<Duration> estimate(std::uint32_t position) const;
  [[nodiscard]] std::optional<ConversationInfo> find(ConversationId id, MonoTime now) const;
  [[nodiscard]] std::vector<ConversationInfo> list(PersonId user, MonoTime now) const;
  [[nodiscard]] std::vector<EndedConversation> recently_ended() const;
  [[nodiscard]] ConversationStats stats() const;
  [[nodiscard]] const ConversationCounters& counters() const { return counters_; }
  [[nodiscard]] const ConversationLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t memory() const;

 private:
  static std::size_t expected(const ConversationLimits& limits) {
    return std::min(std::size_t{limits.global} + limits.queue, kReserveAtMost);
  }

  [[nodiscard]] std::uint32_t slot_of(ConversationId id) const {
    return by_id_.find(hash_id(id.value),
                       [&](std::uint32_t slot) { return records_[slot].id == id; });
  }
  [[nodiscard]] std::uint32_t slot_of_user(PersonId user) const {
    return by_user_.find(hash_id(user.value),
                         [&](std::uint32_t slot) { return users_[slot].id == user; });
  }
  [[nodiscard]] std::uint32_t slot_of_thread(const ConversationRequest& request) const {
    if (request.thread == 0) return kNoSlot;
    return by_thread_.find(
        hash_thread(request.user, request.room, request.thread), [&](std::uint32_t slot) {
          const Record& r = records_[slot];
          return r.thread == request.thread && r.user == request.user && r.room == request.room;
        });
  }

  [[nodiscard]] bool eligible(const detail::QueueUser& user) const {
    return user.held < limits_.per_user;
  }
  [[nodiscard]] bool slot_waits_for_queue() const {
    return live_ < limits_.global && queue_.any_eligible();
  }
  /// nullopt: a slot may be taken now, or (`*must_queue`) the request may queue.
  [[nodiscard]] std::optional<RefusalReason> obstacle(std::uint32_t held, std::uint32_t queued,
                                                      bool* must_queue) const;
  StartOutcome reuse(std::uint32_t slot, MonoTime now);
  StartOutcome queued_outcome(std::uint32_t slot, bool reused) const;
  std::uint32_t make_record(const ConversationRequest& request, MonoTime now);
  std::uint32_t user_for(PersonId id);
  void take_slot(std::uint32_t slot, MonoTime now);
  void release_slot(Record& record, MonoTime now);
  void enqueue(std::uint32_t slot, Duration deadline, MonoTime now);
  void leave_queue(std::uint32_t slot, MonoTime now);
  void forget_thread(std::uint32_t slot);
  EndedConversation finish(std::uint32_t slot, EndStatus status, bool hard_cut, MonoTime now);
  void unlink_from_user(std::uint32_t slot);
  ConversationAction stop(std::uint32_t slot, EndStatus why, MonoTime now);
  [[nodiscard]] MonoTime working_due(const Record& record) const {
    return std::min(record.last_activity + limits_.idle,
                    record.since + (limits_.maximum - record.service));
  }
  void expire(std::uint32_t slot, MonoTime now, std::vector<ConversationAction>& out);
  std::size_t drain(MonoTime now, std::size_t budget, std::vector<ConversationAction>& out);
  [[nodiscard]] bool more_due(MonoTime now) const;
  [[nodiscard]] ConversationInfo info(const Record& record, MonoTime now) const;
  [[nodiscard]] static Duration service_of(const Record& record, MonoTime now) {
    const bool holds =
        record.state == ConversationState::Working || record.state == ConversationState::Stopping;
    return holds ? record.service + (now - record.since) : record.service;
  }

  ConversationLimits limits_;
  detail::Slab<Record> records_;
  detail::Slab<detail::QueueUser> users_;
  detail::FlatIndex by_id_;
  detail::FlatIndex by_thread_;  ///< without Stopping ones: their thread is free for another
  detail::FlatIndex by_user_;
  detail::DueHeap due_;
  detail::FairQueue<WaitersOf> queue_;
  std::uint32_t live_ = 0;
  std::uint32_t waiting_ = 0;
  std::uint32_t resuming_ = 0;
  bool shutting_down_ = false;
  MonoTime drain_at_{};
  std::uint32_t drain_cursor_ = 0;
  bool drained_ = false;
  MonoTime last_now_{};
  double mean_hold_s_ = -1;  ///< < 0: nothing has ended
  ConversationCounters counters_;
  std::vector<EndedConversation> ended_;
  std::size_t ended_next_ = 0;
};

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
  enqueue(slot, request.queue_deadline.value_or(limits_.queue_deadline), now);
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

bool ConversationManager::Impl::wait_for_user(ConversationId id, MonoTime now) {
  last_now_ = now;
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot || records_[slot].state != ConversationState::Working) return false;
  if (waiting_ >= limits_.waiting_for_user) return false;
  Record& record = records_[slot];
  release_slot(record, now);
  ++waiting_;
  record.state = ConversationState::WaitingForUser;
  record.since = record.last_activity = now;
  due_.arm(slot, now + limits_.user_answer);
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
  return ConversationAction{.kind = Kind::Cancel,
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

// --- time ----------------------------------------------------------------------------------------

std::optional<MonoTime> ConversationManager::Impl::next_due() const {
  if (shutting_down_ ? queue_.size() > 0 : slot_waits_for_queue()) return last_now_;
  std::optional<MonoTime> due;
  if (!due_.empty()) due = due_.top_due();
  if (shutting_down_ && !drained_ && (!due || drain_at_ < *due)) due = drain_at_;
  return due;
}

bool ConversationManager::Impl::more_due(MonoTime now) const {
  const std::optional<MonoTime> due = next_due();
  return due && *due <= now;
}

bool ConversationManager::Impl::advance(MonoTime now, std::size_t max_actions,
                                        std::vector<ConversationAction>& out) {
  CH_CHECK(max_actions > 0);
  last_now_ = now;
  std::size_t left = max_actions;
  if (shutting_down_) left -= drain(now, left, out);
  for (; left > 0 && !due_.empty() && due_.top_due() <= now; --left) {
    expire(due_.top_slot(), now, out);
  }
  for (; left > 0 && !shutting_down_ && slot_waits_for_queue(); --left) {
    const std::uint32_t slot = queue_.front();
    Record& record = records_[slot];
    leave_queue(slot, now);
    queue_.rotate(record.user_slot, true);  // take_slot parks the user if this was the last slot
    take_slot(slot, now);
    ++counters_.admitted_from_queue;
    out.push_back({.kind = Kind::AdmittedFromQueue,
                   .id = record.id,
                   .user = record.user,
                   .room = record.room,
                   .waited = record.waited,
                   .service = record.service});
  }
  return more_due(now);
}

void ConversationManager::Impl::expire(std::uint32_t slot, MonoTime now,
                                       std::vector<ConversationAction>& out) {
  Record& record = records_[slot];
  if (record.state == ConversationState::Working) {
    // Activity only moved `last_activity`: the true due time is known here.
    if (const MonoTime due = working_due(record); due > now) {
      due_.arm(slot, due);
      return;
    }
    const bool idle =
        record.last_activity + limits_.idle <= record.since + (limits_.maximum - record.service);
    out.push_back(stop(slot, idle ? EndStatus::Idle : EndStatus::TimedOut, now));
    return;
  }
  ConversationAction action{.id = record.id, .user = record.user, .room = record.room};
  switch (record.state) {
    case ConversationState::Queued:
      ++counters_.queue_timeouts;
      action.kind = Kind::QueueTimeout;
      action.why = EndStatus::QueueTimeout;
      break;
    case ConversationState::WaitingForUser:
      action.kind = Kind::Ended;
      action.why = EndStatus::NoAnswer;
      break;
    default:
      action.kind = Kind::HardCut;
      action.why = record.why;
      break;
  }
  const EndedConversation ended = finish(slot, action.why, action.kind == Kind::HardCut, now);
  action.waited = ended.waited;
  action.service = ended.service;
  out.push_back(action);
}

void ConversationManager::Impl::begin_shutdown(MonoTime now, Duration drain) {
  last_now_ = now;
  if (shutting_down_) return;
  shutting_down_ = true;
  drain_at_ = now + drain;
}

/// Empties the queue, and once the drain time is over walks the slab to stop what still lives.
/// Returns how much of the budget it used.
std::size_t ConversationManager::Impl::drain(MonoTime now, std::size_t budget,
                                             std::vector<ConversationAction>& out) {
  std::size_t used = 0;
  for (; used < budget && queue_.size() > 0; ++used) {
    ++counters_.queue_withdrawn;
    const EndedConversation ended = finish(queue_.any(), EndStatus::Shutdown, false, now);
    out.push_back({.kind = Kind::QueueShutdown,
                   .id = ended.id,
                   .user = ended.user,
                   .room = ended.room,
                   .why = EndStatus::Shutdown,
                   .waited = ended.waited,
                   .service = ended.service});
  }
  if (now < drain_at_ || drained_) return used;
  for (std::size_t walked = 0; used < budget && walked < budget * kWalkPerAction; ++walked) {
    if (drain_cursor_ == records_.extent()) {
      drained_ = true;
      break;
    }
    const std::uint32_t slot = drain_cursor_++;
    const Record& record = records_[slot];
    if (!record.id || record.state == ConversationState::Stopping) continue;
    ++used;
    if (record.state == ConversationState::Working) {
      out.push_back(stop(slot, EndStatus::Shutdown, now));
      continue;
    }
    const EndedConversation ended = finish(slot, EndStatus::Shutdown, false, now);
    out.push_back({.kind = Kind::Ended,
                   .id = ended.id,
                   .user = ended.user,
                   .room = ended.room,
                   .why = EndStatus::Shutdown,
                   .waited = ended.waited,
                   .service = ended.service});
  }
  return used;
}

// --- looking ------------------------------------------------------------------------------------

std::optional<std::uint32_t> ConversationManager::Impl::position(ConversationId id) const {
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot || records_[slot].state != ConversationState::Queued) return std::nullopt;
  return queue_.position(records_[slot].user_slot, slot);
}

std::optional<Duration> ConversationManager::Impl::estimate(std::uint32_t position) const {
  if (mean_hold_s_ < 0 || limits_.global == 0) return std::nullopt;
  return from_seconds(position * mean_hold_s_ / limits_.global);
}

ConversationInfo ConversationManager::Impl::info(const Record& record, MonoTime now) const {
  return ConversationInfo{.id = record.id,
                          .user = record.user,
                          .room = record.room,
                          .thread = record.thread,
                          .state = record.state,
                          .requested_at = record.requested_at,
                          .last_activity = record.last_activity,
                          .service = service_of(record, now)};
}

std::optional<ConversationInfo> ConversationManager::Impl::find(ConversationId id,
                                                                MonoTime now) const {
  const std::uint32_t slot = slot_of(id);
  if (slot == kNoSlot) return std::nullopt;
  return info(records_[slot], now);
}

std::vector<ConversationInfo> ConversationManager::Impl::list(PersonId user, MonoTime now) const {
  std::vector<ConversationInfo> out;
  const std::uint32_t user_slot = slot_of_user(user);
  if (user_slot == kNoSlot) return out;
  out.reserve(users_[user_slot].total);
  for (std::uint32_t slot = users_[user_slot].conversations; slot != kNoSlot;
       slot = records_[slot].user_next) {
    out.push_back(info(records_[slot], now));
  }
  return out;
}

std::vector<EndedConversation> ConversationManager::Impl::recently_ended() const {
  std::vector<EndedConversation> out;
  out.reserve(ended_.size());
  for (std::size_t i = 1; i <= ended_.size(); ++i) {
    out.push_back(ended_[(ended_next_ + limits_.ended_kept - i) % limits_.ended_kept]);
  }
  return out;
}

ConversationStats ConversationManager::Impl::stats() const {
  return {.live = live_,
          .queued = queue_.size(),
          .resuming = resuming_,
          .waiting_for_user = waiting_,
          .users = static_cast<std::uint32_t>(by_user_.size()),
          .shutting_down = shutting_down_};
}

std::size_t ConversationManager::Impl::memory() const {
  return sizeof(*this) + records_.bytes() + users_.bytes() + by_id_.bytes() + by_thread_.bytes() +
         by_user_.bytes() + due_.bytes() + ended_.capacity() * sizeof(EndedConversation);
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
bool ConversationManager::wait_for_user(ConversationId id, MonoTime now) {
  return impl_->wait_for_user(id, now);
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
