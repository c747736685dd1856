#pragma once

#include "chorus/fleet/guard_voice.hpp"
#include "chorus/fleet/instruments.hpp"
#include "chorus/fleet/phrases.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What an outgoing text must not be. Source: reference/practice.md 3.5, classes A-G; HumanClaim
/// and Leak are ours.
enum class GuardClass : std::uint8_t {
  Clean,
  Recommendation,   ///< A: a personal recommendation to buy, sell or hold
  Promise,          ///< B: a promised or guaranteed result
  FabricatedFact,   ///< C: a number about a real instrument that the context does not hold
  TrackRecord,      ///< D: an own position or past trades in a real instrument
  CoordinatedPush,  ///< E: too many of our bots push one instrument in one direction
  Pump,             ///< F: pump words and urgency
  Contact,          ///< G: links, contacts, payment details
  HumanClaim,       ///< it says that it is human or no bot
  Leak,             ///< it repeats the request's delimiter or canary
};
inline constexpr std::size_t kGuardClasses = static_cast<std::size_t>(GuardClass::Leak) + 1;
/// `clean`, `recommendation`, ...
std::string_view to_string(GuardClass found) noexcept;

struct GuardVerdict {
  GuardClass found = GuardClass::Clean;
  [[nodiscard]] bool blocked() const { return found != GuardClass::Clean; }
};

/// Checks outgoing texts, last of all steps: whatever was done to a text before, this sees what
/// would leave. Immutable; one per fleet. Cost about 17 us for a line of 12 words.
class Guard {
 public:
  Guard();

  struct Input {
    std::string_view text;
    /// Texts that numbers may come from: the history and feeds given to the prompt, oldest first.
    /// They also tell whether the room talks about markets: an advice or a deed that names nothing
    /// ("I'd get out now") is one of finance only there.
    std::span<const std::string_view> sources;
    /// Strings of the request that must not come back (delimiter, canary).
    std::span<const std::string> secrets;
    /// Hosts that a link may lead to, lower case.
    std::span<const std::string> allowed_hosts;
  };
  [[nodiscard]] GuardVerdict check(const Input& input) const;

  /// It talks about something that is traded: the place for the disclaimer of finance topics.
  [[nodiscard]] bool is_about_markets(std::string_view text) const;

  /// Instrument and direction (+1, -1) that a text pushes; nullopt when it pushes none.
  struct Push {
    std::string asset;
    int direction = 0;
  };
  [[nodiscard]] std::optional<Push> push_of(std::string_view text) const;

  /// What the rules alone say of a text and what the second voice hears of it (guard_voice.hpp):
  /// for the program that trains the voice.
  struct Heard {
    GuardClass rules = GuardClass::Clean;
    bool warning = false;  ///< it warns of what others do
    Evidence evidence = Evidence::None;
    std::vector<std::uint32_t> bins;
  };
  [[nodiscard]] Heard hear(std::string_view text) const;

  struct Sentence;  ///< guard.cpp

 private:
  struct Reading;
  [[nodiscard]] Reading read(const Words& words, std::string_view text,
                             std::vector<Sentence>& sentences) const;
  [[nodiscard]] bool is_market_room(std::span<const std::string_view> sources) const;
  [[nodiscard]] bool facts_are_sourced(const Words& words, std::span<const Sentence> sentences,
                                       std::span<const std::string_view> sources) const;

  Instruments instruments_;
  PhraseMatcher phrases_;
  PhraseMatcher classes_;
  GuardVoice voice_;
};

/// What both voices say together: what the rules found, unless the second voice is against it, or
/// nothing, unless that one is sure. How sure depends on what speaks for a market: words of the text
/// itself, or that the room talks about one. `odds` as GuardVoice gives them.
[[nodiscard]] bool is_stopped(const Guard::Heard& heard, float odds, bool market_room);

}  // namespace chorus::fleet
