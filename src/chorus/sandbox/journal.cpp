#include "chorus/sandbox/journal.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/log.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

/// Files and records of the journal; reading them back is in journal_load.cpp.
namespace chorus::sandbox {

namespace {

constexpr const char* kFile = "world.journal";
constexpr const char* kLock = "world.lock";
constexpr const char* kContents = "files";

std::string system_error() {
  return std::strerror(errno);
}

std::string read_all(int file) {
  std::string text;
  char buffer[64 * 1024];
  while (true) {
    const auto n = ::read(file, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace

WorldJournal::WorldJournal(World& world, std::string folder, std::size_t compact_above)
    : world_(world),
      folder_(std::move(folder)),
      contents_(folder_ + "/" + kContents),
      compact_above_(compact_above) {}

WorldJournal::~WorldJournal() {
  world_.set_recorder(nullptr);
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
}

Result<void> WorldJournal::lock() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{}: cannot be made: {}", folder_, error.message()));
  }
  const auto path = folder_ + "/" + kLock;
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path, system_error()));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    auto owner = read_all(lock_);
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    ::close(lock_);
    lock_ = -1;
    return fail(ErrorCode::Conflict,
                fmt::format("{} is in use by another sandbox (process {})", folder_, owner));
  }
  const auto own = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, own.data(), own.size(), 0) < 0) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path, system_error()));
  }
  return {};
}

Result<void> WorldJournal::open() {
  CH_TRY_VOID(lock());
  const auto path = folder_ + "/" + kFile;
  const int existing = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (existing >= 0) {
    const auto text = read_all(existing);
    ::close(existing);
    CH_TRY_VOID(load(text));
  } else if (errno != ENOENT) {
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path, system_error()));
  }
  CH_TRY_VOID(compact());
  world_.set_recorder(this);
  return {};
}

Result<void> WorldJournal::close() {
  world_.set_recorder(nullptr);
  auto result = file_ >= 0 ? compact() : Result<void>{};
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
  file_ = lock_ = -1;
  return result;
}

Result<void> WorldJournal::compact() {
  const auto path = folder_ + "/" + kFile;
  const auto fresh = path + ".new";
  snapshot_.clear();
  snapshotting_ = true;
  write_world();
  snapshotting_ = false;
  const int next = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (next < 0) return fail(ErrorCode::Unavailable, fmt::format("{}: {}", fresh, system_error()));
  const int old = std::exchange(file_, next);
  const bool written = flush(snapshot_) && ::fsync(next) == 0;
  written_ = snapshot_.size();
  // The file may double before it is worth writing anew.
  if (2 * written_ > compact_above_) compact_above_ = 2 * written_;
  snapshot_ = {};
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) {
    const auto why = system_error();
    ::close(next);
    file_ = old;
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", fresh, why));
  }
  if (old >= 0) ::close(old);
  contents_.sweep(world_.files_);
  return {};
}

void WorldJournal::write_world() {
  for (const auto* account : world_.account_order_) this->account(*account);
  for (const auto* room : world_.room_order_) {
    this->room(*room);
    if (room->deleted) room_removed(*room);
    if (!room->is_private()) {
      for (const auto& [id, member] : room->members) {
        this->member(*room, *member.account, member.standing);
      }
    }
    for (const auto& message : room->messages) this->message(*room, message);
  }
  for (const auto number : world_.files_.order()) file(*world_.files_.find(number));
  for (const auto& [id, press] : world_.presses_) this->press(press);
  for (std::size_t i = 0; i < kPlatforms; ++i) {
    const auto* form = world_.dialects_[i];
    if (form == nullptr) continue;
    form->write_records(
        [&](std::string_view record) { this->platform(static_cast<Platform>(i), record); });
  }
  // One line per event and queue: who shared a body before shares it no more after a restart.
  for (const auto* account : world_.account_order_) {
    if (!account->queue) continue;
    for (const auto* queued : account->queue->from(0, SIZE_MAX)) {
      const std::pair<PlatformUserId, std::int64_t> entry(account->id, queued->number);
      event(*queued->event, {&entry, 1});
    }
  }
}

