#include "chorus/base/check.hpp"
#include "chorus/policy/detail/conversation_core.hpp"

#include <algorithm>

namespace chorus::policy {
namespace {

using detail::kNoSlot;
using detail::Record;
using Kind = ConversationAction::Kind;

/// Free slots looked at per action while the slab is walked at shutdown.
constexpr std::size_t kWalkPerAction = 16;

}  // namespace

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

// --- names --------------------------------------------------------------------------------------

std::string_view to_string(RefusalReason reason) noexcept {
  switch (reason) {
    case RefusalReason::GlobalLimit:
      return "global_limit";
    case RefusalReason::UserLimit:
      return "user_limit";
    case RefusalReason::QueueFull:
      return "queue_full";
    case RefusalReason::UserQueueFull:
      return "user_queue_full";
    case RefusalReason::ShuttingDown:
      return "shutting_down";
    case RefusalReason::DuplicateId:
      return "duplicate_id";
    case RefusalReason::NotFound:
      return "not_found";
  }
  return "unknown";
}

std::string_view to_string(EndStatus status) noexcept {
  switch (status) {
    case EndStatus::Completed:
      return "completed";
    case EndStatus::Error:
      return "error";
    case EndStatus::Cancelled:
      return "cancelled";
    case EndStatus::Idle:
      return "idle";
    case EndStatus::TimedOut:
      return "timed_out";
    case EndStatus::NoAnswer:
      return "no_answer";
    case EndStatus::QueueTimeout:
      return "queue_timeout";
    case EndStatus::Shutdown:
      return "shutdown";
  }
  return "unknown";
}

std::string_view to_string(ConversationState state) noexcept {
  switch (state) {
    case ConversationState::Queued:
      return "queued";
    case ConversationState::Working:
      return "working";
    case ConversationState::WaitingForUser:
      return "waiting_for_user";
    case ConversationState::Stopping:
      return "stopping";
  }
  return "unknown";
}

}  // namespace chorus::policy
