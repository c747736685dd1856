#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace chorus::policy {

/// Limits and times of conversations. A limit of 0 refuses everything; a time is taken to be at
/// most a year.
struct ConversationLimits {
  std::uint32_t global = 10;   ///< work slots held at once, by all
  std::uint32_t per_user = 3;  ///< work slots held at once, by one user
  std::uint32_t queue = 100;   ///< waiters, all users; 0 = refuse at once, as the founding bot
  std::uint32_t queue_per_user = 3;   ///< waiters of one user
  bool queue_over_user_limit = true;  ///< false: a user at their own limit is refused, not queued
  std::uint32_t waiting_for_user = 1000;         ///< conversations that wait for a person's answer
  Duration idle = std::chrono::seconds(300);     ///< no activity for this long ends the work
  Duration maximum = std::chrono::seconds(600);  ///< of slot holding, pauses not counted
  Duration queue_deadline = std::chrono::seconds(30);  ///< per waiter, unless the request says
  Duration user_answer = std::chrono::seconds(3600);   ///< waiting for a person's answer
  Duration grace = std::chrono::seconds(5);            ///< from Cancel to HardCut
  std::uint32_t ended_kept = 64;                       ///< size of the ring of ended conversations
};

/// What a caller brings. `id` is made by the caller's id source and names the conversation (and,
/// while it waits, its place in the queue) from here on. With `thread` != 0 a second start with the
/// same (user, room, thread) finds the first conversation instead of making another.
struct ConversationRequest {
  ConversationId id;
  PersonId user;
  RoomId room;
  std::int64_t thread = 0;
  std::optional<Duration> queue_deadline;
};

enum class RefusalReason : std::uint8_t {
  GlobalLimit,    ///< all slots are taken and there is no queue
  UserLimit,      ///< the user holds all they may, and may not queue for more
  QueueFull,      ///< the queue is full
  UserQueueFull,  ///< the user has as many waiters as one user may have
  ShuttingDown,
  DuplicateId,  ///< the id is in use: a bug of the caller
  NotFound,     ///< `resume`: no such conversation, or it does not wait for a person
};
inline constexpr std::size_t kRefusalReasons = 7;
std::string_view to_string(RefusalReason reason) noexcept;

/// How a conversation ended.
enum class EndStatus : std::uint8_t {
  Completed,
  Error,
  Cancelled,     ///< by the caller (the person left, /stop, operator)
  Idle,          ///< no activity for the idle time
  TimedOut,      ///< the maximum duration
  NoAnswer,      ///< the person did not answer in time
  QueueTimeout,  ///< a waiting conversation that wanted to go on got no slot in time
  Shutdown,
};
inline constexpr std::size_t kEndStatuses = 8;
std::string_view to_string(EndStatus status) noexcept;

/// The answer to `start` and `resume`.
struct StartOutcome {
  enum class Kind : std::uint8_t {
    Admitted,  ///< `id` holds a slot: work may begin
    Queued,    ///< `id` waits; an AdmittedFromQueue or QueueTimeout action follows
    Refused,   ///< see `reason`; nothing is kept
  };
  Kind kind = Kind::Refused;
  ConversationId id;    ///< Admitted, Queued: of the request, or the one found by thread
  bool reused = false;  ///< an existing conversation was found by thread; it was touched
  RefusalReason reason = RefusalReason::ShuttingDown;  ///< Refused only
  std::uint32_t position = 0;                          ///< Queued: 1 = next
  std::optional<Duration> estimate;  ///< Queued: expected wait; nullopt until something has ended
};

