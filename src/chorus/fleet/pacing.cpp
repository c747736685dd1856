#include "chorus/fleet/pacing.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

/// Around what reading, thinking and typing would take, drawn in towards the bounds. At 45 words a
/// minute a line of 50 letters takes longer than the upper bound already: cut there, nearly every
/// answer would take exactly as long as the last one. So the middle approaches the bound without
/// reaching it, and varies as people's answer times do (lognormal); what falls outside is drawn
/// anew.
double humanly(double plain, double shortest, double longest, Rng& rng) {
  constexpr double kSpread = 0.35;
  constexpr int kDraws = 8;
  const double middle = plain / (1 + plain / longest);
  if (middle <= shortest) return shortest;
  for (int i = 0; i < kDraws; ++i) {
    const double drawn = rng.lognormal(middle, kSpread);
    if (drawn >= shortest && drawn <= longest) return drawn;
  }
  return std::clamp(middle, shortest, longest);
}

}  // namespace

Duration pacing_delay(Pacing pacing, const PacedMessage& message, const PersonaPacing& character,
                      const SpeedProfile& speed, Rng& rng) {
  switch (pacing) {
    case Pacing::None:
      return {};
    case Pacing::Fast:
      return from_seconds(rng.uniform(0.05, 0.25));
    case Pacing::Human:
      break;
  }
  constexpr double kLettersPerWord = 5;
  const double typing_wpm = speed.words_per_minute.value_or(character.typing_wpm);
  const double type =
      static_cast<double>(message.answer_length) / kLettersPerWord / typing_wpm * 60;
  if (message.unasked && speed.base_delay) {
    const double mean = to_seconds(*speed.base_delay) * speed.delay_multiplier;
    const double pause = rng.exponential(mean) * rng.uniform(speed.jitter_min, speed.jitter_max);
    return from_seconds(
        std::clamp(pause, to_seconds(speed.min_delay), to_seconds(speed.max_delay)) +
        std::min(type, to_seconds(kLongestTyping)));
  }
  const double read = static_cast<double>(message.trigger_length) / kLettersPerWord / 250 * 60;
  const double think = character.thinking_seconds * speed.delay_multiplier;
  return from_seconds(message.private_chat ? humanly(read + think + type, 0.3, 3.0, rng)
                                           : humanly(read + think + type, 0.8, 12.0, rng));
}

}  // namespace chorus::fleet
