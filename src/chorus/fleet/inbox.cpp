#include "chorus/fleet/inbox.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

constexpr std::size_t kReadBatch = 500;
constexpr std::size_t kFinishBatch = 1000;

bool lacks_what_it_needs(const IncomingUpdate& u) {
  switch (u.kind) {
    case store::InboxKind::Message:
    case store::InboxKind::EditedMessage:
      return !u.message || !u.message->chat || !is_valid_utf8(u.message->text);
    case store::InboxKind::Callback:
      return u.callback_id.empty();
    case store::InboxKind::Membership:
      return u.member_status.empty();
    case store::InboxKind::Reaction:
    case store::InboxKind::Other:
      return false;
  }
  return true;
}

bool is_member(std::string_view status) {
  return status == "member" || status == "administrator" || status == "creator" ||
         status == "restricted";
}

}  // namespace

Inbox::Inbox(Core& core) : core_(core), wake_reader_(core.loop), wake_writer_(core.loop) {}

// ---------------------------------------------------------------- accept: durable, then deliver

Room* Inbox::known_room(const Bot& bot, const Place& place) const {
  const auto kind = effective_kind(bot.row.platform, place.chat, place.kind);
  return core_.directory.find_room(bot.row.platform, place.chat,
                                   owner_of(bot.row.platform, kind, bot.row.id));
}

/// The room that is known, or a new one.
rt::Task<Result<Room*>> Inbox::room_of(Bot* bot, Place place) {
  if (Room* known = known_room(*bot, place)) co_return known;
  const auto platform = bot->row.platform;
  const auto kind = effective_kind(platform, place.chat, place.kind);
  store::RoomRow row;
  row.id = core_.ids.next<RoomId>();
  row.platform = platform;
  row.chat = place.chat;
  row.owner = owner_of(platform, kind, bot->row.id);
  row.kind = kind;
  // A private chat's title is the person's name: it stands with their lines, where it is sealed.
  if (kind != store::ChatKind::Private) row.title = std::move(place.title);
  row.enabled = core_.settings.auto_enable_rooms || kind == store::ChatKind::Private;
  row.created_at = core_.loop.wall_now();
  const RoomId made = row.id;
  CH_CO_TRY(store::RoomRow stored, co_await core_.store.ensure_room(std::move(row)));
  const bool is_new = stored.id == made;
  Room& room = core_.rooms->add(std::move(stored));
  if (is_new && room.faces.size() == 1) core_.rooms->loaded(room);  // there is no past to read
  co_return &room;
}

rt::Task<Result<std::vector<Room*>>> Inbox::rooms_of(Bot* bot,
                                                     const std::vector<IncomingUpdate>& updates) {
  std::vector<Room*> rooms;
  rooms.reserve(updates.size());
  for (const IncomingUpdate& update : updates) {
    Room* room = nullptr;
    if (update.message && update.message->chat) {
      const IncomingMessage& m = *update.message;
      CH_CO_TRY(room, co_await room_of(bot, {m.chat, m.chat_kind, m.chat_title}));
      if (core_.directory.set_member(*room, bot->row.id, true)) {
        CH_CO_TRY_VOID(
            co_await core_.store.set_membership(room->face_of(bot->row.id).id, bot->row.id, true));
      }
    } else if (update.kind == store::InboxKind::Membership && update.chat) {
      // Who leaves a chat that we never heard of leaves nothing behind.
      const Place place{*update.chat, update.chat_kind, update.chat_title};
      room = known_room(*bot, place);
      if (room == nullptr && is_member(update.member_status)) {
        CH_CO_TRY(room, co_await room_of(bot, place));
      }
    }
    rooms.push_back(room);
  }
  co_return rooms;
}

