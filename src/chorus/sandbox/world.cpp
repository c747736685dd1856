#include "chorus/sandbox/world.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace chorus::sandbox {

namespace {

// Ids count microseconds (accounts) or hundredths of a second (rooms, which have fewer digits), so
// that a later world begins above an earlier one.
constexpr std::int64_t kSeededFirstUser = 5'000'000'001;
constexpr std::int64_t kSeededFirstRoom = 2'000'000'001;
constexpr std::int64_t kSupergroupBase = -1'000'000'000'000;
constexpr std::string_view kDefaultRoom = "default";

std::size_t index(Platform platform) {
  return static_cast<std::size_t>(platform);
}

bool is_handle(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](unsigned char c) {
    return c > ' ' && c != '/' && c != '@' && c != ':' && c != 0x7f;
  });
}

}  // namespace

World::World(const Clock& clock, Rng rng, Options options)
    : clock_(clock), rng_(rng), options_(options) {
  if (options_.seed) {
    next_user_ = kSeededFirstUser;
    next_room_ = kSeededFirstRoom;
    next_press_ = 1'000'000'000'000;
  } else {
    const auto micros = to_micros(clock.wall_now());
    next_user_ = micros;
    next_room_ = micros / 10'000;
    next_press_ = micros * 1000;
  }
}

World::~World() = default;

void World::set_dialect(Platform platform, Dialect& dialect) {
  dialects_[index(platform)] = &dialect;
}

Dialect& World::dialect(Platform platform) const {
  auto* found = dialects_[index(platform)];
  CH_CHECK(found != nullptr);
  return *found;
}

std::string World::mint_secret() {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string secret = "AA";
  while (secret.size() < 35) secret += kAlphabet[rng_.below(kAlphabet.size())];
  return secret;
}

PlatformUserId World::mint_user_id() {
  while (accounts_.contains(PlatformUserId(next_user_))) ++next_user_;
  return PlatformUserId(next_user_++);
}

PlatformChatId World::mint_room_id(RoomType type) {
  const auto number = next_room_++;
  return PlatformChatId(type == RoomType::Group ? -number : kSupergroupBase - number);
}

void World::on_new_account(Platform platform, AccountHook hook) {
  new_account_hooks_[index(platform)] = std::move(hook);
}

void World::on_removed_account(Platform platform, AccountHook hook) {
  removed_hooks_[index(platform)] = std::move(hook);
}

void World::refresh_wire(Account& account) {
  account.wire = dialect(account.platform).account_wire(account);
}

Account& World::insert_account(std::unique_ptr<Account> account) {
  auto& added = *account;
  accounts_.emplace(added.id, std::move(account));
  account_order_.push_back(&added);
  names_[index(added.platform)][ascii_lower(added.username)] = &added;
  refresh_wire(added);
  if (added.is_bot) {
    added.queue = std::make_unique<EventQueue>(
        rng_.fork("queue", static_cast<std::uint64_t>(added.id.value)), options_.queue);
  }
  if (const auto& hook = new_account_hooks_[index(added.platform)]) hook(added);
  if (recorder_ != nullptr) recorder_->account(added);
  return added;
}

Result<Account*> World::add_bot(BotSpec spec, Platform platform) {
  if (accounts_.size() >= options_.max_accounts) {
    return fail(ErrorCode::QueueFull, "too many accounts in this sandbox");
  }
  auto& form = dialect(platform);
  PlatformUserId id = spec.id;
  if (!spec.token.empty()) {
    CH_TRY(auto known, form.identify(spec.token));
    if (!id) id = known.id;
  }
  if (!id) id = mint_user_id();
  if (spec.token.empty()) spec.token = form.mint_token(id);
  if (accounts_.contains(id)) {
    return fail(ErrorCode::Conflict, fmt::format("account {} exists already", id.value));
  }
  if (spec.username.empty()) spec.username = fmt::format("sandbox_{}_bot", id.value);
  if (!is_handle(spec.username)) {
    return fail(ErrorCode::InvalidArgument, "a username has 1 to 64 characters without spaces");
  }
  if (find_name(platform, spec.username) != nullptr) {
    return fail(ErrorCode::Conflict, fmt::format("the name '{}' is taken", spec.username));
  }
  auto account = std::make_unique<Account>();
  account->id = id;
  account->platform = platform;
  account->is_bot = true;
  account->username = std::move(spec.username);
  account->first_name = spec.name.empty() ? account->username : std::move(spec.name);
  account->token = std::move(spec.token);
  account->privacy = spec.privacy;
  account->bot_to_bot = spec.bot_to_bot;
  account->admin = spec.admin;
  return &insert_account(std::move(account));
}

