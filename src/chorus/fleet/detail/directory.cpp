#include "chorus/fleet/detail/directory.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/persona/pack.hpp"
#include "chorus/fleet/topics.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

/// The folded words of three letters and more, each once.
std::vector<std::string> words_of(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const auto& text : texts) {
    const Words words(text);
    for (const std::string_view word : words.all()) {
      const bool known = std::find(out.begin(), out.end(), word) != out.end();
      if (word.size() >= 3 && !known) out.emplace_back(word);
    }
  }
  return out;
}

}  // namespace

Bot::Bot(rt::Loop& loop, store::BotRow r, const FleetSettings& settings)
    : row(std::move(r)),
      queue(settings.age_step),
      wake(loop),
      breaker(settings.breaker),
      retry_budget(settings.retry_budget) {
  if (!set_persona(row.persona, settings.zones)) {
    // A card from before the lint: the character is dropped, the bot goes on as the plain helper.
    (void)set_persona("", settings.zones);  // the shipped card is valid
    row.state_reason = "its persona does not validate; the plain helper speaks instead";
  }
  // One from before it had a meaning may not validate: the bot then keeps the fleet's pace.
  (void)set_extra(row.extra);
}

Result<void> Bot::set_extra(std::string json) {
  CH_TRY(const ParsedSpeedProfile parsed, speed_profile_of(json));
  speed = parsed.profile;
  row.extra = std::move(json);
  if (!parsed.without_effect.empty()) {
    log::warn("fleet", "bot {}: its speed profile has fields without effect: {}", row.name,
              fmt::join(parsed.without_effect, ", "));
  }
  return {};
}

Result<void> Bot::set_persona(std::string_view json, ZoneSource* zones) {
  if (const auto shipped = find_shipped_persona(trim(json))) json = shipped->json;
  CH_TRY(persona, parse_persona(json));
  interests = words_of(persona.interests);
  expertise = words_of(persona.expertise);
  const auto known = zone_of(persona.hours, zones);
  zone = known ? *known : std::make_shared<const TimeZone>();
  if (!known) {
    log::warn("fleet", "bot {}: the time zone '{}' is not known here, its hours count in UTC",
              row.id, persona.hours.zone);
  }
  set_display_name({});
  return {};
}

std::uint32_t Bot::hourly_cap(const FleetSettings& settings) const {
  const auto own = static_cast<std::uint32_t>(persona.hourly_cap);
  if (own == 0 || settings.bot_hourly == 0) return std::max(own, settings.bot_hourly);
  return std::min(own, settings.bot_hourly);
}

void Bot::set_display_name(std::string_view platform_name) {
  if (!platform_name.empty()) {
    display_name = sanitise_name(platform_name);
  } else if (display_name.empty()) {
    const bool named = !persona.name.empty() && !row.persona.empty();
    display_name = sanitise_name(named ? persona.name : row.name);
  }
  folded_name = fold(display_name);
  // People may know it by the operator's name of it, or by its card's, where the account's differs.
  other_names.clear();
  for (const std::string_view name : {std::string_view(row.name), std::string_view(persona.name)}) {
    std::string folded = fold(sanitise_name(name));
    if (folded.size() < 2 || folded == folded_name) continue;
    if (std::ranges::find(other_names, folded) != other_names.end()) continue;
    other_names.push_back(std::move(folded));
  }
}

Room::Room(store::RoomRow row, const FleetSettings& settings)
    : faces{std::move(row)},
      log(settings.history_lines, settings.duplicate_window,
          faces.front().kind != store::ChatKind::Private) {
  std::vector<std::string> words;
  for (Topic& topic : read_topics(faces.front().extra)) {
    words.push_back(topic.name);
    words.insert(words.end(), topic.keywords.begin(), topic.keywords.end());
    topics.push_back(std::move(topic.name));
  }
  topic_words = words_of(words);
}

bool Room::has_member(BotId bot) const {
  return std::binary_search(members.begin(), members.end(), bot);
}

const store::RoomRow& Room::face_of(BotId bot) const {
  const auto it =
      std::find_if(faces.begin(), faces.end(), [&](const auto& f) { return f.owner == bot; });
  return it == faces.end() ? faces.front() : *it;
}

void Room::remember_username(PlatformUserId person, std::string username) {
  constexpr std::size_t kMost = 200;
  const std::pair entry(person, std::move(username));
  if (std::find(usernames.begin(), usernames.end(), entry) != usernames.end()) return;
  usernames.push_back(entry);
  if (usernames.size() > kMost) usernames.pop_front();
}