store::InboundUpdate Inbox::to_rows(const Bot& bot, const IncomingUpdate& update, Room* room) {
  store::InboundUpdate rows;
  rows.inbox.id = core_.ids.next<InboxId>();
  rows.inbox.bot = bot.row.id;
  rows.inbox.update_id = update.update_id;
  rows.inbox.kind = update.kind;
  if (update.kind == store::InboxKind::Callback) {
    rows.inbox.person = update.callback_from.value_or(PlatformUserId{});
  } else if (update.message) {
    rows.inbox.person = update.message->from;
  }
  rows.inbox.received_at = core_.loop.wall_now();
  if (lacks_what_it_needs(update)) {
    core_.metrics.malformed.add();
    rows.inbox.kind = store::InboxKind::Other;  // kept, so that it is not sent again, and skipped
    return rows;
  }
  rows.inbox.payload = write_payload(update);
  if (room == nullptr) return rows;
  const store::RoomRow& face = room->face_of(bot.row.id);
  rows.inbox.room = face.id;
  const bool is_line =
      update.kind == store::InboxKind::Message || update.kind == store::InboxKind::EditedMessage;
  if (!is_line) return rows;
  const IncomingMessage& m = *update.message;
  store::MessageRow row;
  row.id = core_.ids.next<MessageRowId>();
  rows.inbox.message = row.id;
  row.room = face.id;
  row.owner = face.owner;
  row.author = m.from;
  row.author_name = m.from_name.empty() ? m.from_username : m.from_name;
  row.author_is_bot = m.from_is_bot;
  if (const Bot* ours = core_.directory.by_user(m.from)) row.bot = ours->row.id;
  row.message = m.message;
  row.reply_to = m.reply_to;
  row.direction = row.bot ? store::Direction::Out : store::Direction::In;
  row.text = m.text;
  row.created_at = rows.inbox.received_at;
  row.date = to_micros(m.date) > 0 ? m.date : row.created_at;
  rows.message = std::move(row);
  return rows;
}

/// Where a caller waits for its answer.
struct Inbox::Caller {
  explicit Caller(rt::Loop& loop) : answered(loop) {}
  std::optional<Result<void>> answer;
  rt::Notify answered;
};

rt::Task<Result<void>> Inbox::accept(Bot* bot, std::vector<IncomingUpdate> updates,
                                     std::optional<std::int64_t> next_offset) {
  if (core_.scope.stopping()) co_return fail(ErrorCode::Unavailable, "the fleet stops");
  const std::size_t count = updates.size();
  // Shared by this call and the task, because either may end first.
  const auto caller = std::make_shared<Caller>(core_.loop);
  rt::spawn(core_.scope, "accept", &Inbox::accept_for, this, caller, bot, std::move(updates),
            next_offset);
  const MonoTime due = core_.now() + core_.settings.accept_timeout;
  while (!caller->answer) {
    switch (co_await caller->answered.wait_until(due)) {
      case rt::Notify::Woken::Notified:
        break;
      case rt::Notify::Woken::Cancelled:
        co_return fail(ErrorCode::Cancelled);
      case rt::Notify::Woken::Timeout:
        if (caller->answer) break;
        core_.store_ok = false;
        core_.metrics.refused_accepts.add(count);
        co_return fail(ErrorCode::Unavailable, "the store does not commit in time");
    }
  }
  co_return *std::move(caller->answer);
}

rt::Task<void> Inbox::accept_for(Inbox* self, std::shared_ptr<Caller> caller, Bot* bot,
                                 std::vector<IncomingUpdate> updates,
                                 std::optional<std::int64_t> next_offset) {
  caller->answer = co_await self->take_in(bot, std::move(updates), next_offset);
  caller->answered.notify_all();
}