Result<Account*> World::self_register(BotSpec spec, Platform platform, RoomType type,
                                      Standing standing) {
  if (spec.id && accounts_.contains(spec.id)) return fail(ErrorCode::Unauthenticated);
  CH_TRY(auto* bot, add_bot(std::move(spec), platform));
  bot->self_registered = true;
  if (recorder_ != nullptr) recorder_->account(*bot);
  auto* room = find_room_name(platform, kDefaultRoom);
  if (room == nullptr) {
    RoomSpec defaults;
    defaults.type = type;
    defaults.title = std::string(kDefaultRoom);
    CH_TRY(room, add_room(std::move(defaults), platform));
  }
  apply_standing(*room,
                 {*bot, *bot, Standing::Left,
                  bot->admin && is_present(standing) ? Standing::Administrator : standing, false});
  return bot;
}

Result<Account*> World::add_person(PersonSpec spec, Platform platform) {
  if (accounts_.size() >= options_.max_accounts) {
    return fail(ErrorCode::QueueFull, "too many accounts in this sandbox");
  }
  const auto id = mint_user_id();
  if (spec.name.empty()) spec.name = fmt::format("person_{}", id.value);
  if (spec.name.front() == '@') spec.name.erase(0, 1);
  if (!is_handle(spec.name)) {
    return fail(ErrorCode::InvalidArgument, "a name has 1 to 64 characters without spaces");
  }
  if (find_name(platform, spec.name) != nullptr) {
    return fail(ErrorCode::Conflict, fmt::format("the name '{}' is taken", spec.name));
  }
  auto account = std::make_unique<Account>();
  account->id = id;
  account->platform = platform;
  account->username = std::move(spec.name);
  account->first_name = spec.first_name.empty() ? account->username : std::move(spec.first_name);
  account->language = std::move(spec.language);
  return &insert_account(std::move(account));
}

Account* World::find_account(PlatformUserId id) const {
  auto it = accounts_.find(id);
  return it == accounts_.end() ? nullptr : it->second.get();
}

Account* World::find_name(Platform platform, std::string_view name) const {
  if (!name.empty() && name.front() == '@') name.remove_prefix(1);
  const auto& names = names_[index(platform)];
  const auto it = names.find(ascii_lower(name));
  return it == names.end() ? nullptr : it->second;
}

Account* World::find_name(std::string_view name) const {
  for (std::size_t i = 0; i < kPlatforms; ++i) {
    if (auto* found = find_name(static_cast<Platform>(i), name)) return found;
  }
  return nullptr;
}

Result<void> World::remove_account(PlatformUserId id) {
  auto* account = find_account(id);
  if (account == nullptr || account->removed) {
    return fail(ErrorCode::NotFound, fmt::format("no account {}", id.value));
  }
  if (account->queue) {
    account->queue->clear(DropReason::BotRemoved, drop_teller(*account));
    if (recorder_ != nullptr) recorder_->cleared(id);
  }
  for (auto* room : room_order_) {
    if (const auto* member = room->member(id)) {
      apply_standing(*room, {*account, *account, member->standing, Standing::Left, false});
    }
  }
  account->removed = true;
  names_[index(account->platform)].erase(ascii_lower(account->username));
  if (recorder_ != nullptr) recorder_->account(*account);
  if (const auto& hook = removed_hooks_[index(account->platform)]) hook(*account);
  return {};
}

void World::set_extra(Account& account, const std::string& name, std::string value) {
  if (value.empty()) {
    account.extras.erase(name);
  } else {
    account.extras[name] = std::move(value);
  }
  if (recorder_ != nullptr) recorder_->account(account);
}

