#include "chorus/fleet/room_log.hpp"

#include "chorus/fleet/folding.hpp"

#include <algorithm>
#include <utility>

namespace chorus::fleet {
namespace {

constexpr std::size_t kMostUtterances = 512;
constexpr Duration kHour = std::chrono::hours(1);

bool same_message(const RoomLine& line, BotId owner, PlatformMessageId message) {
  if (line.message == message && line.owner == owner) return true;
  return std::any_of(line.also.begin(), line.also.end(), [&](const auto& other) {
    return other.first == owner && other.second == message;
  });
}

/// In basic groups each bot sees its own message id, so what was said tells that it is the same.
bool same_words(const RoomLine& a, const RoomLine& b) {
  return a.owner && b.owner && a.owner != b.owner && a.author == b.author && a.date == b.date &&
         a.text == b.text;
}

}  // namespace

RoomLog::RoomLog(std::size_t lines, std::size_t window, bool group)
    : most_lines_(std::max<std::size_t>(lines, 1)), window_(window), group_(group) {}

bool RoomLog::add(RoomLine line) {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (same_message(*it, line.owner, line.message)) {
      if (!it->row) it->row = line.row;
      return false;
    }
    const bool known = std::any_of(it->also.begin(), it->also.end(),
                                   [&](const auto& o) { return o.first == line.owner; });
    if (same_words(*it, line) && !known) {
      it->also.emplace_back(line.owner, line.message);
      return false;
    }
  }
  if (line.reply_to) {
    if (const RoomLine* parent = find(line.owner, *line.reply_to); parent && line.from_bot) {
      line.depth = parent->depth + 1;
    }
  }
  if (group_) note(line);
  lines_.push_back(std::move(line));
  if (lines_.size() > most_lines_) lines_.pop_front();
  return true;
}

void RoomLog::note(const RoomLine& line) {
  const PlatformUserId previous = said_.empty() ? PlatformUserId{} : said_.back().author;
  said_.push_back({line.at, line.bot, line.author, previous, line.from_bot});
  if (said_.size() > kMostUtterances) said_.pop_front();
  bot_turns_ = line.from_bot ? bot_turns_ + 1 : 0;
  if (window_ == 0) return;
  shapes_.push_back(shingles(line.text));
  if (shapes_.size() > window_) shapes_.pop_front();
}

void RoomLog::prepend(RoomLine line) {
  if (lines_.size() >= most_lines_ || find(line.owner, line.message) != nullptr) return;
  if (group_ && shapes_.size() < window_) shapes_.push_front(shingles(line.text));
  line.from_past = true;
  lines_.push_front(std::move(line));
}

bool RoomLog::take_up(BotId owner, PlatformMessageId message) {
  const auto it = std::find_if(lines_.rbegin(), lines_.rend(), [&](const RoomLine& line) {
    return same_message(line, owner, message);
  });
  return it != lines_.rend() && std::exchange(it->from_past, false);
}

bool RoomLog::edit(BotId owner, PlatformMessageId message, std::string text) {
  for (RoomLine& line : lines_) {
    if (!same_message(line, owner, message)) continue;
    line.text = std::move(text);
    return true;
  }
  return false;
}

void RoomLog::forget(PlatformUserId author) {
  std::erase_if(lines_, [&](const RoomLine& line) { return line.author == author && !line.bot; });
}

const RoomLine* RoomLog::find(BotId owner, PlatformMessageId message) const {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (same_message(*it, owner, message)) return &*it;
  }
  return nullptr;
}

const RoomLine* RoomLog::find_row(MessageRowId row) const {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (row && it->row == row) return &*it;
  }
  return nullptr;
}

bool RoomLog::repeats(std::string_view text, double similarity) const {
  const auto shape = shingles(text);
  return std::any_of(shapes_.rbegin(), shapes_.rend(),
                     [&](const auto& other) { return similar(shape, other, similarity); });
}

RoomLog::Facts RoomLog::facts(MonoTime now) const {
  Facts facts;
  facts.bot_turns = bot_turns_;
  std::uint32_t seen = 0, bots = 0;
  bool same_speaker = true;
  for (auto it = said_.rbegin(); it != said_.rend(); ++it) {
    const Duration age = now - it->at;
    if (age > kHour) break;
    ++facts.utterances_last_hour;
    if (seen < 20) {
      ++seen;
      bots += it->from_bot ? 1 : 0;
    }
    if (!facts.silence) {
      facts.silence = age;
      facts.last_line_is_bots = static_cast<bool>(it->bot);
    }
    same_speaker = same_speaker && it->author == said_.back().author;
    if (same_speaker) ++facts.run;
    if (it->from_bot) {
      if (!facts.since_bot) facts.since_bot = age;
    } else if (age <= std::chrono::seconds(60)) {
      ++facts.people_per_minute;
    }
    if (it->bot && !facts.last_bot) facts.last_bot = it->bot;
  }
  facts.bot_share = seen == 0 ? 0 : static_cast<double>(bots) / seen;
  return facts;
}

std::uint32_t RoomLog::spoken_last_hour(BotId bot, MonoTime now) const {
  return static_cast<std::uint32_t>(
      std::count_if(said_.begin(), said_.end(),
                    [&](const Utterance& u) { return u.bot == bot && now - u.at <= kHour; }));
}

std::uint32_t RoomLog::pair_turns(BotId from, PlatformUserId to, MonoTime now) const {
  return static_cast<std::uint32_t>(
      std::count_if(said_.begin(), said_.end(), [&](const Utterance& u) {
        return u.bot == from && u.previous == to && now - u.at <= std::chrono::seconds(60);
      }));
}

}  // namespace chorus::fleet
