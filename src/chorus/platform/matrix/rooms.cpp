#include "chorus/platform/matrix/rooms.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/content.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr std::size_t kMostNames = 2000;
constexpr std::size_t kLongestName = 100;  // code points

std::string text_in(const json::object& content, std::string_view key) {
  return std::string(
      truncate_code_points(to_valid_utf8(find_string(content, key).value_or("")), kLongestName));
}

}  // namespace

const MatrixRooms::Room* MatrixRooms::find(std::string_view room_id) const {
  const auto found = rooms_.find(room_id);
  return found == rooms_.end() ? nullptr : &found->second;
}

MatrixRooms::Room& MatrixRooms::at(std::string_view room_id) {
  const auto found = rooms_.find(room_id);
  return found != rooms_.end() ? found->second : rooms_[std::string(room_id)];
}

void MatrixRooms::learn_member(Room& room, std::string_view user_id, std::string name) {
  if (room.names.size() >= kMostNames && !room.names.contains(user_id)) return;
  room.localparts[ascii_lower(localpart_in(user_id))] = user_id;
  auto& known = room.names[std::string(user_id)];
  if (!name.empty()) known = std::move(name);
}

void MatrixRooms::learn(std::string_view room_id, const matrix::Event& event) {
  Room& room = at(room_id);
  if (event.type == matrix::kEncrypted) room.encrypted = true;
  if (!event.state_key) {
    learn_member(room, event.sender, {});
    return;
  }
  if (event.type == "m.room.encryption") {
    room.encrypted = true;
  } else if (event.type == "m.room.name" || event.type == matrix::kMember) {
    const auto content = parse_json(event.content);
    if (!content || !content->is_object()) return;
    if (event.type == "m.room.name") {
      room.name = text_in(content->get_object(), "name");
    } else if (find_string(content->get_object(), "membership") == "join") {
      learn_member(room, *event.state_key, text_in(content->get_object(), "displayname"));
    }
  }
}

void MatrixRooms::set_members(std::string_view room_id, std::int64_t joined_or_invited) {
  at(room_id).members = joined_or_invited;
}

void MatrixRooms::set_direct(std::string_view room_id) {
  at(room_id).direct = true;
}

void MatrixRooms::add_bot(std::string_view room_id, BotId bot, std::string_view user_id) {
  at(room_id).bots[bot] = user_id;
}

void MatrixRooms::remove_bot(std::string_view room_id, BotId bot) {
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return;
  found->second.bots.erase(bot);
  if (found->second.bots.empty()) rooms_.erase(found);
}

void MatrixRooms::remove_bot(BotId bot) {
  for (auto room = rooms_.begin(); room != rooms_.end();) {
    const bool was_there = room->second.bots.erase(bot) > 0;
    room = was_there && room->second.bots.empty() ? rooms_.erase(room) : std::next(room);
  }
}

bool MatrixRooms::has_bot(std::string_view room_id, BotId bot) const {
  const auto* room = find(room_id);
  return room != nullptr && room->bots.contains(bot);
}

std::vector<BotId> MatrixRooms::bots_in(std::string_view room_id) const {
  std::vector<BotId> out;
  if (const auto* room = find(room_id)) {
    for (const auto& [bot, user] : room->bots) out.push_back(bot);
  }
  return out;
}

std::vector<std::string> MatrixRooms::users_in(std::string_view room_id) const {
  std::vector<std::string> out;
  if (const auto* room = find(room_id)) {
    for (const auto& [bot, user] : room->bots) out.push_back(user);
  }
  return out;
}

MatrixPlace MatrixRooms::place(std::string_view room_id, std::string_view sender) const {
  MatrixPlace out;
  const auto* room = find(room_id);
  if (room == nullptr) return out;
  out.title = room->name;
  // Made as one, or without a name and with two in it: so clients tell a talk of two.
  const bool two = room->name.empty() && room->members > 0 && room->members <= 2;
  if (room->direct || two) out.kind = store::ChatKind::Private;
  if (const auto name = room->names.find(sender); name != room->names.end()) {
    out.sender_name = name->second;
  }
  return out;
}

bool MatrixRooms::is_encrypted(std::string_view room_id) const {
  const auto* room = find(room_id);
  return room != nullptr && room->encrypted;
}

std::vector<std::string> MatrixRooms::encrypted_rooms() const {
  std::vector<std::string> out;
  for (const auto& [id, room] : rooms_) {
    if (room.encrypted) out.push_back(id);
  }
  return out;
}

std::optional<MatrixMember> MatrixRooms::member(std::string_view room_id,
                                                std::string_view localpart) const {
  const auto* room = find(room_id);
  if (room == nullptr) return std::nullopt;
  const auto user = room->localparts.find(localpart);
  if (user == room->localparts.end()) return std::nullopt;
  const auto name = room->names.find(user->second);
  return MatrixMember{user->second, name == room->names.end() ? std::string() : name->second};
}

}  // namespace chorus::platform
