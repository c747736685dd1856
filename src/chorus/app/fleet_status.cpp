#include "chorus/app/fleet_status.hpp"

#include "chorus/base/time.hpp"

namespace chorus::app {

std::string_view state_name(store::BotState state) {
  switch (state) {
    case store::BotState::Unverified:
      return "unverified";
    case store::BotState::Active:
      return "active";
    case store::BotState::Disabled:
      return "disabled";
    case store::BotState::Unauthorized:
      return "unauthorized";
  }
  return "unverified";
}

void add_fleet_status(json::object& out, const fleet::FleetStatus& s) {
  out["running"] = s.running;
  out["paused"] = s.paused;
  out["store_ok"] = s.store_ok;
  out["rooms"] = s.rooms;
  json::array bots;
  for (const auto& bot : s.bots) {
    bots.push_back(
        json::object{{"id", bot.id.value},
                     {"name", bot.name},
                     {"username", bot.username},
                     {"state", state_name(bot.state)},
                     {"state_reason", bot.state_reason},
                     {"conflict", bot.conflict},
                     {"queued", bot.queued},
                     {"in_flight", bot.in_flight},
                     {"frozen_until", bot.frozen_until ? json::value(to_iso8601(*bot.frozen_until))
                                                       : json::value(nullptr)},
                     {"breaker", policy::to_string(bot.breaker)},
                     {"sandbox", bot.sandbox},
                     {"disclosure", bot.disclosure}});
  }
  out["bots"] = std::move(bots);
  out["outbox"] = json::object{{"queued", s.outbox_queued},
                               {"in_flight", s.outbox_in_flight},
                               {"oldest_s", to_seconds(s.oldest_queued)},
                               {"sent", s.sent},
                               {"unknown", s.unknown},
                               {"dead", s.dead},
                               {"cancelled", s.cancelled},
                               {"limit_waits", s.limit_waits},
                               {"recovered_unknown", s.recovered_unknown}};
  out["inbox"] = json::object{{"in_memory", s.inbox_in_memory}, {"backlog", s.inbox_backlog}};
  out["turns"] = json::object{{"under_way", s.turns_under_way}, {"waiting", s.turns_waiting}};
  const auto& talks = s.conversation_counters;
  json::object refused;
  for (std::size_t i = 0; i < policy::kRefusalReasons; ++i) {
    refused[policy::to_string(static_cast<policy::RefusalReason>(i))] = talks.refused[i];
  }
  out["conversations"] = json::object{{"live", s.conversations.live},
                                      {"queued", s.conversations.queued},
                                      {"most", s.conversation_limit},
                                      {"waiting", s.conversations.waiting_for_user},
                                      {"begun", talks.begun},
                                      {"admitted_at_once", talks.admitted_at_once},
                                      {"admitted_from_queue", talks.admitted_from_queue},
                                      {"queue_timeouts", talks.queue_timeouts},
                                      {"refused", std::move(refused)}};
  const auto share = [](const policy::ShareWindow::Tally& tally) {
    return json::object{
        {"ok", tally.good},
        {"error", tally.bad},
        {"success", tally.all() == 0 ? json::value(nullptr) : json::value(1 - tally.bad_share())}};
  };
  out["last_hour"] = json::object{{"ticks", share(s.ticks)}, {"sends", share(s.sends)}};
  out["too_many_requests"] = s.too_many_requests;
  out["host_breaker"] = policy::to_string(s.host_breaker);
}

json::object counts_json(const store::Counts& counts) {
  return {{"inbox_total", counts.inbox_total},   {"inbox_new", counts.inbox_new},
          {"messages_in", counts.messages_in},   {"messages_out", counts.messages_out},
          {"outbox_ready", counts.outbox_ready}, {"outbox_sending", counts.outbox_sending},
          {"outbox_sent", counts.outbox_sent},   {"outbox_unknown", counts.outbox_unknown},
          {"outbox_dead", counts.outbox_dead},   {"turns", counts.turns}};
}

}  // namespace chorus::app