bool WorldJournal::flush(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(file_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void WorldJournal::append(std::string line) {
  line += '\n';
  if (snapshotting_) {
    snapshot_ += line;
    return;
  }
  if (file_ < 0 || !healthy_) return;
  if (!flush(line)) {
    healthy_ = false;
    log::error("sandbox", "{}: cannot be written ({}): the world goes on in memory only", folder_,
               system_error());
    return;
  }
  written_ += line.size();
  if (written_ > compact_above_) {
    if (const auto done = compact(); !done) log::error("sandbox", "{}", done.error().message);
  }
}

void WorldJournal::account(const Account& a) {
  std::string line;
  JsonWriter w(line);
  w.begin_object()
      .field("t", "account")
      .field("id", a.id.value)
      .field("platform", static_cast<int>(a.platform))
      .field("bot", a.is_bot)
      .field("removed", a.removed)
      .field("username", a.username)
      .field("first_name", a.first_name)
      .field("language", a.language);
  if (a.is_bot) {
    w.field("token", a.token)
        .field("self", a.self_registered)
        .field("privacy", a.privacy)
        .field("b2b", a.bot_to_bot)
        .field("admin", a.admin)
        .field("next", a.next_message_id)
        .field("wanted", a.wanted)
        .field("tail", a.queue->tail());
    w.key("extras").begin_object();
    for (const auto& [key, value] : a.extras) w.field(key, value);
    w.end_object();
  }
  w.end_object();
  append(std::move(line));
}

void WorldJournal::room(const Room& r) {
  std::string line;
  JsonWriter w(line);
  w.begin_object()
      .field("t", "room")
      .field("serial", r.serial)
      .field("id", r.id.value)
      .field("type", to_string(r.type))
      .field("platform", static_cast<int>(r.platform))
      .field("name", r.name)
      .field("title", r.title)
      .field("bot", r.bot != nullptr ? r.bot->id.value : 0)
      .field("peer", r.peer != nullptr ? r.peer->id.value : 0)
      .field("started", r.started)
      .field("forum", r.is_forum)
      .field("blocked", r.blocked)
      .field("next", r.next_message_id)
      .field("writer", r.last_bot_writer.value);
  w.key("extras").begin_object();
  for (const auto& [key, value] : r.extras) w.field(key, value);
  w.end_object().end_object();
  append(std::move(line));
}

void WorldJournal::room_removed(const Room& r) {
  append(fmt::format(R"({{"t":"room_removed","room":{}}})", r.serial));
}

void WorldJournal::member(const Room& r, const Account& a, Standing standing) {
  append(fmt::format(R"({{"t":"member","room":{},"user":{},"standing":"{}"}})", r.serial,
                     a.id.value, to_string(standing)));
}

void WorldJournal::message(const Room& r, const Message& m) {
  std::string line;
  line.reserve(m.wire.size() + m.text.size() + 256);
  JsonWriter w(line);
  w.begin_object()
      .field("t", "message")
      .field("room", r.serial)
      .field("id", m.id.value)
      .field("from", m.from->id.value)
      .field("as_room", m.as_room)
      .field("kind", static_cast<int>(m.kind))
      .field("date", to_micros(m.date))
      .field("edited", to_micros(m.edited))
      .field("text", m.text)
      .field("wire", m.wire)
      .field("origin", m.origin)
      .field("markup", m.markup)
      .field("other_markup", m.other_markup)
      .field("shown", m.markup_shown)
      .field("file", m.file)
      .field("reply_to", m.reply_to.value)
      .field("topic", m.topic.value)
      .field("command", m.address.is_command)
      .field("target", m.address.command_target.value)
      .field("meant_for", m.meant_for.value)
      .field("protected", m.is_protected)
      .field("deleted", m.deleted);
  w.key("reactions").begin_array();
  for (const auto& reaction : m.reactions) w.value(reaction.by.value).value(reaction.emoji);
  w.end_array().key("views").begin_array();
  for (const auto& [account, id] : m.views) w.value(account.value).value(id.value);
  w.end_array().end_object();
  append(std::move(line));
}

void WorldJournal::event(const Event& e,
                         std::span<const std::pair<PlatformUserId, std::int64_t>> queues) {
  std::string line;
  line.reserve(e.body.size() + 128 + queues.size() * 32);
  JsonWriter w(line);
  w.begin_object()
      .field("t", "event")
      .field("kind", static_cast<int>(e.kind))
      .field("room", e.room.value)
      .field("message", e.message.value)
      .field("from", e.from.value)
      .field("expires", to_micros(e.expires))
      .field("body", e.body);
  w.key("queues").begin_array();
  for (const auto& [bot, number] : queues) w.value(bot.value).value(number);
  w.end_array().end_object();
  append(std::move(line));
}

void WorldJournal::confirmed_below(PlatformUserId bot, std::int64_t number) {
  append(fmt::format(R"({{"t":"below","bot":{},"number":{}}})", bot.value, number));
}

void WorldJournal::confirmed(PlatformUserId bot, std::int64_t number) {
  append(fmt::format(R"({{"t":"done","bot":{},"number":{}}})", bot.value, number));
}

void WorldJournal::cleared(PlatformUserId bot) {
  append(fmt::format(R"({{"t":"cleared","bot":{}}})", bot.value));
}

void WorldJournal::press(const ButtonPress& p) {
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("t", "press")
      .field("id", p.id)
      .field("bot", p.bot->id.value)
      .field("by", p.by->id.value)
      .field("room", p.room->serial)
      .field("message", p.message.value)
      .field("data", p.data)
      .field("at", to_micros(p.at))
      .end_object();
  append(std::move(line));
}

void WorldJournal::press_done(std::int64_t id) {
  append(fmt::format(R"({{"t":"press_done","id":{}}})", id));
}

void WorldJournal::file(const StoredFile& f) {
  if (!snapshotting_ && f.content && healthy_) {
    if (const auto kept = contents_.put(f.number, *f.content); !kept) {
      log::error("sandbox", "{}: this upload is lost at a restart", kept.error().message);
    }
    written_ += f.content->size();  // a compaction removes the contents that were forgotten
  }
  std::string line;
  JsonWriter(line)
      .begin_object()
      .field("t", "file")
      .field("number", f.number)
      .field("name", f.name)
      .field("mime", f.mime)
      .field("unique", f.unique_id)
      .field("size", f.size)
      .field("width", f.width)
      .field("height", f.height)
      .field("photo", f.is_photo)
      .field("form", f.form)
      .field("facts", f.facts)
      .end_object();
  append(std::move(line));
}

void WorldJournal::platform(Platform of, std::string_view record) {
  append(fmt::format(R"({{"t":"more","of":"{}","record":{}}})", to_string(of), record));
}

void WorldJournal::reset() {
  append(R"({"t":"reset"})");
  contents_.sweep(world_.files_);
}

}  // namespace chorus::sandbox
