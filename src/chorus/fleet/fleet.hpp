#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/random.hpp"
#include "chorus/fleet/cache.hpp"
#include "chorus/fleet/memory/memory_index.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/policy/priority_queue.hpp"
#include "chorus/policy/share_window.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chorus::fleet {

/// A bot to be added.
struct NewBot {
  std::string name;
  store::Platform platform = store::Platform::Telegram;
  Secret token;
  std::string
      persona;  ///< JSON (persona/persona.hpp), or the id of a shipped character; empty: `helper`
  std::string webhook_path;
  Secret webhook_secret;
  bool founding = false;  ///< kept unverified: the platform is asked before the first send only
  std::string extra;
  bool enabled = true;
};

/// What became of an imported persona.
struct ImportedPersona {
  store::PersonaRow stored;  ///< disabled, with findings and a rewrite, when the lint found any
  std::vector<std::string> notes;  ///< what of an older shape has no place here
};

/// A request to a generator as it would be made now.
struct PromptPreview {
  std::vector<ChatLine>
      lines;  ///< the random marks are those of this preview, the canary is hidden
  std::int32_t max_tokens = 0;
  double temperature = 0;
  Lane lane = Lane::Mention;
};

/// What an operator sees of one bot.
struct BotStatus {
  BotId id;
  std::string name;
  std::string username;
  store::BotState state = store::BotState::Unverified;
  std::string state_reason;
  std::string conflict;  ///< why updates do not come in (another poller); empty: none
  bool sandbox = false;
  bool disclosure = true;
  std::size_t queued = 0;     ///< in its outbox
  std::size_t in_flight = 0;  ///< sends under way
  std::optional<WallTime> frozen_until;
  policy::BreakerState breaker = policy::BreakerState::Closed;
};

/// A picture of the whole fleet at one moment: for `chorus status` and `/queue/stats`.
struct FleetStatus {
  bool running = false;
  bool paused = false;
  bool store_ok = true;
  std::vector<BotStatus> bots;  ///< in order of id
  std::size_t rooms = 0;
  std::size_t inbox_in_memory = 0;
  bool inbox_backlog = false;  ///< updates wait in the store because memory was full
  std::size_t turns_under_way = 0;
  std::size_t turns_waiting = 0;
  std::size_t outbox_queued = 0;
  std::size_t outbox_in_flight = 0;
  std::array<std::size_t, policy::kPriorities> outbox_by_class{};
  Duration oldest_queued{};
  std::uint64_t sent = 0, unknown = 0, dead = 0, cancelled = 0;  ///< since the start
  /// Of the last hour: decisions without and with an error (reason.hpp), sends that arrived and
  /// that did not.
  policy::ShareWindow::Tally ticks, sends;
  std::uint64_t limit_waits = 0;  ///< sends that had to wait for a limit or freeze
  std::uint64_t too_many_requests = 0;
  std::uint64_t recovered_unknown = 0;  ///< sends whose outcome the last stop left unknown
  policy::BreakerState host_breaker = policy::BreakerState::Closed;
  policy::ConversationStats conversations;
  policy::ConversationCounters conversation_counters;
  std::uint32_t conversation_limit = 0;
  std::vector<CacheStatus> caches;
};

/// Told when a bot begins or ceases to receive: the composition root starts and stops its poller or
/// webhook. Called on the loop, never from inside the constructor.
class BotWatcher {
 public:
  virtual ~BotWatcher() = default;
  /// `next_offset`: first update id that is not yet taken; 0 when nothing was ever taken.
  virtual void bot_started(const store::BotRow& bot, std::int64_t next_offset) = 0;
  virtual void bot_stopped(BotId bot) = 0;
};

/// One exchange of a bot with a person.
struct ConversationStatus {
  ConversationId id;
  BotId bot;
  std::string bot_name;
  RoomId room;
  PlatformUserId person;
  std::optional<PlatformMessageId> thread;
  policy::ConversationState state = policy::ConversationState::Queued;
  std::optional<std::uint32_t> position;  ///< Queued: 1 = next
  WallTime started_at{};
  WallTime last_activity_at{};
};

