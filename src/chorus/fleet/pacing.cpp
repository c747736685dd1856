#include "chorus/fleet/pacing.hpp"

#include <algorithm>

namespace chorus::fleet {

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
  const double median = character.thinking_seconds;
  const double think = median > 0 ? rng.lognormal(median, 0.5) * speed.delay_multiplier : 0;
  const double total = read + think + type;
  return from_seconds(message.private_chat ? std::clamp(total, 0.3, 3.0)
                                           : std::clamp(total, 0.8, 12.0));
}

}  // namespace chorus::fleet
