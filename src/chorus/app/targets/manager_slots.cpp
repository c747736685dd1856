#include "chorus/app/targets/manager_slots.hpp"

#include "chorus/app/settings_service.hpp"
#include "chorus/app/targets/fleet_values.hpp"

#include <fmt/format.h>

namespace chorus::app {

namespace {

/// What one `advance` of the manager may decide before others have their turn.
constexpr std::size_t kActions = 256;

}  // namespace

std::string ManagerSlots::describe() const {
  return "conversations (the fleet's conversation manager alone, in process)";
}

std::string ManagerSlots::limits() const {
  const auto& l = manager_.limits();
  return fmt::format("{} at once, {} of one person, {} may wait", l.global, l.per_user, l.queue);
}

ManagerSlots::Asked ManagerSlots::ask(ConversationId id, PersonId person, MonoTime now) {
  policy::ConversationRequest request;
  request.id = id;
  request.user = person;
  request.room = RoomId(1);
  const auto got = manager_.start(request, now);
  using Kind = policy::StartOutcome::Kind;
  switch (got.kind) {
    case Kind::Admitted:
      return {Answer::Admitted, {}};
    case Kind::Queued:
      return {Answer::Queued, {}};
    case Kind::Refused:
      break;
  }
  return {Answer::Refused, to_string(got.reason)};
}

bool ManagerSlots::touch(ConversationId id, MonoTime now) {
  return manager_.touch(id, now);
}

std::string_view ManagerSlots::end(ConversationId id, MonoTime now) {
  const auto ended = manager_.end(id, policy::EndStatus::Completed, now);
  return ended ? to_string(ended->status) : std::string_view{};
}

std::optional<MonoTime> ManagerSlots::next_due() const {
  return manager_.next_due();
}

void ManagerSlots::advance(MonoTime now, std::vector<Event>& out) {
  actions_.clear();
  manager_.advance(now, kActions, actions_);  // what is left over is due at once: next_due says so
  using Kind = policy::ConversationAction::Kind;
  for (const auto& action : actions_) {
    Event event{.kind = Event::Kind::Gone, .id = action.id, .status = to_string(action.why)};
    if (action.kind == Kind::AdmittedFromQueue) event.kind = Event::Kind::Admitted;
    if (action.kind == Kind::QueueTimeout || action.kind == Kind::QueueShutdown) {
      event.kind = Event::Kind::GaveUp;
    }
    if (action.kind == Kind::Cancel) event.kind = Event::Kind::Stop;
    out.push_back(event);
  }
}

std::map<std::string, std::uint64_t> ManagerSlots::counts() const {
  const auto& c = manager_.counters();
  const auto stats = manager_.stats();
  std::map<std::string, std::uint64_t> out{{"requests", c.requests},
                                           {"admitted at once", c.admitted_at_once},
                                           {"queued", c.queued},
                                           {"admitted from the queue", c.admitted_from_queue},
                                           {"waited in vain", c.queue_timeouts},
                                           {"begun", c.begun},
                                           {"live", stats.live},
                                           {"waiting", stats.queued}};
  for (std::size_t i = 0; i < policy::kRefusalReasons; ++i) {
    const auto reason = static_cast<policy::RefusalReason>(i);
    if (c.refused[i] > 0) out[fmt::format("refused: {}", to_string(reason))] = c.refused[i];
  }
  for (std::size_t i = 0; i < policy::kEndStatuses; ++i) {
    const auto status = static_cast<policy::EndStatus>(i);
    if (c.ended[i] > 0) out[fmt::format("ended: {}", to_string(status))] = c.ended[i];
  }
  return out;
}

Result<policy::ConversationLimits> conversation_limits(const lab::TargetSpec& spec) {
  GivenSettings given;
  given.given = fleet_values(spec);
  CH_TRY(const ServiceSettings settings, settings_at_start(given));
  return settings.fleet.conversations;
}

}  // namespace chorus::app
