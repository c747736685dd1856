#include "chorus/app/targets/fleet_counts.hpp"

#include <algorithm>

namespace chorus::app {

lab::TargetCounts fleet_counts(const json::object& status) {
  lab::TargetCounts counts;
  const auto read = [&](std::string_view group,
                        std::string_view name) -> std::optional<std::uint64_t> {
    const auto* object = find_object(status, group);
    const auto value = object != nullptr ? find_int(*object, name) : std::nullopt;
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
  };
  counts.updates_stored = read("store", "inbox_total");
  if (counts.updates_stored) {
    // The ledger counts messages: our own lines that came back were handed out too, and a
    // membership is none.
    *counts.updates_stored += read("matrix", "echoes").value_or(0);
    *counts.updates_stored -=
        std::min(*counts.updates_stored, read("matrix", "memberships").value_or(0));
  }
  counts.messages_sent = read("store", "messages_out");
  counts.unknown = read("store", "outbox_unknown");
  counts.dead = read("store", "outbox_dead");
  counts.queue_depth = read("outbox", "queued");
  counts.conversations_begun = read("conversations", "begun");
  counts.conversations_waited = read("conversations", "admitted_from_queue");
  counts.conversations_gave_up = read("conversations", "queue_timeouts");
  const auto* conversations = find_object(status, "conversations");
  const auto* refused = conversations ? find_object(*conversations, "refused") : nullptr;
  if (refused != nullptr) {
    for (const auto& [reason, n] : *refused) {
      const auto value = as_int(n);
      if (value && *value > 0) {
        counts.conversations_refused[reason] = static_cast<std::uint64_t>(*value);
      }
    }
  }
  return counts;
}

lab::TargetCounts fleet_counts(const FleetService::Figures& figures) {
  lab::TargetCounts counts;
  if (figures.store) {
    const auto messages = figures.store->inbox_total + figures.matrix_echoes;
    counts.updates_stored = messages - std::min(messages, figures.matrix_memberships);
    counts.messages_sent = figures.store->messages_out;
    counts.unknown = figures.store->outbox_unknown;
    counts.dead = figures.store->outbox_dead;
  }
  counts.queue_depth = figures.fleet.outbox_queued;
  const auto& talks = figures.fleet.conversation_counters;
  counts.conversations_begun = talks.begun;
  counts.conversations_waited = talks.admitted_from_queue;
  counts.conversations_gave_up = talks.queue_timeouts;
  for (std::size_t i = 0; i < policy::kRefusalReasons; ++i) {
    if (talks.refused[i] == 0) continue;
    const auto reason = policy::to_string(static_cast<policy::RefusalReason>(i));
    counts.conversations_refused[std::string(reason)] = talks.refused[i];
  }
  return counts;
}

}  // namespace chorus::app
