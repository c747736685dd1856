#include "chorus/fleet/detail/metrics.hpp"

#include <limits>

namespace chorus::fleet::detail {
namespace {

constexpr std::string_view kSendNames[kSendResults] = {"sent",    "unknown", "dead",
                                                       "retried", "frozen",  "cancelled"};

constexpr const char* kTickSuccess = "chorus_tick_success";
constexpr const char* kTickHelp = "Share of the last hour's decisions that did not end in an error";
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

std::string_view to_string(Span span) noexcept {
  switch (span) {
    case Span::Queue:
      return "queue";
    case Span::Admission:
      return "admission";
    case Span::Context:
      return "context";
    case Span::Generate:
      return "generate";
    case Span::Guard:
      return "guard";
    case Span::Append:
      return "append";
    case Span::Total:
      return "total";
  }
  return "total";
}

Metrics::Metrics(metrics::Registry& r, const Clock& clock)
    : accepted(r.counter("chorus_updates_accepted_total", "Updates that are durable in the inbox")),
      duplicates(r.counter("chorus_updates_duplicate_total", "Updates that were there already")),
      malformed(r.counter("chorus_updates_malformed_total", "Updates without what they need")),
      refused_accepts(r.counter("chorus_updates_refused_total",
                                "Updates not taken because the store could not keep them")),
      wishes(
          r.counter("chorus_floor_wishes_total", "Candidates asked how much they wish to speak")),
      wishes_refused(r.counter("chorus_floor_wishes_refused_total",
                               "Decisions left to the scores because wishes cost too much")),
      memories_kept(r.counter("chorus_memories_kept_total", "Memories written")),
      memories_forgotten(r.counter("chorus_memories_forgotten_total",
                                   "Memories that faded, expired or were merged")),
      too_many_requests(r.counter("chorus_429_total", "Answers 429 of the platform to sends")),
      unauthorized(r.counter("chorus_unauthorized_total", "Bots whose token the platform refused")),
      outbox_ready(r.gauge("chorus_outbox", "Messages by state", {{"state", "ready"}})),
      outbox_sending(r.gauge("chorus_outbox", "Messages by state", {{"state", "sending"}})),
      outbox_unknown(r.gauge("chorus_outbox", "Messages by state", {{"state", "unknown"}})),
      host_breaker(r.gauge("chorus_breaker_state", "0 closed, 1 half-open, 2 open",
                           {{"of", "platform_host"}})),
      inbox_in_memory(r.gauge("chorus_inbox_in_memory", "Accepted updates not yet done")),
      conversations_live(r.gauge("chorus_conversations_live", "Conversation slots held")),
      conversations_queued(r.gauge("chorus_conversations_queued", "Waiting for a slot")),
      conversations_waiting(
          r.gauge("chorus_conversations_waiting", "Conversations that wait for the person")),
      inbox_lag(r.histogram("chorus_inbox_lag_seconds", "From a message's date to the inbox")),
      queue_wait(r.histogram("chorus_queue_wait_seconds", "Wait for a conversation slot")),
      send_time(r.histogram("chorus_send_seconds", "From a send to the platform's answer")),
      outbox_wait(r.histogram("chorus_outbox_wait_seconds", "From the outbox to the send")),
      registry_(r),
      clock_(clock) {
  registry_.gauge_callback(kTickSuccess, kTickHelp, {}, [this] {
    const auto tally = tick_shares.tally(policy::ShareWindow::kLongest, clock_.now());
    return tally.all() == 0 ? kNothing : 1 - tally.bad_share();
  });
  constexpr std::string_view kVerdicts[] = {"kept", "revised", "answered", "topic_moved"};
  for (std::size_t i = 0; i < revalidated.size(); ++i) {
    revalidated[i] = &r.counter("chorus_floor_revalidations_total",
                                "Unasked messages looked at again because a person spoke",
                                {{"outcome", std::string(kVerdicts[i])}});
  }
  for (const bool ok : {true, false}) {
    tool_calls[ok ? 0 : 1] = &r.counter("chorus_tool_calls_total", "Calls of tools by generators",
                                        {{"result", ok ? "ok" : "refused"}});
  }
  for (std::size_t i = 0; i < policy::kEndStatuses; ++i) {
    const auto status = to_string(static_cast<policy::EndStatus>(i));
    conversations_ended[i] = &r.counter("chorus_conversations_ended_total",
                                        "Conversations and waits for a slot by how they ended",
                                        {{"status", std::string(status)}});
  }
  for (std::size_t i = 0; i < policy::kRefusalReasons; ++i) {
    const auto reason = to_string(static_cast<policy::RefusalReason>(i));
    conversations_refused[i] =
        &r.counter("chorus_conversations_refused_total", "Turns that got no slot and no place",
                   {{"reason", std::string(reason)}});
  }
  for (std::size_t i = 0; i < kTurnReasons; ++i) {
    turns[i] = &r.counter("chorus_turns_total", "Decisions by how they ended",
                          {{"reason", std::string(to_string(static_cast<TurnReason>(i)))}});
  }
  for (const auto result : {TickResult::Good, TickResult::Bad}) {
    ticks[static_cast<std::size_t>(result)] =
        &r.counter("chorus_ticks_total", "Decisions by whether something failed",
                   {{"result", result == TickResult::Good ? "ok" : "error"}});
  }
  for (std::size_t i = 0; i < kSpans; ++i) {
    spans[i] = &r.histogram("chorus_turn_seconds", "Parts of a turn",
                            {{"span", std::string(to_string(static_cast<Span>(i)))}});
  }
  for (std::size_t i = 0; i < kSendResults; ++i) {
    sends[i] = &r.counter("chorus_sends_total", "Sends by how they ended",
                          {{"result", std::string(kSendNames[i])}});
  }
  for (std::size_t i = 0; i < kMemoryRefusals; ++i) {
    memory_refused[i] =
        &r.counter("chorus_memories_refused_total", "What the memory gate did not let through",
                   {{"reason", std::string(to_string(static_cast<MemoryRefusal>(i)))}});
  }
  for (std::size_t i = 0; i < kGuardClasses; ++i) {
    guarded[i] = &r.counter("chorus_guard_total", "Generated texts by the guard's verdict",
                            {{"class", std::string(to_string(static_cast<GuardClass>(i)))}});
  }
}

Metrics::~Metrics() {
  registry_.gauge_callback(kTickSuccess, kTickHelp, {}, [] { return kNothing; });
}

void Metrics::turn(TurnReason reason) {
  turns[static_cast<std::size_t>(reason)]->add();
  const TickResult result = tick_result(reason);
  if (result == TickResult::NoTick) return;
  ticks[static_cast<std::size_t>(result)]->add();
  tick_shares.add(result == TickResult::Good, clock_.now());
}

void Metrics::send(SendResult result) {
  sends[static_cast<std::size_t>(result)]->add();
  if (result == SendResult::Sent) send_shares.add(true, clock_.now());
  if (result == SendResult::Unknown || result == SendResult::Dead) {
    send_shares.add(false, clock_.now());
  }
}

}  // namespace chorus::fleet::detail
