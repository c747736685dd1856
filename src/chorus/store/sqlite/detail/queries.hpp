#pragma once

/// Every statement whose plan matters, where the store and the test of query plans both see it.
namespace chorus::store::detail::sql {

#define CH_MESSAGE_COLUMNS                                                              \
  "m.id, m.room, m.owner, m.bot, m.author, m.author_name, m.author_is_bot, m.message, " \
  "m.reply_to, m.direction, m.body, m.date, m.created_at, m.name, m.thread"
#define CH_CONVERSATION_COLUMNS \
  "id, room, bot, person, state, started_at, last_activity_at, thread, first, newest"
#define CH_OUTBOX_COLUMNS                                                                     \
  "id, bot, room, turn, kind, state, priority, idem_key, text, options, reply_to, attempts, " \
  "not_before, created_at, error"

// Room log.
// Messages are numbered per chat (owner 0), or per owner: one index for each.
inline constexpr char kFindDuplicateMessage[] =
    "SELECT id FROM messages WHERE room = ? AND message = ? AND date = ? AND owner = 0";
inline constexpr char kFindDuplicateOfOwner[] =
    "SELECT id FROM messages WHERE room = ? AND message = ? AND date = ? AND owner = ? AND "
    "owner <> 0";
inline constexpr char kInsertMessage[] =
    "INSERT INTO messages (id, room, owner, bot, author, author_name, author_is_bot, message, "
    "reply_to, direction, body, date, created_at, name, thread) "
    "VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// Another bot may have seen our message before its send was settled: the row becomes ours.
inline constexpr char kTurnOutgoing[] =
    "UPDATE messages SET direction = 2 WHERE id = ? AND direction <> 2";
inline constexpr char kClaimMessage[] = "UPDATE messages SET bot = ? WHERE id = ?";
inline constexpr char kRewriteMessage[] = "UPDATE messages SET body = ? WHERE id = ?";
inline constexpr char kHistory[] = "SELECT " CH_MESSAGE_COLUMNS
                                   " FROM messages m WHERE m.room = ? "
                                   "ORDER BY m.created_at DESC, m.id DESC LIMIT ?";
inline constexpr char kThreadHistory[] =
    "SELECT " CH_MESSAGE_COLUMNS
    " FROM messages m WHERE m.room = ? AND m.thread = ? AND m.thread <> 0 "
    "ORDER BY m.created_at DESC, m.id DESC LIMIT ?";
inline constexpr char kFindMessage[] = "SELECT " CH_MESSAGE_COLUMNS
                                       " FROM messages m WHERE m.room = ? AND m.message = ? AND "
                                       "m.owner = 0 ORDER BY m.date DESC LIMIT 1";
inline constexpr char kFindMessageOfOwner[] =
    "SELECT " CH_MESSAGE_COLUMNS
    " FROM messages m WHERE m.room = ? AND m.message = ? AND m.owner = ? AND m.owner <> 0 "
    "ORDER BY m.date DESC LIMIT 1";
inline constexpr char kFindMessageOfAnyOwner[] =
    "SELECT " CH_MESSAGE_COLUMNS
    " FROM messages m WHERE m.room = ? AND m.message = ? AND m.owner <> 0 "
    "ORDER BY m.owner DESC, m.date DESC LIMIT 1";
inline constexpr char kRecentByBot[] = "SELECT " CH_MESSAGE_COLUMNS
                                       " FROM messages m WHERE m.bot = ? AND m.bot <> 0 AND "
                                       "m.created_at >= ? "
                                       "ORDER BY m.created_at DESC, m.id DESC LIMIT ?";
inline constexpr char kCountIncoming[] = "SELECT count(*) FROM messages WHERE direction = 1";
inline constexpr char kCountOutgoing[] = "SELECT count(*) FROM messages WHERE direction = 2";
inline constexpr char kPruneIncoming[] =
    "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE direction = 1 AND "
    "created_at < ? ORDER BY created_at LIMIT ?)";
inline constexpr char kPruneOutgoing[] =
    "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE direction = 2 AND "
    "created_at < ? ORDER BY created_at LIMIT ?)";
/// Private rooms of person ?1: on Telegram they have the person's id, elsewhere they are those
/// where the person spoke.
#define CH_ROOMS_OF_PERSON                                                          \
  "SELECT id FROM rooms WHERE kind = 1 AND (chat = ?1 OR (platform <> 1 AND id IN " \
  "(SELECT room FROM messages WHERE direction = 1 AND author = ?1)))"
inline constexpr char kForgetMessages[] =
    "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE direction = 1 AND author = ?)";
inline constexpr char kExportMessages[] =
    "SELECT " CH_MESSAGE_COLUMNS
    " FROM messages m WHERE m.id IN (SELECT id FROM messages WHERE direction = 1 AND author = ?1 "
    "UNION SELECT id FROM messages WHERE room IN (" CH_ROOMS_OF_PERSON
    ")) ORDER BY m.created_at, m.id";

// Inbox.
inline constexpr char kInsertInbox[] =
    "INSERT INTO inbox (id, bot, update_id, room, message, kind, state, reason, payload, "
    "received_at, person) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?) "
    "ON CONFLICT (bot, update_id) DO NOTHING";
inline constexpr char kReadInbox[] =
    "SELECT i.id, i.bot, i.update_id, i.room, i.message, i.kind, i.state, i.payload, "
    "i.received_at, i.person, " CH_MESSAGE_COLUMNS
    " FROM inbox i LEFT JOIN messages m ON m.id = i.message "
    "WHERE i.state = 1 AND i.id > ? ORDER BY i.id LIMIT ?";
inline constexpr char kFinishInbox[] = "UPDATE inbox SET state = ?, reason = ? WHERE id = ?";
inline constexpr char kMoveCursor[] =
    "INSERT INTO cursors (bot, next_offset, updated_at) VALUES (?, ?, ?) ON CONFLICT (bot) DO "
    "UPDATE SET next_offset = excluded.next_offset, updated_at = excluded.updated_at";
/// Looks at the first rows: ids are in order of time, so the oldest stand there.
inline constexpr char kPruneInbox[] =
    "DELETE FROM inbox WHERE id IN (SELECT id FROM (SELECT id, received_at FROM inbox ORDER BY id "
    "LIMIT ?2) WHERE received_at < ?1)";

// Turns and outbox.
inline constexpr char kInsertTurn[] =
    "INSERT INTO turns (id, room, bot, trigger_message, outcome, detail, at) VALUES "
    "(?, ?, ?, ?, ?, ?, ?)";
inline constexpr char kInsertNewTurn[] =
    "INSERT INTO turns (id, room, bot, trigger_message, outcome, detail, at) VALUES "
    "(?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
inline constexpr char kRecentTurns[] =
    "SELECT id, room, bot, trigger_message, outcome, detail, at FROM turns WHERE room = ? "
    "ORDER BY at DESC, id DESC LIMIT ?";
inline constexpr char kPruneTurns[] =
    "DELETE FROM turns WHERE id IN (SELECT id FROM (SELECT id, at FROM turns ORDER BY id LIMIT ?2) "
    "WHERE at < ?1)";
inline constexpr char kInsertOutbox[] =
    "INSERT INTO outbox (" CH_OUTBOX_COLUMNS
    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (idem_key) DO NOTHING";
inline constexpr char kClaimOutbox[] =
    "UPDATE outbox SET state = 2, attempts = attempts + 1 WHERE id = ? AND state = 1";
/// Sent, Dead and Cancelled are final.
inline constexpr char kSettleOutbox[] =
    "UPDATE outbox SET state = ?, not_before = ?, error = ? WHERE id = ? AND state IN (1, 2, 4)";
inline constexpr char kOutboxInState[] = "SELECT " CH_OUTBOX_COLUMNS
                                         " FROM outbox WHERE state = ? "
                                         "ORDER BY created_at, id LIMIT ?";
inline constexpr char kOutboxOpen[] =
    "SELECT " CH_OUTBOX_COLUMNS " FROM outbox WHERE state IN (1, 2) ORDER BY id";
inline constexpr char kMarkUnknown[] = "UPDATE outbox SET state = 4 WHERE state = 2";
inline constexpr char kMarkReadyAgain[] =
    "UPDATE outbox SET state = 1 WHERE state = 2 AND bot IN "
    "(SELECT id FROM bots WHERE platform = ?)";
// Rows of kPromisedKey (rows.hpp).
inline constexpr char kMarkPromisedReady[] =
    "UPDATE outbox SET state = 1 WHERE state = 2 AND idem_key GLOB 'reminder:*'";
inline constexpr char kPruneOutbox[] =
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state = ? AND created_at < ? "
    "ORDER BY created_at LIMIT ?)";
inline constexpr char kCountOutbox[] =
    "SELECT state, count(*) FROM outbox WHERE state IN (1, 2, 4, 5, 6) GROUP BY state";

// Names.
inline constexpr char kPruneNames[] =
    "DELETE FROM names WHERE id IN (SELECT id FROM names WHERE kind = 3 AND used_at < ? "
    "ORDER BY used_at LIMIT ?)";

// Memories.
#define CH_MEMORY_COLUMNS                                                                        \
  "id, bot, room, person, kind, text, source, message, confidence, strength, uses, created_at, " \
  "last_used_at, expires_at"
inline constexpr char kMemoriesOfBot[] = "SELECT " CH_MEMORY_COLUMNS " FROM memories WHERE bot = ?";
inline constexpr char kMemoriesOfPerson[] =
    "SELECT " CH_MEMORY_COLUMNS " FROM memories WHERE person = ?";

// Money.
inline constexpr char kSpendSince[] =
    "SELECT max(at), provider, bot, count(*), sum(prompt_tokens), sum(completion_tokens), "
    "sum(cost_micros) FROM spend WHERE at >= ? GROUP BY at / ?, provider, bot "
    "ORDER BY at / ?, provider, bot";
inline constexpr char kPruneSpend[] =
    "DELETE FROM spend WHERE id IN (SELECT id FROM spend WHERE at < ? ORDER BY at LIMIT ?)";

}  // namespace chorus::store::detail::sql