Bot& Directory::add_bot(std::unique_ptr<Bot> bot) {
  Bot& added = *bot;
  bots_[added.row.id] = std::move(bot);
  index_user(added);
  return added;
}

Bot* Directory::any_bot(BotId id) const {
  const auto it = bots_.find(id);
  return it == bots_.end() ? nullptr : it->second.get();
}

Bot* Directory::bot(BotId id) const {
  Bot* found = any_bot(id);
  return found != nullptr && !found->removed ? found : nullptr;
}

Bot* Directory::by_user(PlatformUserId user) const {
  const auto it = by_user_.find(user);
  return it == by_user_.end() || it->second->removed ? nullptr : it->second;
}

void Directory::index_user(Bot& bot) {
  if (bot.row.user_id) by_user_[bot.row.user_id] = &bot;
}

Room& Directory::add_room(store::RoomRow row, const FleetSettings& settings) {
  if (Room* known = room(row.id)) return *known;
  // A basic group that another bot knows already: one floor, one more face.
  const bool basic_group = row.kind == store::ChatKind::Group && row.owner;
  const ChatKey shared{row.platform, row.chat, BotId(-1)};
  if (const auto other = by_chat_.find(shared); basic_group && other != by_chat_.end()) {
    by_id_[row.id] = other->second;
    by_chat_[{row.platform, row.chat, row.owner}] = other->second;
    other->second->faces.push_back(std::move(row));
    return *other->second;
  }
  auto made = std::make_unique<Room>(row, settings);
  Room& added = *made;
  by_id_[row.id] = &added;
  by_chat_[{row.platform, row.chat, row.owner}] = &added;
  if (basic_group) by_chat_[shared] = &added;
  rooms_.push_back(std::move(made));
  return added;
}

Room* Directory::room(RoomId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

Room* Directory::find_room(store::Platform platform, PlatformChatId chat, BotId owner) const {
  const auto it = by_chat_.find({platform, chat, owner});
  return it == by_chat_.end() ? nullptr : it->second;
}

void Directory::migrate(Room& room, PlatformChatId to) {
  for (store::RoomRow& face : room.faces) {
    by_chat_.erase({face.platform, face.chat, face.owner});
    face.chat = to;
    face.kind = effective_kind(face.platform, to, face.kind);
    // A supergroup that is known already keeps its own floor; sends of the old one go there too.
    by_chat_.try_emplace({face.platform, to, face.owner}, &room);
    by_chat_.try_emplace({face.platform, to, owner_of(face.platform, face.kind, face.owner)},
                         &room);
  }
}

bool Directory::set_member(Room& room, BotId bot, bool member) {
  const auto at = std::lower_bound(room.members.begin(), room.members.end(), bot);
  const bool is = at != room.members.end() && *at == bot;
  if (is == member) return false;
  if (member) {
    room.members.insert(at, bot);
  } else {
    room.members.erase(at);
  }
  return true;
}

bool Directory::is_disclosed(const NoticeKey& key, WallTime now) const {
  constexpr auto kRoomsHearItAgain = std::chrono::days(30);
  const auto told = disclosed.find(key);
  if (told == disclosed.end()) return false;
  return key.person || now - told->second < kRoomsHearItAgain;
}

void Directory::forget_room_notices(BotId bot) {
  std::erase_if(disclosed,
                [&](const auto& told) { return told.first.bot == bot && !told.first.person; });
}

bool Directory::is_stopped(BotId bot, const Room& room, PlatformUserId person) const {
  return stopped.contains({bot, room.id(), person}) ||
         stopped.contains({BotId{}, room.id(), person});
}

store::ChatKind effective_kind(store::Platform platform, PlatformChatId chat,
                               store::ChatKind kind) {
  constexpr std::int64_t kFirstSupergroup = -1'000'000'000'000;
  if (platform == store::Platform::Telegram && kind == store::ChatKind::Group &&
      chat.value <= kFirstSupergroup) {
    return store::ChatKind::Supergroup;
  }
  return kind;
}

BotId owner_of(store::Platform platform, store::ChatKind kind, BotId bot) {
  if (platform == store::Platform::Matrix) return {};
  return kind == store::ChatKind::Private || kind == store::ChatKind::Group ? bot : BotId{};
}

}  // namespace chorus::fleet::detail
