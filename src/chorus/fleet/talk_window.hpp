#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <span>

namespace chorus::fleet {

/// How the groups of a fleet have lately conversed, from who spoke when alone: at most the last
/// hour and the last 2 048 lines of all groups together. Pure; one thread.
class TalkWindow {
 public:
  /// `bot`: the speaker when it is ours.
  void note(RoomId room, PlatformUserId speaker, BotId bot, bool from_bot, MonoTime at);

  /// nullopt: too little was said.
  struct Shape {
    std::optional<double> speaking_gini;  ///< of our bots' lines; who is silent counts
    std::optional<double> bot_share;      ///< bots' lines of all, ours or not
    std::optional<double> turn_entropy;   ///< metrics::turn_entropy, mean of the groups by turns
  };
  /// `bots`: who of ours could have spoken. O(n log n).
  [[nodiscard]] Shape shape(std::span<const BotId> bots, MonoTime now) const;

 private:
  struct Line {
    MonoTime at;
    RoomId room;
    PlatformUserId speaker;
    BotId bot;
    bool from_bot;
  };
  std::deque<Line> lines_;
};

}  // namespace chorus::fleet
