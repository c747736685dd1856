#include "chorus/fleet/room_log.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using fleet::RoomLine;
using fleet::RoomLog;

constexpr std::size_t kMost = 512;

/// What the log says of its lines, found by looking at each of them.
RoomLog::Facts facts_of(const std::vector<RoomLine>& lines, MonoTime now) {
  RoomLog::Facts facts;
  std::uint32_t seen = 0, bots = 0;
  bool same = true;
  for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
    if (!it->from_bot) break;
    ++facts.bot_turns;
  }
  const std::size_t count = std::min(lines.size(), kMost);
  for (auto it = lines.rbegin(); it != lines.rbegin() + static_cast<std::ptrdiff_t>(count); ++it) {
    const Duration age = now - it->at;
    if (age > 1h) break;
    ++facts.utterances_last_hour;
    if (seen < 20) {
      ++seen;
      bots += it->from_bot ? 1 : 0;
    }
    if (!facts.silence) {
      facts.silence = age;
      facts.last_line_is_bots = static_cast<bool>(it->bot);
    }
    same = same && it->author == lines.back().author;
    if (same) ++facts.run;
    if (it->from_bot && !facts.since_bot) facts.since_bot = age;
    if (!it->from_bot && age <= 60s) ++facts.people_per_minute;
    if (it->bot && !facts.last_bot) facts.last_bot = it->bot;
  }
  facts.bot_share = seen == 0 ? 0 : static_cast<double>(bots) / seen;
  return facts;
}

TEST(RoomLogProperty, TheFactsAreThoseOfTheLines) {
  const bool ok = rc::check("facts", [] {
    RoomLog log(5, 0, true);
    std::vector<RoomLine> lines;
    MonoTime now{};
    const int count = *rc::gen::element(3, 40, 700);
    // In some rooms lines come so fast that the oldest leave by their number, in others by time.
    const int longest = *rc::gen::element(2, 30, 900);
    for (int i = 1; i <= count; ++i) {
      now += std::chrono::seconds(*rc::gen::inRange(0, longest));
      RoomLine line;
      line.message = PlatformMessageId(i);
      const int who = *rc::gen::weightedElement<int>({{6, 0}, {3, 1}, {1, 2}, {1, 3}, {1, 4}});
      line.author = PlatformUserId(100 + who);
      line.bot = BotId(who >= 3 ? who : 0);
      line.from_bot = who >= 2;
      line.at = now;
      log.add(line);
      lines.push_back(line);
    }
    now += std::chrono::seconds(*rc::gen::element(0, 30, 60, 61, 3600, 3601));
    const auto is = log.facts(now);
    const auto should = facts_of(lines, now);
    RC_ASSERT(is.people_per_minute == should.people_per_minute);
    RC_ASSERT(is.bot_turns == should.bot_turns);
    RC_ASSERT(is.bot_share == should.bot_share);
    RC_ASSERT(is.since_bot == should.since_bot);
    RC_ASSERT(is.silence == should.silence);
    RC_ASSERT(is.last_bot == should.last_bot);
    RC_ASSERT(is.last_line_is_bots == should.last_line_is_bots);
    RC_ASSERT(is.run == should.run);
    RC_ASSERT(is.utterances_last_hour == should.utterances_last_hour);
    const auto bot = BotId(3);
    const auto spoken = std::count_if(
        lines.end() - static_cast<std::ptrdiff_t>(std::min(lines.size(), kMost)), lines.end(),
        [&](const RoomLine& line) { return line.bot == bot && now - line.at <= 1h; });
    RC_ASSERT(log.spoken_last_hour(bot, now) == static_cast<std::uint32_t>(spoken));
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace chorus
