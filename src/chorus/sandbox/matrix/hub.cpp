#include "chorus/sandbox/matrix/hub.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/sandbox/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// Users and the stream; rooms are in hub_rooms.cpp, the journal in hub_records.cpp.
namespace chorus::sandbox::matrix {

namespace {

constexpr std::string_view kHostName = "sandbox";
/// So many positions are written down at once: those of typing and the like are never written, and
/// must not come twice after a restart.
constexpr std::int64_t kReserve = 4096;
constexpr std::size_t kMostFilters = 1000;  // of one user
constexpr std::size_t kMostDevices = 1000;

}  // namespace

Hub::Hub(rt::Loop& loop, World& world, std::string server_name)
    : loop_(loop), world_(world), server_name_(std::move(server_name)) {}
Hub::~Hub() = default;

std::string Hub::user_id_of(const Account& account) const {
  return fmt::format("@{}:{}", proto::matrix::localpart_of(account.username), server_name_);
}

User& Hub::user_of(Account& account) {
  auto& user = users_[account.id];
  if (!user) {
    user = std::make_shared<User>(loop_, account);
    by_user_id_[account.wire] = user.get();
    if (service_of_) user->service = service_of_(account.wire);
    if (account.is_bot && !account.token.empty()) {
      const auto [it, fresh] =
          user->devices.try_emplace("SANDBOX", Device{"SANDBOX", account.token, "sandbox"});
      sessions_[account.token] = {user.get(), it->first};
    }
  }
  return *user;
}

User* Hub::find_user(std::string_view user_id) const {
  const auto found = by_user_id_.find(std::string(user_id));
  return found == by_user_id_.end() || found->second->account->removed ? nullptr : found->second;
}

bool Hub::was_removed(std::string_view user_id) const {
  const auto found = by_user_id_.find(std::string(user_id));
  return found != by_user_id_.end() && found->second->account->removed;
}

std::optional<Hub::Session> Hub::find_session(std::string_view token) const {
  const auto found = sessions_.find(std::string(token));
  if (found == sessions_.end() || found->second.user->account->removed) return std::nullopt;
  return found->second;
}

const Device& Hub::add_device(User& user, std::string id, std::string name, std::string token) {
  if (id.empty()) id = world_.mint_secret().substr(2, 10);
  if (token.empty()) token = "syt_" + world_.mint_secret();
  auto& device = user.devices[id];
  if (!device.token.empty()) sessions_.erase(device.token);
  device = {id, std::move(token), name.empty() ? device.name : std::move(name)};
  sessions_[device.token] = {&user, id};
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "device")
      .field("user", user.account->id.value)
      .field("id", device.id)
      .field("token", device.token)
      .field("name", device.name)
      .end_object();
  record(line);
  if (user.devices.size() > kMostDevices) {
    const auto other =
        user.devices.begin()->first == id ? std::next(user.devices.begin()) : user.devices.begin();
    remove_device(user, std::string(other->first));
  }
  return user.devices.find(id)->second;
}

void Hub::remove_device(User& user, const std::string& id) {
  const auto found = user.devices.find(id);
  if (found == user.devices.end()) return;
  sessions_.erase(found->second.token);
  user.devices.erase(found);
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "device_gone")
      .field("user", user.account->id.value)
      .field("id", id)
      .end_object();
  record(line);
  wake(user);
}

void Hub::set_password(User& user, std::string password) {
  user.password = std::move(password);
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "password")
      .field("user", user.account->id.value)
      .field("text", user.password)
      .end_object();
  record(line);
}

void Hub::set_avatar(User& user, std::string url) {
  user.avatar = std::move(url);
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "avatar")
      .field("user", user.account->id.value)
      .field("text", user.avatar)
      .end_object();
  record(line);
}

std::string Hub::add_filter(User& user, std::string filter) {
  if (const auto same = std::ranges::find(user.filters, filter); same != user.filters.end()) {
    return std::to_string(same - user.filters.begin());
  }
  if (user.filters.size() >= kMostFilters) user.filters.clear();
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "filter")
      .field("user", user.account->id.value)
      .field("index", user.filters.size())
      .field("text", filter)
      .end_object();
  record(line);
  user.filters.push_back(std::move(filter));
  return std::to_string(user.filters.size() - 1);
}

void Hub::set_data(User& user, const std::string& room, const std::string& type,
                   std::string content) {
  auto& piece = user.data[{room, type}];
  piece = {std::move(content), next_position()};
  user.last_data = piece.position;
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "data")
      .field("user", user.account->id.value)
      .field("room", room)
      .field("type", type)
      .field("content", piece.content)
      .field("pos", piece.position)
      .end_object();
  record(line);
  wake(user);
}