rt::Task<Result<void>> Inbox::take_in(Bot* bot, std::vector<IncomingUpdate> updates,
                                      std::optional<std::int64_t> next_offset) {
  auto rooms = co_await rooms_of(bot, updates);
  if (!rooms) {
    core_.metrics.refused_accepts.add(updates.size());
    co_return std::unexpected(std::move(rooms).error());
  }
  std::vector<store::InboundUpdate> rows;
  rows.reserve(updates.size());
  for (std::size_t i = 0; i < updates.size(); ++i) {
    rows.push_back(to_rows(*bot, updates[i], (*rooms)[i]));
  }
  std::optional<store::Cursor> cursor;
  if (next_offset) cursor = store::Cursor{bot->row.id, *next_offset};
  auto outcome = co_await core_.store.accept_updates(rows, cursor);
  core_.note_store(outcome);
  if (!outcome) {
    core_.metrics.refused_accepts.add(updates.size());
    co_return std::unexpected(std::move(outcome).error());
  }
  if (next_offset) bot->next_offset = *next_offset;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!outcome->accepted[i]) {
      core_.metrics.duplicates.add();
      continue;
    }
    core_.metrics.accepted.add();
    if (backlog_ || in_memory_.size() >= core_.settings.inbox_memory) {
      backlog_ = true;  // order is kept: everything later waits behind it in the store
      ++deferred_;
      wake_reader_.notify_one();
      continue;
    }
    rows[i].inbox.message = outcome->messages[i];
    if (rows[i].message) rows[i].message->id = outcome->messages[i];
    in_memory_.insert(rows[i].inbox.id);
    deliver(std::move(rows[i].inbox), std::move(rows[i].message), payload_of(std::move(updates[i])),
            outcome->first_seen[i]);
  }
  core_.metrics.inbox_in_memory.set(static_cast<double>(in_memory_.size()));
  co_return Result<void>{};
}

// ------------------------------------------------------------------------------- to the rooms

void Inbox::deliver(store::InboxRow inbox, std::optional<store::MessageRow> message,
                    InboxPayload payload, bool first_seen) {
  switch (inbox.kind) {
    case store::InboxKind::Message:
      if (!message) return finish(inbox.id, store::InboxState::Skipped, TurnReason::Malformed);
      return deliver_message(inbox, std::move(*message), std::move(payload), first_seen);
    case store::InboxKind::EditedMessage:
      // None: the line was never here, or retention took it; there is no context to correct.
      if (Room* room = core_.directory.room(inbox.room); room != nullptr && message) {
        core_.rooms->edited(*room, std::move(*message));
      }
      return finish(inbox.id, store::InboxState::Done, TurnReason::Edited);
    case store::InboxKind::Callback:
      return deliver_callback(inbox, payload);
    case store::InboxKind::Membership:
      return deliver_membership(inbox, payload);
    case store::InboxKind::Reaction:
    case store::InboxKind::Other:
      break;
  }
  finish(inbox.id, store::InboxState::Skipped, TurnReason::Other);
}

void Inbox::deliver_message(const store::InboxRow& inbox, store::MessageRow message,
                            InboxPayload payload, bool first_seen) {
  Room* room = core_.directory.room(message.room);
  if (room == nullptr) return finish(inbox.id, store::InboxState::Skipped, TurnReason::Malformed);
  const WallTime wall = core_.loop.wall_now();
  core_.metrics.inbox_lag.record(
      wall > message.date ? static_cast<std::uint64_t>(Duration(wall - message.date).count()) : 0);
  auto heard = std::make_shared<Heard>();
  heard->inbox = inbox.id;
  heard->receiver = inbox.bot;
  heard->received = core_.now();
  heard->line.row = message.id;
  heard->line.message = message.message;
  heard->line.owner = message.owner;
  heard->line.bot = message.bot;
  heard->line.author = message.author;
  heard->line.name = std::move(message.author_name);
  heard->line.text = std::move(message.text);
  heard->line.from_bot = message.author_is_bot || message.bot;
  heard->line.reply_to = message.reply_to;
  heard->line.date = message.date;
  heard->line.at = core_.now();
  heard->mentions = std::move(payload.mentions);
  heard->mentioned_users = std::move(payload.mentioned_users);
  heard->reply_to_user = payload.reply_to_user;
  heard->command = std::move(payload.command);
  heard->command_target = std::move(payload.command_target);
  heard->username = std::move(payload.username);
  heard->language = std::move(payload.language);
  heard->first_seen = first_seen;
  core_.rooms->hear(*room, std::move(heard));
}

