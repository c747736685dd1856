#pragma once

#include "chorus/policy/conversation_manager.hpp"
#include "chorus/policy/detail/due_heap.hpp"
#include "chorus/policy/detail/fair_queue.hpp"
#include "chorus/policy/detail/flat_index.hpp"
#include "chorus/policy/detail/slab.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace chorus::policy {
namespace detail {

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
  WaiterLinks queue;
  ConversationState state = ConversationState::Queued;
  EndStatus why = EndStatus::Completed;
  bool begun = false;
};

/// Gives the wait queue its links inside the records.
struct WaitersOf {
  Slab<Record>* records;
  WaiterLinks& operator()(std::uint32_t slot) const { return (*records)[slot].queue; }
};

inline std::uint64_t hash_id(std::int64_t value) {
  return mix64(static_cast<std::uint64_t>(value) + 0x9e3779b97f4a7c15ULL);
}
inline std::uint64_t hash_thread(PersonId user, RoomId room, std::int64_t thread) {
  return hash_id(static_cast<std::int64_t>(
      hash_id(static_cast<std::int64_t>(hash_id(user.value)) ^ room.value) ^
      static_cast<std::uint64_t>(thread)));
}

/// What is reserved at once: growing a table later would copy all of it in one step.
inline constexpr std::size_t kReserveAtMost = std::size_t{1} << 18;

/// No time of a conversation is longer.
inline constexpr Duration kLongest = std::chrono::hours(24 * 365);

}  // namespace detail

/// conversation_manager.cpp: asking for a slot and the life of a conversation;
/// conversation_time.cpp: what time brings, and looking.
class ConversationManager::Impl {
 public:
  explicit Impl(const ConversationLimits& limits)
      : limits_(bounded(limits)),
        by_id_(expected(limits)),
        by_thread_(expected(limits)),
        by_user_(expected(limits)),
        queue_(users_, detail::WaitersOf{&records_}) {
    due_.reserve(expected(limits));
    ended_.reserve(limits.ended_kept);
  }

  StartOutcome start(const ConversationRequest& request, MonoTime now);
  std::optional<EndedConversation> end(ConversationId id, EndStatus status, MonoTime now);
  bool touch(ConversationId id, MonoTime now);
  bool wait_for_user(ConversationId id, MonoTime now, std::optional<Duration> at_most);
  bool restore(const ConversationRequest& request, Duration left, MonoTime now);
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
  /// A time without end would overflow when it is added to `now`.
  static ConversationLimits bounded(ConversationLimits limits) {
    for (Duration* d : {&limits.idle, &limits.maximum, &limits.queue_deadline, &limits.user_answer,
                        &limits.grace}) {
      *d = std::clamp(*d, Duration::zero(), detail::kLongest);
    }
    return limits;
  }
  static std::size_t expected(const ConversationLimits& limits) {
    return std::min(std::size_t{limits.global} + limits.queue, detail::kReserveAtMost);
  }

  [[nodiscard]] std::uint32_t slot_of(ConversationId id) const {
    return by_id_.find(detail::hash_id(id.value),
                       [&](std::uint32_t slot) { return records_[slot].id == id; });
  }
  [[nodiscard]] std::uint32_t slot_of_user(PersonId user) const {
    return by_user_.find(detail::hash_id(user.value),
                         [&](std::uint32_t slot) { return users_[slot].id == user; });
  }
  [[nodiscard]] std::uint32_t slot_of_thread(const ConversationRequest& request) const {
    if (request.thread == 0) return detail::kNoSlot;
    return by_thread_.find(
        detail::hash_thread(request.user, request.room, request.thread), [&](std::uint32_t slot) {
          const detail::Record& r = records_[slot];
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
  void release_slot(detail::Record& record, MonoTime now);
  void enqueue(std::uint32_t slot, Duration deadline, MonoTime now);
  void leave_queue(std::uint32_t slot, MonoTime now);
  void forget_thread(std::uint32_t slot);
  EndedConversation finish(std::uint32_t slot, EndStatus status, bool hard_cut, MonoTime now);
  void unlink_from_user(std::uint32_t slot);
  ConversationAction stop(std::uint32_t slot, EndStatus why, MonoTime now);
  [[nodiscard]] MonoTime working_due(const detail::Record& record) const {
    return std::min(record.last_activity + limits_.idle,
                    record.since + (limits_.maximum - record.service));
  }
  void expire(std::uint32_t slot, MonoTime now, std::vector<ConversationAction>& out);
  std::size_t drain(MonoTime now, std::size_t budget, std::vector<ConversationAction>& out);
  [[nodiscard]] bool more_due(MonoTime now) const;
  [[nodiscard]] ConversationInfo info(const detail::Record& record, MonoTime now) const;
  [[nodiscard]] static Duration service_of(const detail::Record& record, MonoTime now) {
    const bool holds =
        record.state == ConversationState::Working || record.state == ConversationState::Stopping;
    return holds ? record.service + (now - record.since) : record.service;
  }

  ConversationLimits limits_;
  detail::Slab<detail::Record> records_;
  detail::Slab<detail::QueueUser> users_;
  detail::FlatIndex by_id_;
  detail::FlatIndex by_thread_;  ///< without Stopping ones: their thread is free for another
  detail::FlatIndex by_user_;
  detail::DueHeap due_;
  detail::FairQueue<detail::WaitersOf> queue_;
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

}  // namespace chorus::policy
