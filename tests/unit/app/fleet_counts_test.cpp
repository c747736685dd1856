#include "chorus/app/targets/fleet_counts.hpp"

#include "chorus/app/fleet_status.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace chorus::app {
namespace {

auto all(const lab::TargetCounts& c) {
  return std::tie(c.updates_stored, c.messages_sent, c.unknown, c.dead, c.queue_depth,
                  c.conversations_begun, c.conversations_waited, c.conversations_gave_up,
                  c.conversations_refused);
}

TEST(FleetCounts, AreTheSameInThisProcessAndOutOfTheStatus) {
  FleetService::Figures figures;
  auto& rows = figures.store.emplace();
  rows.inbox_total = 100;
  rows.messages_out = 40;
  rows.outbox_unknown = 3;
  rows.outbox_dead = 2;
  figures.matrix_echoes = 7;
  figures.matrix_memberships = 5;
  figures.fleet.outbox_queued = 11;
  auto& talks = figures.fleet.conversation_counters;
  talks.begun = 30;
  talks.admitted_from_queue = 4;
  talks.queue_timeouts = 1;
  talks.refused[0] = 6;

  json::object status;
  add_fleet_status(status, figures.fleet);
  status["store"] = counts_json(rows);
  status["matrix"] = json::object{{"echoes", 7}, {"memberships", 5}};
  const auto direct = fleet_counts(figures);
  EXPECT_EQ(all(direct), all(fleet_counts(status)));
  EXPECT_EQ(direct.updates_stored, 102U);
  EXPECT_EQ(direct.conversations_refused.size(), 1U);

  figures.store.reset();
  status.erase("store");
  EXPECT_EQ(all(fleet_counts(figures)), all(fleet_counts(status)));
}

}  // namespace
}  // namespace chorus::app
