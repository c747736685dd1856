#pragma once

#include "chorus/fleet/instruments.hpp"
#include "chorus/fleet/phrases.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What the second voice of the guard hears of a text.
struct VoiceInput {
  std::span<const std::string_view> words;  ///< folded and unmasked
  std::span<const Break> breaks;            ///< of the same length
  std::span<const Instruments::Mention> instruments;
  std::span<const PhraseMatcher::Span> classes;  ///< words of one meaning (guard_classes.hpp)
  std::uint64_t signs = 0;                       ///< of all sentences (guard_lexicon.hpp)
  bool market = false;  ///< one of them talks about something that is traded
};

/// What in a text speaks for its being about money: the less, the surer the voice must be.
enum class Evidence : std::uint8_t {
  None,
  Money,   ///< savings, a profit, or an order, a chart, which other things have too
  Market,  ///< an instrument, or what is traded
};
Evidence evidence_of(const VoiceInput& input);

inline constexpr std::size_t kVoiceBins = std::size_t{1} << 18;
/// A weight is written as one character: this one is 0, each further one a step of log odds.
inline constexpr char kVoiceZero = 'P';
inline constexpr float kVoiceStep = 0.05F;
inline constexpr int kVoiceSteps = 45;  ///< at most, up or down

/// Bins (below `kVoiceBins`) of a text's features: its words, their beginnings, endings and each four
/// letters, neighbours, the meanings of its words, which of them come together and what stands
/// beside them, and the signs of the rules; much of it apart for texts about markets. Instruments
/// and numbers count as one word each, so that nothing is learnt about one of them. Cost about 4 us
/// for 20 words.
std::vector<std::uint32_t> voice_features(const VoiceInput& input);

/// A logistic model over these features: how much a text is like the breaches A, B, D and F of the
/// labelled lines. Its weights are trained by tools/guard/train.cpp and embedded; it never changes
/// at run time. Immutable.
class GuardVoice {
 public:
  GuardVoice();
  /// Log odds of a breach; 0 is undecided.
  [[nodiscard]] float hear(std::span<const std::uint32_t> bins) const;

 private:
  std::vector<std::int8_t> weights_;  ///< by bin
};

}  // namespace chorus::fleet
