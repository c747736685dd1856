#pragma once

#include "chorus/fleet/memory/memory.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::fleet {

/// In whose presence a bot thinks of something.
struct MemoryViewer {
  RoomId room;
  PlatformUserId person;  ///< 0: nobody in particular (talk that nobody asked for)
};

/// A memory that came to mind, and why.
struct Recalled {
  Memory memory;
  double score = 0;      ///< relevance, recency and strength together, in [0,1]
  double relevance = 0;  ///< BM25 over what this viewer may be shown, against the best of them
  double recency = 0;    ///< 1 when just said, halved each half-life
  double strength = 0;   ///< what is left of it
  std::vector<std::string> terms;  ///< folded words of the question that it has; may be none
};

struct RecallRules {
  Duration half_life = std::chrono::hours(24 * 30);
  std::size_t most = 8;           ///< memories per prompt
  std::size_t most_per_kind = 3;  ///< user notes are not counted
  /// Of the person's own memories, how many may come without any word in common. Only those with
  /// one are used: what is never asked for fades.
  std::size_t unasked = 3;
};

/// Everything that one bot remembers, in memory, because bodies are sealed at rest and no database
/// can index them. Bounded: `most` per bot and kMemoriesPerPerson per person; what comes beyond it
/// pushes out the weakest. Pure, one thread. A recall looks at the viewer's own memories and the
/// bot's: at most 550, some 10 us for 60.
class MemoryIndex {
 public:
  explicit MemoryIndex(std::size_t most = kMemoriesPerBot,
                       Duration half_life = RecallRules{}.half_life);

  /// Adds or replaces by id. The ids that had to go for it: possibly its own, when everything else
  /// is stronger.
  std::vector<MemoryId> put(Memory memory, WallTime now);
  bool remove(MemoryId id);
  /// Removes what is about the person; what was removed.
  std::vector<MemoryId> erase(PlatformUserId person);

  [[nodiscard]] const Memory* find(MemoryId id) const;
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  /// Copies in order of id.
  [[nodiscard]] std::vector<Memory> all() const;
  /// What is kept for exactly this room and person.
  [[nodiscard]] std::vector<const Memory*> of(const MemoryViewer& scope) const;

  /// Best first. Expired memories never come. `text` is what was said last.
  [[nodiscard]] std::vector<Recalled> recall(std::string_view text, const MemoryViewer& viewer,
                                             const RecallRules& rules, WallTime now) const;

 private:
  struct Item {
    Memory memory;
    std::vector<std::uint64_t> terms;
  };
  std::vector<MemoryId> make_room(PlatformUserId person, WallTime now);
  [[nodiscard]] std::optional<MemoryId> weakest(std::optional<PlatformUserId> person,
                                                WallTime now) const;
  void collect(PlatformUserId person, RoomId room, WallTime now,
               std::vector<const Item*>& out) const;

  std::size_t most_;
  Duration half_life_;
  std::map<MemoryId, Item> items_;
  std::map<PlatformUserId, std::set<MemoryId>> by_person_;
};

}  // namespace chorus::fleet
