#pragma once

#include "chorus/fleet/memory/memory.hpp"
#include "chorus/fleet/phrases.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::fleet {

/// Why something is not kept. A closed list: metric labels and operators read these.
enum class MemoryRefusal : std::uint8_t {
  NotAPerson,       ///< a bot said it
  Quoted,           ///< somebody else's words
  TooShort,
  TooLong,
  Disguised,        ///< hidden characters, mixed alphabets, spaced letters, markup
  Instruction,      ///< tells the bot what to do
  Secret,           ///< password, key, card or account number
  Contact,          ///< how to reach somebody: number, address, link, account
  Sensitive,        ///< health, faith, politics, origin, sexuality
  ThirdPerson,      ///< a claim about somebody else
  UnknownLanguage,  ///< in letters whose orders the rules would not know
  RestatesPersona,  ///< the card says it already
  TooMany,          ///< this person had enough kept in the last hour
};
inline constexpr std::size_t kMemoryRefusals =
    static_cast<std::size_t>(MemoryRefusal::TooMany) + 1;
std::string_view to_string(MemoryRefusal refusal) noexcept;

/// Something that might be kept, as the extraction or an operator words it.
struct MemoryCandidate {
  MemoryKind kind = MemoryKind::PersonalFact;
  std::string text;   ///< as it would be kept
  std::string value;  ///< the part that is the person's own words
  double confidence = 0.8;
  std::optional<Duration> keeps;  ///< until it expires; nullopt: does not
};

/// Decides what may be written into a memory. It rather keeps nothing than the wrong thing: a
/// refused fact costs an answer that could have been warmer, a kept instruction speaks in every
/// later prompt. Immutable; some 5 us per line.
/// Source: reference/practice.md 3.6 (memory writes).
class MemoryGate {
 public:
  MemoryGate();

  /// The whole line that a candidate was found in: one bad sentence spoils all of it.
  [[nodiscard]] std::optional<MemoryRefusal> check_line(std::string_view line, bool from_bot) const;
  /// One candidate of a line that passed.
  [[nodiscard]] std::optional<MemoryRefusal> check(const MemoryCandidate& candidate) const;
  /// What an operator or a card wants kept about the bot itself. `card`: what every prompt says
  /// about the character anyway.
  [[nodiscard]] std::optional<MemoryRefusal> check_own(std::string_view text,
                                                       std::string_view card) const;

 private:
  [[nodiscard]] std::optional<MemoryRefusal> check_content(std::string_view text) const;
  PhraseMatcher phrases_;
};

/// How much one person may have kept: `per_hour` in any hour. Bounded: the persons of the last
/// hour, at most 10,000.
class MemoryPace {
 public:
  explicit MemoryPace(std::size_t per_hour) : per_hour_(per_hour) {}
  /// Counts it when it may be.
  bool allow(PlatformUserId person, MonoTime now);
  void forget(PlatformUserId person) { kept_.erase(person); }

 private:
  std::size_t per_hour_;
  std::map<PlatformUserId, std::deque<MonoTime>> kept_;
};

}  // namespace chorus::fleet