/// A fleet of persona bots on one platform: takes updates in durably, decides who speaks, writes
/// the answers and sends them within every limit.
///
/// The way of one message, one file each: inbox.cpp -> floor.cpp (room.cpp carries it) -> turn.cpp
/// (prompt.cpp, guard.cpp) -> outbox.cpp -> sender.cpp -> sender_settle.cpp.
///
/// One loop's thread. `start` first; `stop` before destruction (checked). Everything given by
/// reference outlives the fleet.
class Fleet final : public InboxPort {
 public:
  Fleet(rt::Loop& loop, store::Store& store, MessagingPort& platform, GeneratorPort& generator,
        metrics::Registry& metrics, FleetSettings settings, Rng rng);
  ~Fleet() override;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Loads everything from the store, recovers the outbox (what was being sent when the process
  /// died is unknown now), takes up undone updates, identifies the bots. Errors: those of the
  /// store; the fleet is then not started. A bot that cannot be identified does not fail the start.
  rt::Task<Result<void>> start();
  /// Takes nothing in any more, lets turns and due sends finish for at most `grace`, then cancels.
  /// What is left is in the store.
  rt::Task<void> stop(Duration grace);

  /// Set before `start`; nullptr: nobody. Must outlive the fleet's run.
  void set_watcher(BotWatcher* watcher);

  /// Set before `start`; nullptr: no news. Must outlive the fleet's run.
  void set_news(NewsPort* news);

  // InboxPort
  rt::Task<Result<void>> accept(BotId bot, std::vector<IncomingUpdate> updates,
                                std::optional<std::int64_t> next_offset) override;
  void report_unauthorized(BotId bot, std::string why) override;
  void report_conflict(BotId bot, std::string why) override;

  // Bots at run time. Errors: NotFound, Conflict (name or token in use), InvalidArgument (persona,
  // speed profile).
  rt::Task<Result<BotId>> add_bot(NewBot bot);
  rt::Task<Result<void>> remove_bot(BotId bot);
  rt::Task<Result<void>> set_bot_enabled(BotId bot, bool enabled);
  /// The name that operators use; what people read comes from the platform.
  rt::Task<Result<void>> rename_bot(BotId bot, std::string name);
  /// A new token ends `Unauthorized`.
  rt::Task<Result<void>> replace_token(BotId bot, Secret token);
  /// A document or the id of a shipped character; empty: `helper`. Refused with all its findings
  /// when it claims what no character may.
  rt::Task<Result<void>> set_persona(BotId bot, std::string persona);
  /// What the founding routes keep for a bot (BotRow::extra); its `speed_profile` counts at once.
  rt::Task<Result<void>> set_extra(BotId bot, std::string extra);
  /// Takes a document of any shape. With findings it is stored disabled, beside a proposed rewrite,
  /// and the bot goes on as before.
  rt::Task<Result<ImportedPersona>> import_persona(BotId bot, std::string document);
  /// The newest 100, oldest first. A bot that never was given one lives by `helper` and has none.
  rt::Task<Result<std::vector<store::PersonaRow>>> persona_versions(BotId bot);
  rt::Task<Result<store::PersonaRow>> persona_version(BotId bot, std::int32_t version);
  /// A new version equal to an old one; its number. Conflict: it is the current one.
  rt::Task<Result<std::int32_t>> rollback_persona(BotId bot, std::int32_t to);
  /// A new version from the rewrite of a disabled one. Conflict: it has none.
  rt::Task<Result<std::int32_t>> accept_rewrite(BotId bot, std::int32_t version);
  /// Asks the platform who the bot is, now. Errors: Unauthenticated, or the adapter's.
  rt::Task<Result<Identity>> verify_bot(BotId bot);

  // Rooms at run time. `ensure_room` answers the room that exists or the one it makes.
  rt::Task<Result<store::RoomRow>> ensure_room(store::RoomRow room);
  rt::Task<Result<void>> set_room_enabled(RoomId room, bool enabled);
  rt::Task<Result<void>> set_membership(RoomId room, BotId bot, bool member);
  /// The room's own list of permitted tools, from now on; nullopt: the fleet's counts again.
  /// NotFound, Misconfigured (a name that is none).
  rt::Task<Result<void>> set_room_tools(RoomId room, std::optional<std::vector<std::string>> tools);
  /// What is permitted in the room now. NotFound.
  [[nodiscard]] Result<std::vector<std::string>> tools_of(RoomId room) const;

  /// The messages that would be sent for the bot in that room: for an answer to `text` by somebody
  /// new, or with an empty text for what it would begin by itself. It changes nothing and calls no
  /// provider. NotFound; Unavailable: the room's past is being read, ask again.
  rt::Task<Result<PromptPreview>> preview_prompt(BotId bot, RoomId room, std::string text);

  // Memory. Errors: NotFound, those of the store.
  rt::Task<Result<std::vector<Memory>>> memories(BotId bot);
  /// Kind, text, and where and about whom it holds. InvalidArgument: the gate's reason.
  rt::Task<Result<Memory>> add_memory(BotId bot, Memory memory);
  rt::Task<Result<void>> remove_memory(BotId bot, MemoryId memory);
  /// What would come to the bot's mind in that room when that person said it, and why.
  rt::Task<Result<std::vector<Recalled>>> recall(BotId bot, MemoryViewer viewer, std::string text);

  // A person's data: in the store, and in every part that keeps some of it in memory.
  /// The same as their `/forget`; the number of stored rows that went.
  rt::Task<Result<std::uint64_t>> forget_person(PlatformUserId person);
  /// One JSON document.
  rt::Task<Result<std::string>> export_person(PlatformUserId person);

  /// Settings that take effect at once (settings_table.hpp) count from now; what else differs stays
  /// as it was at the start.
  void set_settings(const FleetSettings& settings);
  /// Pause: nothing is said and nothing leaves; updates are still taken in and not answered later.
  void pause();
  void resume();
  struct BreakerStatus {
    BotId bot;  ///< 0: the platform's host
    std::string name;
    policy::Breaker::Snapshot breaker;
  };
  /// The host's first, then in order of the bots' ids.
  [[nodiscard]] std::vector<BreakerStatus> breakers() const;
  /// An operator's act: closes the breaker of a bot, or of the host (0).
  void reset_breaker(BotId bot);

  /// The conversations with people that have not ended. In order of room, person, bot and begin.
  [[nodiscard]] std::vector<ConversationStatus> conversations() const;
  /// An operator's act: it ends now, or as soon as its work has stopped. NotFound.
  Result<void> end_conversation(ConversationId conversation);

  [[nodiscard]] FleetStatus status() const;
  /// `status().ticks` and `.sends` over the last `window` alone (at most an hour).
  struct Shares {
    policy::ShareWindow::Tally ticks, sends;
  };
  [[nodiscard]] Shares shares(Duration window) const;
  /// Copies, in order of id.
  [[nodiscard]] std::vector<store::BotRow> bots() const;
  [[nodiscard]] std::vector<store::RoomRow> rooms() const;
  [[nodiscard]] std::optional<store::BotRow> find_bot(BotId bot) const;
  [[nodiscard]] const FleetSettings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::fleet
