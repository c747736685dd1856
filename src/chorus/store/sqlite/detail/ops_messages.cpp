#include "chorus/store/sqlite/detail/operations.hpp"
#include "chorus/store/sqlite/detail/queries.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <utility>

namespace chorus::store::detail {

namespace {

crypto::Place body_place(MessageRowId id) {
  return {"messages", "body", id.value};
}
crypto::Place name_place(MessageRowId id) {
  return {"messages", "name", id.value};
}
crypto::Place payload_place(InboxId id) {
  return {"inbox", "payload", id.value};
}

/// CH_MESSAGE_COLUMNS from column `at`.
Result<MessageRow> read_message(const Session& s, const Run& run, int at) {
  MessageRow row;
  row.id = run.id<MessageRowId>(at);
  row.room = run.id<RoomId>(at + 1);
  row.owner = run.id<BotId>(at + 2);
  row.bot = run.id<BotId>(at + 3);
  row.author = run.id<PlatformUserId>(at + 4);
  row.author_name = run.text(at + 5);  // rows from before names were sealed
  row.author_is_bot = run.integer(at + 6) != 0;
  row.message = run.id<PlatformMessageId>(at + 7);
  row.reply_to = run.optional_message(at + 8);
  row.direction = run.enumerator<Direction>(at + 9);
  CH_TRY(row.text, unseal(s, body_place(row.id), run.blob(at + 10)));
  row.date = run.time(at + 11);
  row.created_at = run.time(at + 12);
  if (const auto name = run.blob(at + 13); !name.empty()) {
    CH_TRY(row.author_name, unseal(s, name_place(row.id), name));
  }
  if (const auto thread = run.id<PlatformMessageId>(at + 14)) row.thread = thread;
  return row;
}

}  // namespace

Result<std::vector<MessageRow>> read_messages(const Session& s, Run& run) {
  std::vector<MessageRow> rows;
  while (true) {
    CH_TRY(const bool more, run.row());
    if (!more) return rows;
    CH_TRY(MessageRow row, read_message(s, run, 0));
    rows.push_back(std::move(row));
  }
}

namespace {

Result<std::optional<MessageRow>> read_one(const Session& s, Run& run) {
  CH_TRY(const bool found, run.row());
  if (!found) return std::nullopt;
  CH_TRY(MessageRow row, read_message(s, run, 0));
  return std::optional<MessageRow>(std::move(row));
}

/// Row that holds this message already, 0 when none.
Result<MessageRowId> find_duplicate(const Session& s, const MessageRow& message) {
  auto query = s.db.run(message.owner ? sql::kFindDuplicateOfOwner : sql::kFindDuplicateMessage);
  query.bind(message.room).bind(message.message).bind(message.date);
  if (message.owner) query.bind(message.owner);
  CH_TRY(const bool found, query.row());
  return found ? query.id<MessageRowId>(0) : MessageRowId();
}

Result<void> write_message(const Session& s, const MessageRow& message) {
  auto insert = s.db.run(sql::kInsertMessage);
  const std::string body = seal(s, body_place(message.id), message.text);
  const std::string name = seal(s, name_place(message.id), message.author_name);
  insert.bind(message.id).bind(message.room).bind(message.owner).bind(message.bot);
  insert.bind(message.author).bind(message.author_is_bot ? 1 : 0);
  insert.bind(message.message).bind(message.reply_to).bind(message.direction).bind_blob(body);
  insert.bind(message.date).bind(message.created_at).bind_blob(name);
  insert.bind(message.thread.value_or(PlatformMessageId{}));
  CH_TRY_VOID(insert.finish());
  s.db.add_to_tally(
      message.direction == Direction::In ? &RowTally::messages_in : &RowTally::messages_out, 1);
  return {};
}

/// Every bot of a room brings the same edits in their order, so the last one written is the newest
/// as soon as the slowest of them has caught up.
Result<void> rewrite_message(const Session& s, MessageRowId message, std::string_view text) {
  auto update = s.db.run(sql::kRewriteMessage);
  return update.bind_blob(seal(s, body_place(message), text)).bind(message).finish();
}

/// True when the row is new.
Result<bool> write_inbox(const Session& s, const InboxRow& inbox, MessageRowId message) {
  auto insert = s.db.run(sql::kInsertInbox);
  const std::string payload = seal(s, payload_place(inbox.id), inbox.payload);
  insert.bind(inbox.id).bind(inbox.bot).bind(inbox.update_id).bind(inbox.room).bind(message);
  insert.bind(inbox.kind).bind(inbox.state).bind_blob(payload).bind(inbox.received_at);
  insert.bind(inbox.person);
  CH_TRY_VOID(insert.finish());
  const bool fresh = s.db.changes() > 0;
  if (fresh) s.db.add_to_tally(&RowTally::inbox, 1);
  return fresh;
}

Result<void> accept_one(const Session& s, const InboundUpdate& update, AcceptOutcome& outcome) {
  const bool is_edit = update.inbox.kind == InboxKind::EditedMessage;
  MessageRowId existing;
  MessageRowId refers;
  if (update.message) {
    CH_TRY(existing, find_duplicate(s, *update.message));
    refers = existing || is_edit ? existing : update.message->id;
  }
  CH_TRY(const bool fresh, write_inbox(s, update.inbox, refers));
  const bool first_seen = fresh && update.message && !existing && !is_edit;
  if (first_seen) {
    CH_TRY_VOID(write_message(s, *update.message));
  } else if (fresh && existing && is_edit) {
    CH_TRY_VOID(rewrite_message(s, existing, update.message->text));
  }
  outcome.accepted.push_back(fresh ? std::optional(update.inbox.id) : std::nullopt);
  outcome.messages.push_back(fresh ? refers : existing);
  outcome.first_seen.push_back(first_seen);
  return {};
}

}  // namespace

Result<AcceptOutcome> accept_updates(const Session& s, const std::vector<InboundUpdate>& updates,
                                     const std::optional<Cursor>& cursor) {
  AcceptOutcome outcome;
  outcome.accepted.reserve(updates.size());
  outcome.messages.reserve(updates.size());
  outcome.first_seen.reserve(updates.size());
  for (const auto& update : updates) {
    CH_TRY_VOID(accept_one(s, update, outcome));
  }
  if (cursor) {
    auto move = s.db.run(sql::kMoveCursor);
    CH_TRY_VOID(move.bind(cursor->bot).bind(cursor->next_offset).bind(s.now).finish());
  }
  return outcome;
}

Result<std::vector<InboxItem>> read_inbox(const Session& s, InboxId after, std::size_t limit) {
  auto query = s.db.run(sql::kReadInbox);
  query.bind(after).bind(static_cast<std::int64_t>(limit));
  std::vector<InboxItem> items;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return items;
    InboxItem item;
    auto& inbox = item.inbox;
    inbox.id = query.id<InboxId>(0);
    inbox.bot = query.id<BotId>(1);
    inbox.update_id = query.integer(2);
    inbox.room = query.id<RoomId>(3);
    inbox.message = query.id<MessageRowId>(4);
    inbox.kind = query.enumerator<InboxKind>(5);
    inbox.state = query.enumerator<InboxState>(6);
    CH_TRY(inbox.payload, unseal(s, payload_place(inbox.id), query.blob(7)));
    inbox.received_at = query.time(8);
    inbox.person = query.id<PlatformUserId>(9);
    if (!query.is_null(10)) {
      CH_TRY(item.message, read_message(s, query, 10));
    }
    items.push_back(std::move(item));
  }
}

