#include "chorus/fleet/push_watch.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::fleet {

double direction_entropy(std::size_t a, std::size_t b) {
  if (a == 0 || b == 0) return 0;
  const double p = static_cast<double>(a) / static_cast<double>(a + b);
  return -(p * std::log2(p) + (1 - p) * std::log2(1 - p));
}

/// With this push the room of opinions about the instrument would have one side only.
bool PushWatch::is_one_sided(const Guard::Push& push) const {
  constexpr std::size_t kEnoughToTell = 4;
  constexpr double kLeastEntropy = 0.5;
  std::size_t same = 1;
  std::size_t other = 0;
  for (const Seen& s : seen_) {
    if (s.asset == push.asset) ++(s.direction == push.direction ? same : other);
  }
  return same > other && same + other > kEnoughToTell &&
         direction_entropy(same, other) < kLeastEntropy;
}

bool PushWatch::allow(BotId bot, const Guard::Push& push, MonoTime now) {
  constexpr std::size_t kMostBots = 2;
  constexpr std::size_t kMostRemembered = 1000;
  std::erase_if(seen_, [&](const Seen& s) { return now - s.at >= std::chrono::hours(1); });
  std::vector<BotId> others;
  for (const Seen& s : seen_) {
    if (s.asset == push.asset && s.direction == push.direction && s.bot != bot &&
        std::find(others.begin(), others.end(), s.bot) == others.end()) {
      others.push_back(s.bot);
    }
  }
  if (others.size() >= kMostBots || is_one_sided(push)) return false;
  if (seen_.size() >= kMostRemembered) seen_.erase(seen_.begin());
  seen_.push_back({bot, push.asset, push.direction, now});
  return true;
}

}  // namespace chorus::fleet
