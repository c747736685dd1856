#include "chorus/store/sqlite/detail/operations.hpp"
#include "chorus/store/sqlite/detail/queries.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace chorus::store::detail {

namespace {

crypto::Place text_place(OutboxId id) {
  return {"outbox", "text", id.value};
}
crypto::Place options_place(OutboxId id) {
  return {"outbox", "options", id.value};
}

Result<OutboxRow> read_outbox(const Session& s, const Run& run) {
  OutboxRow row;
  row.id = run.id<OutboxId>(0);
  row.bot = run.id<BotId>(1);
  row.room = run.id<RoomId>(2);
  row.turn = run.id<TurnId>(3);
  row.kind = run.enumerator<OutboxKind>(4);
  row.state = run.enumerator<OutboxState>(5);
  row.priority = static_cast<std::int32_t>(run.integer(6));
  row.idem_key = run.text(7);
  CH_TRY(row.text, unseal(s, text_place(row.id), run.blob(8)));
  CH_TRY(row.options, unseal(s, options_place(row.id), run.blob(9)));
  row.reply_to = run.optional_message(10);
  row.attempts = static_cast<std::int32_t>(run.integer(11));
  row.not_before = run.time(12);
  row.created_at = run.time(13);
  row.error = run.text(14);
  return row;
}

Result<std::vector<OutboxRow>> read_all(const Session& s, Run& run) {
  std::vector<OutboxRow> rows;
  while (true) {
    CH_TRY(const bool more, run.row());
    if (!more) return rows;
    CH_TRY(OutboxRow row, read_outbox(s, run));
    rows.push_back(std::move(row));
  }
}

/// True when the row is new, false when its idem_key exists.
Result<bool> write_outbox(const Session& s, const OutboxRow& row) {
  auto insert = s.db.run(sql::kInsertOutbox);
  const std::string text = seal(s, text_place(row.id), row.text);
  const std::string options = seal(s, options_place(row.id), row.options);
  insert.bind(row.id).bind(row.bot).bind(row.room).bind(row.turn).bind(row.kind).bind(row.state);
  insert.bind(row.priority).bind_text(row.idem_key).bind_blob(text).bind_blob(options);
  insert.bind(row.reply_to).bind(row.attempts).bind(row.not_before).bind(row.created_at);
  CH_TRY_VOID(insert.bind_text(row.error).finish());
  const bool fresh = s.db.changes() > 0;
  if (fresh) s.db.add_to_tally(&RowTally::outbox, 1);
  return fresh;
}

Result<void> write_turn(const Session& s, const char* sql, const TurnRow& turn) {
  auto insert = s.db.run(sql);
  insert.bind(turn.id).bind(turn.room).bind(turn.bot).bind(turn.trigger);
  CH_TRY_VOID(insert.bind_text(turn.outcome).bind_text(turn.detail).bind(turn.at).finish());
  s.db.add_to_tally(&RowTally::turns, s.db.changes());
  return {};
}

}  // namespace

Result<std::vector<bool>> append_turn(const Session& s, const TurnRow& turn,
                                      const std::vector<OutboxRow>& sends,
                                      const std::vector<InboxDone>& done) {
  CH_TRY_VOID(write_turn(s, sql::kInsertTurn, turn));
  std::vector<bool> fresh;
  fresh.reserve(sends.size());
  for (const auto& row : sends) {
    CH_TRY(const bool inserted, write_outbox(s, row));
    fresh.push_back(inserted);
  }
  CH_TRY_VOID(finish_inbox(s, done));
  return fresh;
}

Result<void> append_silences(const Session& s, const std::vector<TurnRow>& turns,
                             const std::vector<InboxDone>& done) {
  for (const TurnRow& turn : turns) CH_TRY_VOID(write_turn(s, sql::kInsertNewTurn, turn));
  return finish_inbox(s, done);
}

Result<std::vector<TurnRow>> recent_turns(const Session& s, RoomId room, std::size_t limit) {
  auto query = s.db.run(sql::kRecentTurns);
  query.bind(room).bind(static_cast<std::int64_t>(limit));
  std::vector<TurnRow> rows;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) break;
    TurnRow row;
    row.id = query.id<TurnId>(0);
    row.room = query.id<RoomId>(1);
    row.bot = query.id<BotId>(2);
    row.trigger = query.id<MessageRowId>(3);
    row.outcome = query.text(4);
    row.detail = query.text(5);
    row.at = query.time(6);
    rows.push_back(std::move(row));
  }
  std::ranges::reverse(rows);
  return rows;
}

Result<std::vector<OutboxRow>> recover_outbox(const Session& s,
                                              const std::vector<Platform>& resend) {
  auto query = s.db.run(sql::kOutboxOpen);
  CH_TRY(auto rows, read_all(s, query));
  for (const auto platform : resend) {
    CH_TRY_VOID(s.db.run(sql::kMarkReadyAgain).bind(platform).finish());
  }
  CH_TRY_VOID(s.db.run(sql::kMarkPromisedReady).finish());
  CH_TRY_VOID(s.db.run(sql::kMarkUnknown).finish());
  for (auto& row : rows) {
    if (row.state == OutboxState::Sending) row.state = OutboxState::Unknown;
  }
  return rows;
}

Result<std::vector<bool>> claim(const Session& s, const std::vector<OutboxId>& ids) {
  std::vector<bool> claimed;
  claimed.reserve(ids.size());
  for (const auto id : ids) {
    CH_TRY_VOID(s.db.run(sql::kClaimOutbox).bind(id).finish());
    claimed.push_back(s.db.changes() > 0);
  }
  return claimed;
}

Result<void> settle(const Session& s, const std::vector<Settlement>& settlements) {
  for (const auto& item : settlements) {
    auto update = s.db.run(sql::kSettleOutbox);
    update.bind(item.state).bind(item.not_before).bind_text(item.error).bind(item.id);
    CH_TRY_VOID(update.finish());
    const bool changed = s.db.changes() > 0;
    if (changed && item.state == OutboxState::Sent && item.message) {
      CH_TRY_VOID(insert_message(s, *item.message));
    }
  }
  return {};
}

Result<std::vector<OutboxRow>> outbox_in(const Session& s, OutboxState state, std::size_t limit) {
  auto query = s.db.run(sql::kOutboxInState);
  query.bind(state).bind(static_cast<std::int64_t>(limit));
  return read_all(s, query);
}

}  // namespace chorus::store::detail