/// What the caller has to do, in the order in which it was decided.
struct ConversationAction {
  enum class Kind : std::uint8_t {
    AdmittedFromQueue,  ///< the slot is held: begin (or resume) the work
    QueueTimeout,       ///< the waiter is gone: tell the person
    QueueShutdown,      ///< the waiter is gone because we stop: tell the person
    Cancel,             ///< cancel the work, then call `end`; the slot is held until then
    HardCut,            ///< the work did not stop in `grace`: drop it; the slot is free, no `end`
    Ended,              ///< gone without work to stop: the person did not answer, or Shutdown
  };
  Kind kind = Kind::Cancel;
  ConversationId id;
  PersonId user;
  RoomId room;
  EndStatus why = EndStatus::Completed;  ///< all but AdmittedFromQueue
  Duration waited{};                     ///< in the queue, all waits of this conversation together
  Duration service{};                    ///< slot held so far
};

/// What `end` tells for metrics. All durations are of this conversation's whole life.
struct EndedConversation {
  ConversationId id;
  PersonId user;
  RoomId room;
  EndStatus status = EndStatus::Completed;
  bool hard_cut = false;
  bool admitted = false;  ///< false: it ended in the queue, without ever holding a slot
  Duration waited{};      ///< in the queue
  Duration service{};     ///< slot held
  Duration total{};       ///< from the request to the end
  MonoTime ended_at{};
};

enum class ConversationState : std::uint8_t {
  Queued,
  Working,
  WaitingForUser,
  Stopping,  ///< told to stop, slot still held
};
std::string_view to_string(ConversationState state) noexcept;

struct ConversationInfo {
  ConversationId id;
  PersonId user;
  RoomId room;
  std::int64_t thread = 0;
  ConversationState state = ConversationState::Queued;
  MonoTime requested_at{};
  MonoTime last_activity{};
  Duration service{};
};

/// Totals since the start. requests = admitted_at_once + queued + reused + refused (all reasons);
/// begun = live + waiting_for_user + resuming + ended (all statuses).
struct ConversationCounters {
  std::uint64_t requests = 0;  ///< `start` and `resume`
  std::uint64_t begun = 0;     ///< conversations that got their first slot
  std::uint64_t admitted_at_once = 0;
  std::uint64_t queued = 0;  ///< `resume` that had to queue included
  std::uint64_t admitted_from_queue = 0;
  std::uint64_t reused = 0;
  std::uint64_t resumed = 0;  ///< waited for a person and got a slot again
  std::uint64_t queue_timeouts = 0;
  std::uint64_t queue_withdrawn = 0;  ///< left the queue by `end` or shutdown
  std::uint64_t hard_cuts = 0;
  std::array<std::uint64_t, kRefusalReasons> refused{};
  std::array<std::uint64_t, kEndStatuses> ended{};  ///< conversations that once held a slot
};

struct ConversationStats {
  std::uint32_t live = 0;              ///< slots held (Working and Stopping)
  std::uint32_t queued = 0;            ///< Queued, `resuming` included
  std::uint32_t resuming = 0;          ///< Queued, but begun: a person answered and no slot is free
  std::uint32_t waiting_for_user = 0;  ///< WaitingForUser
  std::uint32_t users = 0;             ///< users with any of these
  bool shutting_down = false;
};

/// Bounded exchanges that hold a slot. The slot belongs to the work and is freed when the work has
/// really stopped: an idle or over-long conversation is told to stop (Cancel), and counts against
/// the limits until the caller says `end`, or until the grace is over (HardCut).
///
/// Who does not get a slot waits in a bounded queue, fair by user: round robin over users, first in
/// first out within one. Users at their own limit are passed over until one of their slots is free.
/// A slot that becomes free is given out by the next `advance`; `next_due` is then in the past, so
/// a caller that follows it admits at once. Newcomers never overtake a waiter who could be
/// admitted.
///
/// Position is the number of waiters admitted before and including this one if slots become free
/// one by one and nothing else happens (users at their own limit behind all others). It can grow by
/// at most the round-robin turns of users who come later.
///
/// A Working conversation lives until min(last activity + idle, start of work + maximum), whichever
/// comes first, idle if both at once. Every inbound event, tool step and send must `touch` it.
///
/// Pure: no clock, no I/O. One thread; `now` must not go back. Memory: at most global + queue +
/// waiting_for_user conversations, under 300 bytes each, bench/conversation_bench.cpp. Operations
/// are O(1) or O(log n) unless said.
class ConversationManager {
 public:
  explicit ConversationManager(ConversationLimits limits);
  ~ConversationManager();
  ConversationManager(const ConversationManager&) = delete;
  ConversationManager& operator=(const ConversationManager&) = delete;

