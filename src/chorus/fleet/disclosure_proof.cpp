#include "chorus/fleet/disclosure_proof.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace chorus::fleet {
namespace {

/// In quotes where RFC 4180 asks for them, and an apostrophe before what a spreadsheet would run.
std::string field(std::string_view text) {
  std::string out;
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) {
    out += '\'';
  }
  out += text;
  if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
  std::string quoted = "\"";
  for (const char c : out) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string disclosure_csv(const store::Snapshot& snapshot) {
  std::map<BotId, const store::BotRow*> bots;
  for (const auto& bot : snapshot.bots) bots[bot.id] = &bot;
  std::map<RoomId, const store::RoomRow*> rooms;
  for (const auto& room : snapshot.rooms) rooms[room.id] = &room;
  std::string out = "bot_id,bot,username,platform,chat_id,person_id,kind,version,at\r\n";
  for (const store::NoticeRow& notice : snapshot.notices) {
    const auto bot = bots.find(notice.bot);
    const auto room = rooms.find(notice.room);
    const bool matrix = room != rooms.end() && room->second->platform == store::Platform::Matrix;
    out += fmt::format(
        "{},{},{},{},{},{},{},{},{}\r\n", notice.bot.value,
        bot == bots.end() ? "" : field(bot->second->name),
        bot == bots.end() ? "" : field(bot->second->username),
        room == rooms.end() ? ""
        : matrix            ? "matrix"
                            : "telegram",
        room == rooms.end() ? std::string() : fmt::format("{}", room->second->chat.value),
        notice.person.value, field(notice.kind), notice.version, to_iso8601(notice.at));
  }
  return out;
}

}  // namespace chorus::fleet