Result<void> finish_inbox(const Session& s, const std::vector<InboxDone>& done) {
  for (const auto& item : done) {
    auto update = s.db.run(sql::kFinishInbox);
    CH_TRY_VOID(update.bind(item.state).bind_text(item.reason).bind(item.id).finish());
  }
  return {};
}

Result<void> insert_message(const Session& s, const MessageRow& message) {
  CH_TRY(const MessageRowId existing, find_duplicate(s, message));
  if (!existing) return write_message(s, message);
  CH_TRY_VOID(s.db.run(sql::kTurnOutgoing).bind(existing).finish());
  const std::int64_t turned = s.db.changes();
  s.db.add_to_tally(&RowTally::messages_in, -turned);
  s.db.add_to_tally(&RowTally::messages_out, turned);
  return s.db.run(sql::kClaimMessage).bind(message.bot).bind(existing).finish();
}

Result<std::vector<MessageRow>> history(const Session& s, RoomId room, std::size_t limit) {
  auto query = s.db.run(sql::kHistory);
  query.bind(room).bind(static_cast<std::int64_t>(limit));
  CH_TRY(auto rows, read_messages(s, query));
  std::ranges::reverse(rows);
  return rows;
}

Result<std::vector<MessageRow>> thread_history(const Session& s, RoomId room,
                                               PlatformMessageId thread, std::size_t limit) {
  auto query = s.db.run(sql::kThreadHistory);
  query.bind(room).bind(thread).bind(static_cast<std::int64_t>(limit));
  CH_TRY(auto rows, read_messages(s, query));
  std::ranges::reverse(rows);
  return rows;
}

Result<std::optional<MessageRow>> find_message(const Session& s, RoomId room, BotId owner,
                                               PlatformMessageId message) {
  auto query = s.db.run(owner ? sql::kFindMessageOfOwner : sql::kFindMessage);
  query.bind(room).bind(message);
  if (owner) query.bind(owner);
  return read_one(s, query);
}

Result<std::vector<MessageRow>> recent_by_bot(const Session& s, BotId bot, WallTime since,
                                              std::size_t limit) {
  auto query = s.db.run(sql::kRecentByBot);
  query.bind(bot).bind(since).bind(static_cast<std::int64_t>(limit));
  CH_TRY(auto rows, read_messages(s, query));
  std::ranges::reverse(rows);
  return rows;
}

namespace {

/// Whose numbers a room's messages have is the same for all of them.
Result<std::optional<MessageRow>> find_in_room(const Session& s, RoomId room,
                                               PlatformMessageId message) {
  CH_TRY(auto row, find_message(s, room, BotId(), message));
  if (row) return row;
  auto query = s.db.run(sql::kFindMessageOfAnyOwner);
  query.bind(room).bind(message);
  return read_one(s, query);
}

}  // namespace

Result<std::vector<MessageRow>> reply_chain(const Session& s, RoomId room,
                                            PlatformMessageId message, std::size_t limit) {
  std::vector<MessageRow> rows;
  std::optional<PlatformMessageId> next = message;
  while (next && rows.size() < limit) {
    CH_TRY(auto row, find_in_room(s, room, *next));
    if (!row) break;
    next = row->reply_to;
    rows.push_back(*std::move(row));
  }
  std::ranges::reverse(rows);
  return rows;
}

}  // namespace chorus::store::detail