  /// Asks for a slot. When queued, O(users that wait) for the position. A request that finds a
  /// conversation that waits for a person is a `resume` of it.
  StartOutcome start(const ConversationRequest& request, MonoTime now);

  /// The conversation has ended and its work, if any, has stopped. In the queue it is withdrawn.
  /// `status` is overruled by the reason for which it was cancelled, if it was. nullopt: unknown or
  /// already ended.
  std::optional<EndedConversation> end(ConversationId id, EndStatus status, MonoTime now);

  /// Activity: idle time starts anew. False: unknown, or told to stop.
  bool touch(ConversationId id, MonoTime now);

  /// The work waits for the person's answer: gives the slot back. False (nothing changes, the slot
  /// is held) when the conversation is not Working or too many wait already. `at_most` in place of
  /// `user_answer`; at most a year.
  bool wait_for_user(ConversationId id, MonoTime now, std::optional<Duration> at_most = {});
  /// Puts back a conversation of an earlier process: it waits for the person, `left` longer (more
  /// than 0). It counts as begun, not as a request. False (nothing is kept): the id is in use, too
  /// many wait, nothing is left, or everything stops.
  bool restore(const ConversationRequest& request, Duration left, MonoTime now);
  /// The person answered: asks for a slot again, as `start` does. A refused one keeps waiting for
  /// the person. A queued one whose queue deadline passes ends with QueueTimeout.
  StartOutcome resume(ConversationId id, MonoTime now);

  /// Asks for the work to stop, as an expiry does: a Cancel action comes back at once, in the
  /// return value. nullopt when unknown or told already; a conversation without work (queued,
  /// waiting for a person) is to be ended with `end` and gives nullopt too.
  std::optional<ConversationAction> cancel(ConversationId id, EndStatus why, MonoTime now);

  /// Nothing is admitted any more, waiters are told (QueueShutdown actions of `advance`);
  /// conversations that still live at `now + drain` are cancelled. Idempotent.
  void begin_shutdown(MonoTime now, Duration drain);

  /// When `advance` has something to do; may be in the past. nullopt: nothing.
  [[nodiscard]] std::optional<MonoTime> next_due() const;
  /// Does what is due, at most `max_actions` actions and about as many steps, and appends them to
  /// `out`. Returns true when more is due at `now`: call again after letting others run.
  bool advance(MonoTime now, std::size_t max_actions, std::vector<ConversationAction>& out);

  /// 1 = next. nullopt when not queued. O(users that wait).
  [[nodiscard]] std::optional<std::uint32_t> position(ConversationId id) const;
  /// Expected wait at a position: position * mean slot holding / global limit; nullopt until a
  /// conversation has ended.
  [[nodiscard]] std::optional<Duration> estimate(std::uint32_t position) const;
  [[nodiscard]] std::optional<ConversationInfo> find(ConversationId id, MonoTime now) const;
  /// All conversations of one user, the newest first. O(own).
  [[nodiscard]] std::vector<ConversationInfo> list(PersonId user, MonoTime now) const;
  /// The last ended ones, the newest first, at most `ended_kept`.
  [[nodiscard]] std::vector<EndedConversation> recently_ended() const;
  [[nodiscard]] ConversationStats stats() const;
  [[nodiscard]] const ConversationCounters& counters() const;
  [[nodiscard]] const ConversationLimits& limits() const;
  /// Bytes held by this object.
  [[nodiscard]] std::size_t memory() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::policy