void Inbox::deliver_callback(const store::InboxRow& inbox, const InboxPayload& payload) {
  Bot* bot = core_.directory.bot(inbox.bot);
  if (bot == nullptr || payload.callback_id.empty()) {
    return finish(inbox.id, store::InboxState::Skipped, TurnReason::Malformed);
  }
  core_.turns->answer_callback(*bot, inbox.room, inbox.id, payload.callback_id);
}

void Inbox::deliver_membership(const store::InboxRow& inbox, const InboxPayload& payload) {
  if (Room* room = core_.directory.room(inbox.room)) {
    core_.rooms->set_member(*room, inbox.bot, is_member(payload.member_status));
  }
  finish(inbox.id, store::InboxState::Done, TurnReason::Other);
}

// --------------------------------------------------------------------------- reading again

rt::Task<void> Inbox::keep_reading() {
  while (!core_.scope.stopping()) {
    if (!backlog_ || in_memory_.size() > core_.settings.inbox_memory / 2) {
      if (!co_await wake_reader_.wait()) co_return;
      continue;
    }
    if (co_await read_some()) continue;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return;
  }
}

/// One batch of undone rows. False: the store cannot be read now.
rt::Task<bool> Inbox::read_some() {
  const std::uint64_t deferred_before = deferred_;
  reading_ = true;
  auto items = co_await core_.store.read_inbox(read_up_to_, kReadBatch);
  reading_ = false;
  const auto finished_meanwhile = std::move(finished_while_reading_);
  finished_while_reading_.clear();
  core_.note_store(items);
  if (!items) co_return false;
  for (store::InboxItem& item : *items) {
    if (in_memory_.size() >= core_.settings.inbox_memory) co_return true;  // goes on from here
    read_up_to_ = item.inbox.id;
    if (finished_meanwhile.contains(item.inbox.id)) continue;
    if (!in_memory_.insert(item.inbox.id).second) continue;
    InboxPayload payload = read_payload(item.inbox.payload);
    deliver(std::move(item.inbox), std::move(item.message), std::move(payload), true);
  }
  // The end is reached when nothing was put behind it while we read.
  if (items->size() < kReadBatch && deferred_ == deferred_before) backlog_ = false;
  co_return true;
}

// --------------------------------------------------------------------------------- the end

void Inbox::finish(InboxId id, store::InboxState state, TurnReason reason) {
  core_.metrics.turn(reason);
  ends_.push_back({id, state, std::string(to_string(reason))});
  wake_writer_.notify_one();
}

void Inbox::finished(InboxId id) {
  in_memory_.erase(id);
  if (reading_) finished_while_reading_.insert(id);
  if (backlog_ && in_memory_.size() <= core_.settings.inbox_memory / 2) wake_reader_.notify_one();
}

rt::Task<void> Inbox::keep_finishing() {
  while (!core_.scope.stopping()) {
    if (ends_.empty()) {
      if (!co_await wake_writer_.wait()) co_return;
      continue;
    }
    if (co_await write_ends()) continue;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return;
  }
}

rt::Task<void> Inbox::flush() {
  while (!ends_.empty()) {
    if (!co_await write_ends())
      co_return;  // the rows stay undone and are taken up at the next start
  }
}

rt::Task<bool> Inbox::write_ends() {
  std::vector<store::InboxDone> batch;
  const std::size_t size = std::min(ends_.size(), kFinishBatch);
  batch.assign(std::make_move_iterator(ends_.begin()),
               std::make_move_iterator(ends_.begin() + static_cast<std::ptrdiff_t>(size)));
  ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(size));
  const auto written = co_await core_.store.finish_inbox(batch);
  core_.note_store(written);
  if (!written) {
    ends_.insert(ends_.begin(), batch.begin(), batch.end());
    co_return false;
  }
  for (const auto& end : batch) finished(end.id);
  core_.metrics.inbox_in_memory.set(static_cast<double>(in_memory_.size()));
  co_return true;
}

}  // namespace chorus::fleet::detail
