// The way in: durable first, then to the rooms.
#include "chorus/base/text.hpp"
#include "chorus/fleet/inbox.hpp"
#include "chorus/fleet/room.hpp"

#include <utility>

namespace chorus::fleet::detail {
namespace {

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

}  // namespace

Room* Inbox::known_room(const Bot& bot, PlatformChatId chat, store::ChatKind told) const {
  const auto kind = effective_kind(bot.row.platform, chat, told);
  return core_.directory.find_room(bot.row.platform, chat,
                                   owner_of(bot.row.platform, kind, bot.row.id));
}

/// The room that is known, or a new one.
rt::Task<Result<Room*>> Inbox::room_of(Bot* bot, Place place) {
  if (Room* known = known_room(*bot, place.chat, place.kind)) co_return known;
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
      room = known_room(*bot, place.chat, place.kind);
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
  row.thread = m.thread;
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

/// What is delivered once the rows are durable. The rows' texts go to the store; delivered are
/// those of the update itself.
Inbox::Incoming Inbox::without_texts(const store::InboundUpdate& rows) {
  Incoming out;
  out.inbox.id = rows.inbox.id;
  out.inbox.bot = rows.inbox.bot;
  out.inbox.update_id = rows.inbox.update_id;
  out.inbox.kind = rows.inbox.kind;
  out.inbox.room = rows.inbox.room;
  out.inbox.person = rows.inbox.person;
  out.inbox.received_at = rows.inbox.received_at;
  if (!rows.message) return out;
  store::MessageRow& message = out.message.emplace();
  message.room = rows.message->room;
  message.owner = rows.message->owner;
  message.bot = rows.message->bot;
  message.author = rows.message->author;
  message.author_is_bot = rows.message->author_is_bot;
  message.message = rows.message->message;
  message.reply_to = rows.message->reply_to;
  message.thread = rows.message->thread;
  message.direction = rows.message->direction;
  message.created_at = rows.message->created_at;
  message.date = rows.message->date;
  return out;
}

/// The rooms of the updates, when all of them and the bot's place in them are known.
std::optional<std::vector<Room*>> Inbox::rooms_known(
    const Bot& bot, const std::vector<IncomingUpdate>& updates) const {
  std::vector<Room*> rooms;
  rooms.reserve(updates.size());
  for (const IncomingUpdate& update : updates) {
    if (!update.message || !update.message->chat) return std::nullopt;
    const IncomingMessage& m = *update.message;
    Room* room = known_room(bot, m.chat, m.chat_kind);
    if (room == nullptr || !room->has_member(bot.row.id)) return std::nullopt;
    rooms.push_back(room);
  }
  return rooms;
}

rt::Task<Result<void>> Inbox::accept(Bot* bot, std::vector<IncomingUpdate> updates,
                                     std::optional<std::int64_t> next_offset) {
  if (core_.scope.stopping()) co_return fail(ErrorCode::Unavailable, "the fleet stops");
  const std::size_t count = updates.size();
  // Shared by this call and the task, because either may end first.
  const auto caller = std::make_shared<Caller>(core_.loop);
  Arrival arrival{caller, bot, std::move(updates), {}, next_offset};
  if (auto rooms = next_offset ? std::nullopt : rooms_known(*bot, arrival.updates)) {
    join(std::move(arrival), std::move(*rooms));
  } else {
    rt::spawn(core_.scope, "accept", &Inbox::accept_apart, this, std::move(arrival));
  }
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

/// Calls that come in one turn of the loop are written by one operation of the store.
void Inbox::join(Arrival arrival, std::vector<Room*> rooms) {
  arrival.rooms = std::move(rooms);
  arrivals_.push_back(std::move(arrival));
  if (arrivals_.size() > 1) return;
  // It runs behind the requests of this turn.
  rt::spawn(core_.scope, "accept", &Inbox::accept_joined, this);
}

rt::Task<void> Inbox::accept_joined(Inbox* self) {
  auto arrivals = std::exchange(self->arrivals_, {});
  co_await self->take_in(std::move(arrivals));
}

/// A call that moves a cursor, or that must make a room first.
rt::Task<void> Inbox::accept_apart(Inbox* self, Arrival arrival) {
  auto rooms = co_await self->rooms_of(arrival.bot, arrival.updates);
  if (!rooms) {
    self->core_.metrics.refused_accepts.add(arrival.updates.size());
    arrival.caller->answer = std::unexpected(std::move(rooms).error());
    arrival.caller->answered.notify_all();
    co_return;
  }
  arrival.rooms = std::move(*rooms);
  std::vector<Arrival> arrivals;
  arrivals.push_back(std::move(arrival));
  co_await self->take_in(std::move(arrivals));
}

/// One transaction for all. Only the last may bring a cursor: it comes alone.
rt::Task<void> Inbox::take_in(std::vector<Arrival> arrivals) {
  std::vector<store::InboundUpdate> rows;
  std::vector<Incoming> incoming;
  for (Arrival& arrival : arrivals) {
    for (std::size_t i = 0; i < arrival.updates.size(); ++i) {
      rows.push_back(to_rows(*arrival.bot, arrival.updates[i], arrival.rooms[i]));
      incoming.push_back(without_texts(rows.back()));
    }
  }
  std::optional<store::Cursor> cursor;
  const Arrival& last = arrivals.back();
  if (last.next_offset) cursor = store::Cursor{last.bot->row.id, *last.next_offset};
  const auto outcome = co_await core_.store.accept_updates(std::move(rows), cursor);
  core_.note_store(outcome);
  std::size_t at = 0;
  for (Arrival& arrival : arrivals) {
    if (outcome) {
      if (arrival.next_offset) arrival.bot->next_offset = *arrival.next_offset;
      for (IncomingUpdate& update : arrival.updates) {
        taken(std::move(incoming[at]), std::move(update), *outcome, at);
        ++at;
      }
      arrival.caller->answer.emplace();
    } else {
      core_.metrics.refused_accepts.add(arrival.updates.size());
      arrival.caller->answer = std::unexpected(outcome.error());
    }
    arrival.caller->answered.notify_all();
  }
  core_.metrics.inbox_in_memory.set(static_cast<double>(in_memory_.size()));
}

/// One update that is durable now: `outcome` says at `at` what the store made of it.
void Inbox::taken(Incoming incoming, IncomingUpdate update, const store::AcceptOutcome& outcome,
                  std::size_t at) {
  if (!outcome.accepted[at]) return core_.metrics.duplicates.add();
  core_.metrics.accepted.add();
  if (backlog_ || in_memory_.size() >= core_.settings.inbox_memory) {
    backlog_ = true;  // order is kept: everything later waits behind it in the store
    ++deferred_;
    wake_reader_.notify_one();
    return;
  }
  incoming.inbox.message = outcome.messages[at];
  if (incoming.message) {
    incoming.message->id = outcome.messages[at];
    IncomingMessage& m = *update.message;
    incoming.message->text = std::move(m.text);
    incoming.message->author_name = m.from_name.empty() ? m.from_username : std::move(m.from_name);
  }
  in_memory_.insert(incoming.inbox.id);
  deliver(std::move(incoming.inbox), std::move(incoming.message), payload_of(std::move(update)),
          outcome.first_seen[at]);
}

}  // namespace chorus::fleet::detail
