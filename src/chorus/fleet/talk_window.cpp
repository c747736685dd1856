#include "chorus/fleet/talk_window.hpp"

#include "chorus/metrics/turn_shares.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace chorus::fleet {

namespace {
constexpr Duration kWindow = std::chrono::hours(1);
constexpr std::size_t kMost = 2048;
}  // namespace

void TalkWindow::note(RoomId room, PlatformUserId speaker, BotId bot, bool from_bot, MonoTime at) {
  while (!lines_.empty() && (lines_.size() >= kMost || at - lines_.front().at > kWindow)) {
    lines_.pop_front();
  }
  lines_.push_back({at, room, speaker, bot, from_bot});
}

TalkWindow::Shape TalkWindow::shape(std::span<const BotId> bots, MonoTime now) const {
  std::map<BotId, double> said;
  for (const BotId bot : bots) said[bot] = 0;
  std::map<RoomId, std::vector<std::int64_t>> rooms;
  double all = 0;
  double of_bots = 0;
  for (const Line& line : lines_) {
    if (now - line.at > kWindow) continue;
    ++all;
    if (line.from_bot) ++of_bots;
    if (const auto ours = said.find(line.bot); ours != said.end()) ++ours->second;
    rooms[line.room].push_back(line.speaker.value);
  }
  Shape out;
  if (all > 0) out.bot_share = of_bots / all;
  std::vector<double> counts;
  for (const auto& [bot, n] : said) counts.push_back(n);
  out.speaking_gini = metrics::gini(counts);
  double turns = 0;
  double entropy = 0;
  for (const auto& [room, speakers] : rooms) {
    const auto value = metrics::turn_entropy(speakers);
    if (!value) continue;
    const auto n = static_cast<double>(speakers.size() - 1);
    turns += n;
    entropy += *value * n;
  }
  if (turns > 0) out.turn_entropy = entropy / turns;
  return out;
}

}  // namespace chorus::fleet