void World::set_wanted(Account& bot, EventMask wanted) {
  if (bot.wanted == wanted) return;
  bot.wanted = wanted;
  if (recorder_ != nullptr) recorder_->account(bot);
}

std::string World::unique_room_name(Platform platform, std::string_view wanted) const {
  const auto& names = room_names_[index(platform)];
  std::string base(wanted.empty() ? "room" : wanted);
  std::string name = base;
  for (int n = 2; names.contains(ascii_lower(name)); ++n) name = fmt::format("{}-{}", base, n);
  return name;
}

Room& World::insert_room(std::unique_ptr<Room> room) {
  auto& added = *room;
  added.serial = added.serial != 0 ? added.serial : next_serial_++;
  next_serial_ = std::max(next_serial_, added.serial + 1);
  added.wire = dialect(added.platform).room_wire(added);
  if (added.is_private()) {
    private_rooms_.emplace(std::pair(added.bot->id, added.peer->id), std::move(room));
  } else {
    rooms_.emplace(added.id, std::move(room));
    room_names_[index(added.platform)][ascii_lower(added.name)] = &added;
  }
  room_order_.push_back(&added);
  by_serial_[added.serial] = &added;
  if (recorder_ != nullptr) recorder_->room(added);
  return added;
}

Result<Room*> World::add_room(RoomSpec spec, Platform platform) {
  if (spec.type == RoomType::Private) {
    return fail(ErrorCode::InvalidArgument,
                "a private chat starts with a message: post one with 'bot' set");
  }
  if (!dialect(platform).has(spec.type)) {
    return fail(ErrorCode::InvalidArgument, fmt::format("{} has no rooms of type '{}'",
                                                        to_string(platform), to_string(spec.type)));
  }
  if (spec.forum && (platform != Platform::Telegram || spec.type != RoomType::Supergroup)) {
    return fail(ErrorCode::InvalidArgument, "only supergroups of Telegram can be forums");
  }
  auto room = std::make_unique<Room>();
  room->is_forum = spec.forum;
  room->id = mint_room_id(spec.type);
  room->type = spec.type;
  room->platform = platform;
  room->title = spec.title.empty() ? std::string("room") : std::move(spec.title);
  room->name = unique_room_name(platform, room->title);
  const auto admit = [&](const std::vector<PlatformUserId>& ids, bool bots) -> Result<void> {
    for (auto id : ids) {
      auto* account = find_account(id);
      if (account == nullptr || account->removed || account->is_bot != bots) {
        return fail(ErrorCode::NotFound,
                    fmt::format("no {} {}", bots ? "bot" : "person", id.value));
      }
      if (account->platform != platform) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} is an account of {}, the room is one of {}", account->username,
                                to_string(account->platform), to_string(platform)));
      }
      if (!room->members.contains(id) && bots) room->bots.push_back(account);
      const bool lead = account->admin || (bots && spec.type == RoomType::Channel);
      room->members[id] = {account, lead ? Standing::Administrator : Standing::Member};
    }
    return {};
  };
  CH_TRY_VOID(admit(spec.people, false));
  CH_TRY_VOID(admit(spec.bots, true));
  if (spec.creator) {
    auto* creator = find_account(spec.creator);
    if (creator == nullptr) {
      return fail(ErrorCode::NotFound, fmt::format("no account {}", spec.creator.value));
    }
    if (creator->is_bot && !room->members.contains(spec.creator)) room->bots.push_back(creator);
    room->members[spec.creator] = {creator, Standing::Creator};
  } else if (!spec.people.empty()) {
    room->members[spec.people.front()].standing = Standing::Creator;
  }
  auto& added = insert_room(std::move(room));
  if (recorder_ != nullptr) {
    for (const auto& [id, member] : added.members) {
      recorder_->member(added, *member.account, member.standing);
    }
  }
  dialect(platform).room_opened(added);
  return &added;
}

Result<void> World::remove_room(Room& room) {
  if (room.is_private() || room.deleted) {
    return fail(ErrorCode::InvalidArgument, "only groups and channels can be removed");
  }
  room.deleted = true;
  room.bots.clear();
  room.messages.clear();
  room_names_[index(room.platform)].erase(ascii_lower(room.name));
  if (recorder_ != nullptr) recorder_->room_removed(room);
  return {};
}

