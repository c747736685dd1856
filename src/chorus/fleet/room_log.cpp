#include "chorus/fleet/room_log.hpp"

#include "chorus/fleet/folding.hpp"

#include <algorithm>
#include <utility>

namespace chorus::fleet {
namespace {

constexpr std::size_t kMostUtterances = 512;
constexpr std::uint32_t kShareOf = 20;  ///< utterances that the bots' share is taken of
constexpr Duration kHour = std::chrono::hours(1);
constexpr Duration kMinute = std::chrono::minutes(1);

/// In basic groups each bot sees its own message id, so what was said tells that it is the same.
bool same_words(const RoomLine& a, const RoomLine& b) {
  return a.owner && b.owner && a.owner != b.owner && a.author == b.author && a.date == b.date &&
         a.text == b.text;
}

}  // namespace

bool RoomLine::is(BotId reader, PlatformMessageId id) const {
  if (message == id && owner == reader) return true;
  return std::any_of(also.begin(), also.end(), [&](const auto& other) {
    return other.first == reader && other.second == id;
  });
}

RoomLog::RoomLog(std::size_t lines, std::size_t window, bool group)
    : most_lines_(std::max<std::size_t>(lines, 1)), window_(window), group_(group) {}

bool RoomLog::add(RoomLine line) {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (it->is(line.owner, line.message)) {
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
  Utterance next{};
  if (!said_.empty()) {
    next = said_.back();
    next.previous = next.author;
  }
  next.run = line.author == next.previous ? next.run + 1 : 1;
  // Never before its predecessor: `since` searches by time.
  next.at = std::max(next.at, line.at);
  next.bot = line.bot;
  next.author = line.author;
  next.from_bot = line.from_bot;
  ++noted_;
  if (line.from_bot) {
    ++next.from_bots;
    next.last_bot = noted_;
  }
  if (line.bot) next.last_own = noted_;
  said_.push_back(next);
  if (next.bot) spoke_[next.bot].push_back(next.at);
  if (said_.size() > kMostUtterances) {
    if (const auto own = spoke_.find(said_.front().bot); own != spoke_.end()) {
      own->second.pop_front();
      if (own->second.empty()) spoke_.erase(own);
    }
    said_.pop_front();
  }
  bot_turns_ = line.from_bot ? bot_turns_ + 1 : 0;
  if (window_ == 0) return;
  shapes_.push_back({line.text, {}, false});
  if (shapes_.size() > window_) shapes_.pop_front();
}

void RoomLog::prepend(RoomLine line) {
  if (lines_.size() >= most_lines_ || find(line.owner, line.message) != nullptr) return;
  if (group_ && shapes_.size() < window_) shapes_.push_front({line.text, {}, false});
  line.from_past = true;
  lines_.push_front(std::move(line));
}

bool RoomLog::take_up(BotId owner, PlatformMessageId message) {
  const auto it = std::find_if(lines_.rbegin(), lines_.rend(),
                               [&](const RoomLine& line) { return line.is(owner, message); });
  return it != lines_.rend() && std::exchange(it->from_past, false);
}

bool RoomLog::edit(BotId owner, PlatformMessageId message, std::string text) {
  for (RoomLine& line : lines_) {
    if (!line.is(owner, message)) continue;
    line.text = std::move(text);
    return true;
  }
  return false;
}

void RoomLog::forget(PlatformUserId author) {
  std::erase_if(lines_, [&](const RoomLine& line) { return line.author == author && !line.bot; });
  for (Shape& shape : shapes_) shape.settle();  // nobody's words stay
}

const RoomLine* RoomLog::find(BotId owner, PlatformMessageId message) const {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (it->is(owner, message)) return &*it;
  }
  return nullptr;
}

const RoomLine* RoomLog::find_row(MessageRowId row) const {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (row && it->row == row) return &*it;
  }
  return nullptr;
}

void RoomLog::Shape::settle() {
  if (!known) *this = {{}, fleet::shingles(text), true};
}

bool RoomLog::repeats(std::string_view text, double similarity) const {
  const auto shape = shingles(text);
  return std::any_of(shapes_.rbegin(), shapes_.rend(), [&](Shape& other) {
    other.settle();
    return similar(shape, other.shingles, similarity);
  });
}

std::deque<RoomLog::Utterance>::const_iterator RoomLog::since(MonoTime now, Duration age) const {
  return std::partition_point(said_.begin(), said_.end(),
                              [&](const Utterance& u) { return now - u.at > age; });
}

double RoomLog::novelty() const {
  constexpr std::size_t kCompared = 20;
  if (shapes_.size() < 2) return 1;
  shapes_.back().settle();
  double most = 0;
  const std::size_t compared = std::min(kCompared, shapes_.size() - 1);
  for (std::size_t i = 0; i < compared; ++i) {
    Shape& other = shapes_[shapes_.size() - 2 - i];
    other.settle();
    most = std::max(most, likeness(shapes_.back().shingles, other.shingles));
  }
  return 1 - most;
}

