#pragma once

#include "chorus/base/id_source.hpp"
#include "chorus/base/random.hpp"
#include "chorus/fleet/cache.hpp"
#include "chorus/fleet/detail/directory.hpp"
#include "chorus/fleet/detail/metrics.hpp"
#include "chorus/fleet/detail/personal_data.hpp"
#include "chorus/fleet/detail/talk_gauges.hpp"
#include "chorus/fleet/disclosure.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/fleet/push_watch.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/fleet/wish.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/store/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chorus::fleet::detail {

class Inbox;
class Rooms;
class Turns;
class Admission;
class Sender;
class Memories;
class Questions;
class Reminders;
class Toolbox;

/// A message as it came in, with everything that tells whom it is for.
struct Heard {
  InboxId inbox;
  BotId receiver;
  MonoTime received{};
  RoomLine line;
  std::vector<std::string> mentions;
  std::vector<PlatformUserId> mentioned_users;
  std::optional<PlatformUserId> reply_to_user;
  std::optional<std::string> command;
  std::string command_target;
  std::string username;
  std::string language;
  std::string answers;     ///< the question of ours that this person was asked; empty: none
  bool first_seen = true;  ///< no other bot of ours brought it before
};

/// Whom a `/stop` to `bot` stops: in a group without a target it is meant for all of ours (0).
inline BotId stop_target(const Room& room, const Heard& heard, BotId bot) {
  return room.is_private() || !heard.command_target.empty() ? bot : BotId{};
}

/// What the parts of a fleet share. The parts call each other through it; each owns what its name
/// says and nothing else writes there.
struct Core {
  rt::Loop& loop;
  store::Store& store;
  MessagingPort& platform;
  GeneratorPort& generator;
  FleetSettings settings;
  Metrics metrics;
  IdSource ids;
  Rng rng;
  rt::TaskScope scope;
  Directory directory;
  TalkWindow talk;
  TalkGauges talk_gauges;
  Guard guard;
  Disclosure disclosure;
  PushWatch pushes;
  HourlyCount unasked;  ///< of the whole fleet: messages that no person asked for
  WishBudget wishes;
  PersonalData personal;
  /// Emoji that a room allows for reactions; nullopt inside: all. Nothing: not known, so none.
  Cache<std::optional<std::vector<std::string>>> reactions;
  bool running = false;
  bool paused = false;
  bool stopping = false;
  bool store_ok = true;

  std::function<void(BotId)> bot_stopped;  ///< its updates are not wanted any more

  Inbox* inbox = nullptr;
  Rooms* rooms = nullptr;
  Turns* turns = nullptr;
  Admission* admission = nullptr;
  Sender* sender = nullptr;
  Memories* memories = nullptr;
  Reminders* reminders = nullptr;
  Toolbox* toolbox = nullptr;
  Questions* questions = nullptr;
  NewsPort* news = nullptr;  ///< nullptr: there are no feeds

  Core(rt::Loop& l, store::Store& s, MessagingPort& p, GeneratorPort& g,
       metrics::Registry& registry, FleetSettings fleet_settings, Rng r)
      : loop(l),
        store(s),
        platform(p),
        generator(g),
        settings(std::move(fleet_settings)),
        metrics(registry, l),
        ids(l, r.fork("ids")),
        rng(r.fork("decisions")),
        scope(l),
        talk_gauges(registry, talk, directory, l),
        wishes({settings.inner_per_message, settings.inner_cost_per_hour,
                settings.inner_cost_per_day}),
        personal(l, s),
        reactions(l, registry,
                  cache_options(settings.caches, {.name = "reactions",
                                                  .ttl = std::chrono::hours(1),
                                                  .negative_ttl = std::chrono::minutes(1),
                                                  .load_timeout = settings.send_timeout})) {}

  [[nodiscard]] MonoTime now() const { return loop.now(); }
  /// Notes whether the store can be used: only its absence counts, not what it says about one row.
  template <class T>
  void note_store(const Result<T>& answer) {
    store_ok = answer.has_value() || !is_retryable(answer.error().code);
  }
  /// A stored time as one of this loop; the past becomes now.
  [[nodiscard]] MonoTime mono(WallTime t) const {
    const auto left = t - loop.wall_now();
    return loop.now() + std::max(Duration(left), Duration::zero());
  }
  [[nodiscard]] WallTime wall(MonoTime t) const {
    return loop.wall_now() + std::chrono::duration_cast<std::chrono::microseconds>(t - loop.now());
  }
};

}  // namespace chorus::fleet::detail
