#include "chorus/lab/quality/chat_log.hpp"

#include "chorus/base/text.hpp"
#include "chorus/lab/quality/wording.hpp"

#include <algorithm>
#include <array>

namespace chorus::lab {

namespace {
constexpr std::size_t kMostRooms = 8;
constexpr std::size_t kMostLines = 2000;
}  // namespace

bool names_a_program(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kWords{
      "ai", "bot", "chatbot", "robot", "automated", "otomatik", "yapay", "ia", "бот", "ии"};
  std::string lines(text);
  std::ranges::replace(lines, '\n', ' ');
  for (const auto token : split(lines, ' ')) {
    // A username that ends in `bot` is a name, not a statement.
    if (token.find_first_of("@_") != std::string_view::npos) continue;
    for (const auto& word : words_of(token)) {
      if (std::ranges::find(kWords, word) != kWords.end()) return true;
    }
  }
  return false;
}

void ChatLog::open(PlatformChatId room, std::string name, std::vector<PlatformUserId> bots) {
  if (bots.size() < 2 || rooms_.size() >= kMostRooms) return;
  auto& fresh = rooms_[room.value];
  fresh.name = std::move(name);
  for (const auto bot : bots) fresh.talk.bots.push_back(bot.value);
}

void ChatLog::add(const sandbox::MessageView& line, PlatformUserId addressed, MonoTime at) {
  const auto found = rooms_.find(line.room.value);
  if (found == rooms_.end()) return;
  auto& room = found->second;
  if (room.talk.lines.size() >= kMostLines) {
    ++room.beyond;
    return;
  }
  Utterance out;
  out.id = line.id.value;
  out.speaker = line.from.value;
  out.bot = line.from_bot;
  out.at = at.time_since_epoch();
  out.text = line.text;
  if (line.reply_to) out.reply_to = line.reply_to->value;
  if (addressed != PlatformUserId{}) out.addressed = addressed.value;
  out.disclosed = line.from_bot && names_a_program(line.text);
  room.talk.lines.push_back(std::move(out));
}

std::optional<QualityReport> ChatLog::report() const {
  QualityReport out;
  for (const auto& [id, room] : rooms_) {
    out.rooms.push_back(
        {room.name, room.talk.lines.size(), room.beyond, measure_quality(room.talk)});
  }
  if (out.rooms.empty()) return std::nullopt;
  out.values = mean_quality(out.rooms);
  return out;
}

}  // namespace chorus::lab