Room* World::find_room(PlatformChatId id) const {
  auto it = rooms_.find(id);
  return it == rooms_.end() ? nullptr : it->second.get();
}

Room* World::find_serial(std::int64_t serial) const {
  const auto it = by_serial_.find(serial);
  return it == by_serial_.end() ? nullptr : it->second;
}

Room* World::find_room_name(Platform platform, std::string_view name) const {
  const auto& names = room_names_[index(platform)];
  const auto it = names.find(ascii_lower(name));
  return it == names.end() ? nullptr : it->second;
}

Room* World::find_room_name(std::string_view name) const {
  for (std::size_t i = 0; i < kPlatforms; ++i) {
    if (auto* found = find_room_name(static_cast<Platform>(i), name)) return found;
  }
  return nullptr;
}

Room* World::find_private(PlatformUserId bot, PlatformUserId peer) const {
  auto it = private_rooms_.find({bot, peer});
  return it == private_rooms_.end() ? nullptr : it->second.get();
}

Room& World::open_private(Account& bot, Account& peer) {
  if (auto* room = find_private(bot.id, peer.id)) return *room;
  auto room = std::make_unique<Room>();
  room->id = PlatformChatId(peer.id.value);
  room->type = RoomType::Private;
  room->platform = bot.platform;
  room->bot = &bot;
  room->peer = &peer;
  room->title = peer.first_name;
  room->name = fmt::format("{}/{}", bot.username, peer.username);
  room->members[bot.id] = {&bot, Standing::Member};
  room->members[peer.id] = {&peer, Standing::Member};
  room->bots.push_back(&bot);
  auto& added = insert_room(std::move(room));
  dialect(added.platform).room_opened(added);
  return added;
}

void World::rename(Room& room, std::string title) {
  room.title = std::move(title);
  room.wire = dialect(room.platform).room_wire(room);
  if (recorder_ != nullptr) recorder_->room(room);
}

void World::set_extra(Room& room, const std::string& name, std::string value) {
  if (value.empty()) {
    if (room.extras.erase(name) == 0) return;
  } else {
    room.extras[name] = std::move(value);
  }
  if (recorder_ != nullptr) recorder_->room(room);
}

void World::rename(Account& account, std::string first_name) {
  account.first_name = std::move(first_name);
  refresh_wire(account);
  if (recorder_ != nullptr) recorder_->account(account);
}

void World::reset() {
  for (auto* account : account_order_) {
    if (account->queue) account->queue->clear(DropReason::BotRemoved, drop_teller(*account));
    const auto& hook = removed_hooks_[index(account->platform)];
    if (hook && !account->removed) hook(*account);
  }
  presses_.clear();
  for (auto& names : room_names_) names.clear();
  room_order_.clear();
  by_serial_.clear();
  rooms_.clear();
  private_rooms_.clear();
  for (auto& names : names_) names.clear();
  account_order_.clear();
  accounts_.clear();
  files_.clear();
  counters_ = {};
  for (auto* form : dialects_) {
    if (form != nullptr) form->forgotten();
  }
  if (recorder_ != nullptr) recorder_->reset();
}

const StoredFile& World::add_file(StoredFile file, std::string content) {
  const auto& added = files_.add(std::move(file), std::move(content));
  if (recorder_ != nullptr) recorder_->file(added);
  return added;
}

void World::add_observer(Observer& observer) {
  observers_.push_back(&observer);
}

void World::remove_observer(Observer& observer) {
  std::erase(observers_, &observer);
}

MessageView World::view(const Room& room, const Message& message) const {
  MessageView view;
  view.room = room.id;
  view.room_type = room.type;
  view.id = message.id;
  view.from = message.from->id;
  view.from_bot = message.from->is_bot;
  view.text = message.text;
  if (message.reply_to) view.reply_to = message.reply_to;
  if (room.is_private()) {
    view.private_peer = message.from == room.bot ? room.peer->id : room.bot->id;
  }
  view.at = message.at;
  view.date = message.date;
  return view;
}

}  // namespace chorus::sandbox