std::uint32_t RoomLog::bot_replies(const RoomLine& line) const {
  constexpr int kMostUp = 8;
  const RoomLine* root = &line;
  for (int i = 0; i < kMostUp && root->reply_to; ++i) {
    const RoomLine* parent = find(root->owner, *root->reply_to);
    if (parent == nullptr || parent == root) break;
    root = parent;
  }
  // Lines are in order of time, so a thread's lines come after what they answer.
  std::vector<const RoomLine*> thread = {root};
  std::uint32_t bots = 0;
  for (const RoomLine& other : lines_) {
    if (!other.reply_to) continue;
    const bool belongs = std::any_of(thread.begin(), thread.end(), [&](const RoomLine* in) {
      return in->is(other.owner, *other.reply_to);
    });
    if (!belongs) continue;
    thread.push_back(&other);
    bots += other.from_bot ? 1 : 0;
  }
  return bots;
}

const RoomLine* RoomLog::open_question() const {
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    if (it->from_bot || it->text.find('?') == std::string::npos) continue;
    const bool answered = std::any_of(lines_.rbegin(), it, [&](const RoomLine& later) {
      return later.reply_to && it->is(later.owner, *later.reply_to);
    });
    return answered ? nullptr : &*it;
  }
  return nullptr;
}

BotId RoomLog::open_pair(PlatformUserId person, MonoTime now) const {
  constexpr Duration kOpen = std::chrono::seconds(60);
  bool newest = true;
  std::optional<PlatformMessageId> thread;
  for (auto it = lines_.rbegin(); it != lines_.rend(); ++it) {
    const RoomLine& line = *it;
    if (std::exchange(newest, false) && line.author == person) {  // what is heard now
      thread = line.thread;
      continue;
    }
    if (line.thread != thread) continue;
    if (line.author == person || now - line.at > kOpen) return {};
    if (!line.bot || !line.reply_to || line.text.find('?') == std::string::npos) continue;
    const RoomLine* asked = find(line.owner, *line.reply_to);
    if (asked != nullptr && asked->author == person) return line.bot;
  }
  return {};
}

RoomLog::Facts RoomLog::facts(MonoTime now) const {
  Facts facts;
  facts.bot_turns = bot_turns_;
  const auto hour = since(now, kHour);
  const auto heard = static_cast<std::uint32_t>(said_.end() - hour);
  if (heard == 0) return facts;
  const Utterance& newest = said_.back();
  // Running sums of utterances and of those by bots, from `it` to the newest.
  const auto bots_from = [&](std::deque<Utterance>::const_iterator it) {
    return static_cast<std::uint32_t>(newest.from_bots - it->from_bots + (it->from_bot ? 1 : 0));
  };
  const auto at_number = [&](std::uint64_t number) -> const Utterance* {
    return noted_ - number < heard && number != 0
               ? &said_[said_.size() - 1 - static_cast<std::size_t>(noted_ - number)]
               : nullptr;
  };
  facts.utterances_last_hour = heard;
  facts.silence = now - newest.at;
  if (heard > 1) facts.gap = newest.at - said_[said_.size() - 2].at;
  facts.last_line_is_bots = static_cast<bool>(newest.bot);
  facts.run = std::min(newest.run, heard);
  const std::uint32_t seen = std::min(heard, kShareOf);
  facts.bot_share = static_cast<double>(bots_from(said_.end() - seen)) / seen;
  if (const Utterance* bot = at_number(newest.last_bot)) facts.since_bot = now - bot->at;
  if (const Utterance* own = at_number(newest.last_own)) facts.last_bot = own->bot;
  if (const auto minute = since(now, kMinute); minute != said_.end()) {
    facts.people_per_minute = static_cast<std::uint32_t>(said_.end() - minute) - bots_from(minute);
  }
  return facts;
}

std::uint32_t RoomLog::spoken_last_hour(BotId bot, MonoTime now) const {
  const auto own = spoke_.find(bot);
  if (own == spoke_.end()) return 0;
  const auto first = std::partition_point(own->second.begin(), own->second.end(),
                                          [&](MonoTime at) { return now - at > kHour; });
  return static_cast<std::uint32_t>(own->second.end() - first);
}

std::uint32_t RoomLog::pair_turns(BotId from, PlatformUserId to, MonoTime now) const {
  return static_cast<std::uint32_t>(
      std::count_if(since(now, kMinute), said_.end(),
                    [&](const Utterance& u) { return u.bot == from && u.previous == to; }));
}

}  // namespace chorus::fleet
