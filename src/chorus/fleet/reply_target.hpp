#pragma once

#include "chorus/base/json_writer.hpp"
#include "chorus/base/random.hpp"
#include "chorus/fleet/room_log.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which message a bot that nobody asked replies to. Source: reference/fleet.md 4 (the signals and
/// their points); reference/practice.md 3.2 (what bots have answered already counts against it).
namespace chorus::fleet {

enum class ReplySignal : std::uint8_t {
  Person,         ///< a person wrote it
  Bot,            ///< another bot did
  UnderThreeMin,  ///< its age, one of four
  UnderTenMin,
  UnderHalfHour,
  Older,
  Question,
  Curiosity,     ///< asks what others think
  NamesMe,       ///< the bot's name or username stands in it
  OfInterest,    ///< for each interest or expertise of the character
  OfTopic,       ///< for each topic of the room
  SadAndKind,    ///< it is sad, and the character has empathy above 0.7
  AnsweredByBot  ///< for each reply that a bot has given to it
};
inline constexpr std::size_t kReplySignals =
    static_cast<std::size_t>(ReplySignal::AnsweredByBot) + 1;
std::string_view to_string(ReplySignal signal) noexcept;

/// Points per signal. The table is data: another one may be given.
using ReplyWeights = std::array<double, kReplySignals>;
inline constexpr ReplyWeights kReplyWeights = {8, 2.5, 3, 2, 1, -1, 4, 3, 15, 2.5, 1.5, 2, -1.5};

/// Who would reply, and where.
struct ReplyView {
  BotId bot;
  std::string_view folded_name;
  std::string_view username;
  std::span<const std::string> interests;  ///< folded
  std::span<const std::string> expertise;  ///< folded
  std::span<const std::string> topics;     ///< folded words of the room's topics
  double empathy = 0.5;
};

struct ReplyScore {
  const RoomLine* line = nullptr;  ///< in the log it was scored from
  double points = 0;
  std::array<std::uint8_t, kReplySignals> signals{};  ///< how often each counted
};

/// The best three of the last 30 lines that the bot did not write, the best first; of equal ones
/// the newest. Pure; O(lines²).
std::vector<ReplyScore> score_reply_targets(const RoomLog& log, const ReplyView& view, MonoTime now,
                                            const ReplyWeights& weights = kReplyWeights);

/// One of them, by weight (at least 0.1 each); nullptr when there is none.
const ReplyScore* draw_reply_target(std::span<const ReplyScore> scores, Rng& rng);

/// `[{"line", "points", "why": {"person": 1, ...}}]`: numbers and ids, no text.
void write_reply_scores(JsonWriter& w, std::span<const ReplyScore> scores);

}  // namespace chorus::fleet
