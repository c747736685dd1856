#include "chorus/fleet/pacing.hpp"

#include <algorithm>

namespace chorus::fleet {

Duration pacing_delay(Pacing pacing, bool private_chat, std::size_t trigger_length,
                      std::size_t answer_length, Rng& rng, const PersonaPacing& own) {
  switch (pacing) {
    case Pacing::None:
      return {};
    case Pacing::Fast:
      return from_seconds(rng.uniform(0.05, 0.25));
    case Pacing::Human:
      break;
  }
  constexpr double kLettersPerWord = 5;
  const double read = static_cast<double>(trigger_length) / kLettersPerWord / 250 * 60;
  const double type = static_cast<double>(answer_length) / kLettersPerWord / own.typing_wpm * 60;
  const double think = own.thinking_seconds > 0 ? rng.lognormal(own.thinking_seconds, 0.5) : 0;
  const double total = read + think + type;
  return from_seconds(private_chat ? std::clamp(total, 0.3, 3.0) : std::clamp(total, 0.8, 12.0));
}

}  // namespace chorus::fleet
