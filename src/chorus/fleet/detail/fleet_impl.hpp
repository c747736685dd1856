#pragma once

#include "chorus/fleet/admission.hpp"
#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/detail/memories.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/fleet/inbox.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/tools/questions.hpp"
#include "chorus/fleet/tools/reminders.hpp"
#include "chorus/fleet/tools/toolbox.hpp"
#include "chorus/fleet/turn.hpp"

namespace chorus::fleet {

/// The parts of a fleet and how they hang together.
struct Fleet::Impl {
  Impl(rt::Loop& loop, store::Store& store, MessagingPort& platform, GeneratorPort& generator,
       metrics::Registry& registry, FleetSettings settings, Rng rng);

  /// Identifies one bot and makes it receive; publishes its profile.
  static rt::Task<void> activate(Impl* self, detail::Bot* bot);
  rt::Task<Result<Identity>> identify(detail::Bot* bot);
  void started(detail::Bot& bot);
  void stopped(BotId bot);
  rt::Task<Result<void>> load();
  rt::Task<Result<std::int32_t>> take_persona(BotId id, store::PersonaRow row);
  /// Names every part that keeps something of a person in memory.
  void register_places();

  detail::Core core;
  detail::Inbox inbox;
  detail::Rooms rooms;
  detail::Turns turns;
  detail::Admission admission;
  detail::Sender sender;
  detail::Memories memories;
  detail::Reminders reminders;
  detail::Toolbox toolbox;
  detail::Questions questions;
  BotWatcher* watcher = nullptr;
  std::unordered_set<BotId> receiving;
  bool closed = false;
};

}  // namespace chorus::fleet