Account& Hub::host() {
  if (auto* found = world_.find_name(Platform::Matrix, kHostName)) return *found;
  PersonSpec spec;
  spec.name = kHostName;
  spec.first_name = "Sandbox";
  // The name was free, and the bound on accounts is far above: a world that cannot add one more
  // account could not have added the one that needs a room.
  auto made = world_.add_person(std::move(spec), Platform::Matrix);
  CH_CHECK(made.has_value());
  return **made;
}

std::int64_t Hub::next_position() {
  if (position_ >= reserved_) {
    reserved_ = position_ + kReserve;
    remember_reservation();
  }
  return ++position_;
}

void Hub::remember_reservation() {
  record(fmt::format(R"({{"k":"reserve","pos":{}}})", reserved_));
}

void Hub::wake(User& user) {
  if (user.waiting > 0) user.wake.notify_all();
}

void Hub::wake_all() {
  for (auto* user : held_) user->wake.notify_all();
}

void Hub::wake_members(const RoomLog& log, const User* also) {
  // Whichever are fewer are gone through: the members of the room, or those who wait.
  const auto& members = log.room().members;
  if (members.size() < held_.size()) {
    for (const auto& [id, member] : members) {
      const auto found = users_.find(id);
      if (found == users_.end()) continue;
      if (is_present(member.standing) || found->second.get() == also) wake(*found->second);
    }
    return;
  }
  for (auto* user : held_) {
    const auto* member = log.room().member(user->account->id);
    if (user == also || (member != nullptr && is_present(member->standing))) {
      user->wake.notify_all();
    }
  }
}

Hub::Held::Held(Hub& hub, User& user) : hub_(hub), user_(user.shared_from_this()) {
  if (user.waiting++ == 0) hub.held_.push_back(&user);
}

Hub::Held::~Held() {
  if (--user_->waiting == 0) std::erase(hub_.held_, user_.get());
}

void Hub::set_receipt(RoomLog& log, User& user, const Receipt& receipt) {
  auto& room = ephemerals_.of(log.room().serial);
  const Ephemerals::ReceiptKey key(user.account->wire, receipt.type, receipt.thread);
  if (!room.receipts.contains(key) && room.receipts.size() >= Ephemerals::kMostReceipts) {
    room.receipts.erase(room.receipts.begin());
  }
  auto& kept = room.receipts[key];
  kept = receipt;
  kept.position = next_position();
  room.receipts_position = kept.position;
  record(receipt_record(log, user, kept));
  if (kept.type == "m.read.private") {
    wake(user);
  } else {
    wake_members(log);
  }
}

std::string Hub::receipt_record(const RoomLog& log, const User& user, const Receipt& receipt) {
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("k", "receipt")
      .field("user", user.account->id.value)
      .field("room", log.room().serial)
      .field("type", receipt.type)
      .field("thread", receipt.thread)
      .field("event", receipt.event_id)
      .field("ts", receipt.ts)
      .field("pos", receipt.position)
      .end_object();
  return line;
}

void Hub::set_typing(RoomLog& log, User& user, bool typing, Duration timeout) {
  auto& room = ephemerals_.of(log.room().serial);
  const bool was = room.typing.contains(user.account->wire);
  if (!typing && !was) return;
  if (typing) {
    room.typing[user.account->wire] = loop_.now() + timeout;
  } else {
    room.typing.erase(user.account->wire);
  }
  if (typing == was) return;  // only its end moved
  room.typing_position = next_position();
  wake_members(log);
}

bool Hub::expire_typing() {
  bool more = false;
  const auto now = loop_.now();
  for (auto* room : world_.rooms()) {
    if (room->platform != Platform::Matrix || ephemerals_.find(room->serial) == nullptr) continue;
    auto& state = ephemerals_.of(room->serial);
    const auto ended =
        std::erase_if(state.typing, [&](const auto& entry) { return entry.second <= now; });
    more = more || !state.typing.empty();
    if (ended == 0) continue;
    state.typing_position = next_position();
    wake_members(log_of(*room));
  }
  return more;
}

void Hub::record(std::string_view line) {
  if (auto* recorder = world_.recorder()) recorder->platform(Platform::Matrix, line);
}

void Hub::forget_all() {
  for (auto& [id, user] : users_) user->gone = true;
  wake_all();  // in the order in which they came
  held_.clear();
  sessions_.clear();
  by_user_id_.clear();
  by_room_id_.clear();
  aliases_.clear();
  logs_.clear();
  users_.clear();
  transactions_.clear();
  ephemerals_.clear();
}

}  // namespace chorus::sandbox::matrix
