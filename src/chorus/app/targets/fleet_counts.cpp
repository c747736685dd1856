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
  return counts;
}

}  // namespace chorus::app
