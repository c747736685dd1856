#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/store/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What a memory is about: the five founding types, and what a person asked to keep.
enum class MemoryKind : std::uint8_t {
  PersonalFact,
  PastEvent,
  Relationship,
  Preference,
  Routine,
  UserNote,
};
inline constexpr std::size_t kMemoryKinds = static_cast<std::size_t>(MemoryKind::UserNote) + 1;
std::string_view to_string(MemoryKind kind) noexcept;
std::optional<MemoryKind> memory_kind_of(std::string_view name) noexcept;

/// Where a memory comes from.
enum class MemorySource : std::uint8_t {
  Said,     ///< by the person it is about, in a line of the room log
  Persona,  ///< the bot's own card
  Operator,
};
std::string_view to_string(MemorySource source) noexcept;
std::optional<MemorySource> memory_source_of(std::string_view name) noexcept;

/// What there can only be one of per person: a new statement takes the place of the old one.
enum class MemorySlot : std::uint8_t { None, Name, Home, Job, Birthday };

inline constexpr std::size_t kLongestMemory = 240;  ///< code points
inline constexpr std::size_t kMemoriesPerBot = 500;
inline constexpr std::size_t kMemoriesPerPerson = 50;

/// One thing that one bot keeps in mind. It is shown only in `room` (when set) and only while the
/// bot speaks with `person` (when set): what somebody says in private never reaches a group, and
/// what is known about one person never reaches another one's prompt.
struct Memory {
  MemoryId id;
  BotId bot;
  RoomId room;            ///< 0: everywhere
  PlatformUserId person;  ///< 0: about the bot itself
  MemoryKind kind = MemoryKind::PersonalFact;
  std::string text;  ///< one line, at most kLongestMemory code points
  MemorySource source = MemorySource::Said;
  MessageRowId message;   ///< the line in which it was said; 0: none
  double confidence = 1;  ///< in (0,1]
  double strength = 1;    ///< in (0,1], as of `last_used`; `strength_at` says what is left
  std::int64_t uses = 0;  ///< how often a prompt held it because of what was said
  WallTime created{};     ///< when it was last stated
  WallTime last_used{};
  std::optional<WallTime> expires;

  friend bool operator==(const Memory&, const Memory&) = default;
};

/// A row of an unknown kind or source (a newer program's) gives nullopt.
std::optional<Memory> memory_of(const store::MemoryRow& row);
store::MemoryRow row_of(const Memory& memory);

/// The slot that a text fills, read from its first words (`lives in ...`).
MemorySlot slot_of(const Memory& memory);

/// Content words as hashes, sorted, each once: folded, without stop words, cut to their first five
/// letters so that inflected forms meet (`kahveyi`, `kahve`). With the words that people use to
/// ask for such a text (`name` for `is called ...`) when `memory` is one.
std::vector<std::uint64_t> memory_terms(std::string_view text);
std::vector<std::uint64_t> memory_terms(const Memory& memory);
/// Share of terms that two sets have in common, in [0,1].
double term_overlap(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b);

/// What is left of a memory's strength: half of it goes in each `half_life` without use. Cards and
/// operators do not fade.
double strength_at(const Memory& memory, WallTime now, Duration half_life);

}  // namespace chorus::fleet
