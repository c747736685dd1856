#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/memory/memory_decay.hpp"
#include "chorus/fleet/memory/memory_gate.hpp"
#include "chorus/fleet/memory/memory_index.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::fleet::detail {

/// What the bots of a fleet remember: read from the store when a bot first needs it, recalled for
/// prompts, learned from what people said, written back in batches, tidied up in the background.
/// Bodies are plain only here, in memory. One thread.
class Memories {
 public:
  explicit Memories(Core& core);

  /// Returns when the bot's memories are in memory (true), or cannot be read now: the bot then
  /// speaks without them. A bot that has none yet gets those of its card.
  rt::Task<bool> ready(Bot* bot);
  /// Empty until `ready`.
  [[nodiscard]] std::vector<Recalled> recall(BotId bot, const MemoryViewer& viewer,
                                             std::string_view text) const;
  /// A prompt held them: those that were asked for grow stronger.
  void used(BotId bot, std::span<const Recalled> recalled);
  /// Takes from a person's line what the gate lets through. `since`: when the bot's turn began; a
  /// person who was forgotten meanwhile is not learned about.
  void learn(Bot& bot, RoomId room, const RoomLine& line, MonoTime since);
  /// A text that a generator wants kept about the person whose line it answers: only what that line
  /// says itself, and only what the gate lets through. Errors: InvalidArgument with the reason.
  Result<void> note(Bot& bot, RoomId room, const RoomLine& line, std::string_view text,
                    MonoTime since);
  /// One memory about the viewer, of what they may be shown. NotFound.
  Result<void> forget_one(BotId bot, const MemoryViewer& viewer, MemoryId id);
  /// Something an operator says. The reason for which it is not kept, as an error.
  Result<Memory> add_own(Bot& bot, Memory memory);
  Result<void> remove(BotId bot, MemoryId id);

  void forget(PlatformUserId person);
  [[nodiscard]] std::size_t count(PlatformUserId person) const;
  /// The bot is removed; its rows go with it.
  void drop(BotId bot);
  [[nodiscard]] std::vector<Memory> all(BotId bot) const;

  /// Writes what the store does not have yet. Errors of the store: it is kept for the next time.
  rt::Task<Result<void>> flush();
  static rt::Task<void> keep_writing(Memories* self);
  static rt::Task<void> keep_tidy(Memories* self);

 private:
  struct Mind {
    Mind(rt::Loop& loop, std::size_t most, Duration half_life)
        : index(most, half_life), changed(loop) {}
    MemoryIndex index;
    bool loaded = false;
    bool loading = false;
    rt::Notify changed;  ///< of `loading`
  };
  using Key = std::pair<BotId, MemoryId>;

  Mind& mind_of(BotId bot);
  [[nodiscard]] const Mind* loaded_mind(BotId bot) const;
  void fill(Mind& mind, Bot& bot, std::vector<store::MemoryRow> rows, MonoTime began);
  void seed(Mind& mind, Bot& bot);
  void tidy(BotId bot, Mind& mind);
  void keep(Mind& mind, Memory memory);
  void keep_candidate(Mind& mind, const Bot& bot, RoomId room, const RoomLine& line,
                      const MemoryCandidate& candidate);
  void lose(BotId bot, MemoryId id);
  void write_soon() { wake_.notify_one(); }
  [[nodiscard]] DecayRules decay_rules() const;
  [[nodiscard]] static std::string card_of(const Bot& bot);

  Core& core_;
  MemoryGate gate_;
  MemoryPace pace_;
  std::map<BotId, std::unique_ptr<Mind>> minds_;
  std::set<Key> unwritten_;
  std::set<MemoryId> gone_;  ///< not yet deleted in the store
  rt::Notify wake_;
};

}  // namespace chorus::fleet::detail
