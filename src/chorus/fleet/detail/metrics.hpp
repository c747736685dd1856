#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/guard.hpp"
#include "chorus/fleet/memory/memory_gate.hpp"
#include "chorus/fleet/reason.hpp"
#include "chorus/fleet/revalidate.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/policy/conversation_manager.hpp"
#include "chorus/policy/share_window.hpp"

#include <array>
#include <cstdint>

namespace chorus::fleet::detail {

/// Named parts of a turn, timed apart.
enum class Span : std::uint8_t { Queue, Admission, Context, Generate, Guard, Append, Total };
inline constexpr std::size_t kSpans = static_cast<std::size_t>(Span::Total) + 1;
std::string_view to_string(Span span) noexcept;

enum class SendResult : std::uint8_t { Sent, Unknown, Dead, Retried, Frozen, Cancelled };
inline constexpr std::size_t kSendResults = static_cast<std::size_t>(SendResult::Cancelled) + 1;

/// Everything the fleet counts, made once. Labels are closed lists: no bot, room or person.
struct Metrics {
  /// The clock outlives it.
  Metrics(metrics::Registry& registry, const Clock& clock);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  metrics::Counter& accepted;
  metrics::Counter& duplicates;
  metrics::Counter& malformed;
  metrics::Counter& refused_accepts;  ///< answered with an error: the platform sends them again
  std::array<metrics::Counter*, kTurnReasons> turns{};
  std::array<metrics::Counter*, 2> ticks{};  ///< good, bad
  std::array<metrics::Histogram*, kSpans> spans{};
  std::array<metrics::Counter*, kSendResults> sends{};
  std::array<metrics::Counter*, kGuardClasses> guarded{};
  std::array<metrics::Counter*, kMemoryRefusals> memory_refused{};
  std::array<metrics::Counter*, kRevalidations> revalidated{};  ///< by Revalidation
  std::array<metrics::Counter*, 2> tool_calls{};                ///< ok, refused
  metrics::Counter& wishes;
  metrics::Counter& wishes_refused;
  metrics::Counter& memories_kept;
  metrics::Counter& memories_forgotten;  ///< faded, expired or merged
  metrics::Counter& too_many_requests;
  metrics::Counter& unauthorized;
  metrics::Gauge& outbox_ready;
  metrics::Gauge& outbox_sending;
  metrics::Gauge& outbox_unknown;
  metrics::Gauge& host_breaker;  ///< 0 closed, 1 half-open, 2 open
  metrics::Gauge& inbox_in_memory;
  metrics::Gauge& conversations_live;
  metrics::Gauge& conversations_queued;
  metrics::Gauge& conversations_waiting;
  std::array<metrics::Counter*, policy::kEndStatuses> conversations_ended{};
  std::array<metrics::Counter*, policy::kRefusalReasons> conversations_refused{};
  metrics::Histogram& inbox_lag;   ///< from the platform's date to the inbox
  metrics::Histogram& queue_wait;  ///< for a conversation slot
  metrics::Histogram& send_time;   ///< the platform's answer
  metrics::Histogram& outbox_wait;

  /// Ticks and sends of the last hour, by whether they failed.
  policy::ShareWindow tick_shares;
  policy::ShareWindow send_shares;

  void turn(TurnReason reason);
  void send(SendResult result);
  void conversation_ended(policy::EndStatus status) {
    conversations_ended[static_cast<std::size_t>(status)]->add();
  }
  void refused(policy::RefusalReason reason) {
    conversations_refused[static_cast<std::size_t>(reason)]->add();
  }
  void span(Span span, Duration d) {
    spans[static_cast<std::size_t>(span)]->record(
        d > Duration::zero() ? static_cast<std::uint64_t>(d.count()) : 0);
  }

 private:
  metrics::Registry& registry_;
  const Clock& clock_;
};

}  // namespace chorus::fleet::detail
