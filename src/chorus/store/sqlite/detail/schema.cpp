#include "chorus/store/sqlite/detail/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace chorus::store::detail {

namespace {

// Times are UTC microseconds, ids are ours and made before the insert, 0 means "none". BLOB columns
// named token, webhook_secret, document, findings, rewrite, body, name, payload, text, options are
// sealed (empty stays empty).

constexpr char kFleet[] = R"sql(
CREATE TABLE store_keys (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  fingerprint TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE bots (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  platform INTEGER NOT NULL,
  token BLOB NOT NULL,
  token_index BLOB UNIQUE,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  state INTEGER NOT NULL,
  state_reason TEXT NOT NULL,
  webhook_path TEXT NOT NULL,
  webhook_secret BLOB NOT NULL,
  founding INTEGER NOT NULL,
  extra TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX ix_bots_webhook_path ON bots (webhook_path) WHERE webhook_path <> '';

CREATE TABLE personas (
  id INTEGER PRIMARY KEY,
  bot INTEGER NOT NULL,
  version INTEGER NOT NULL,
  document BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (bot, version)
) STRICT;

CREATE TABLE rooms (
  id INTEGER PRIMARY KEY,
  platform INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  chat INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  title TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  extra TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (platform, owner, chat)
) STRICT;

CREATE TABLE memberships (
  room INTEGER NOT NULL,
  bot INTEGER NOT NULL,
  PRIMARY KEY (room, bot)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  bot INTEGER PRIMARY KEY,
  next_offset INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  owner INTEGER NOT NULL,
  bot INTEGER NOT NULL,
  author INTEGER NOT NULL,
  author_name TEXT NOT NULL,
  author_is_bot INTEGER NOT NULL,
  message INTEGER NOT NULL,
  reply_to INTEGER,
  direction INTEGER NOT NULL,
  body BLOB NOT NULL,
  date INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX ix_messages_reply_lookup ON messages (room, owner, message, date);
CREATE INDEX ix_messages_chat_created_at ON messages (room, created_at);
CREATE INDEX ix_messages_chat_telegram_msg ON messages (room, message);
CREATE INDEX ix_messages_bot_created_at ON messages (bot, created_at) WHERE bot <> 0;
-- direction stands in the key too: only then does the engine read these indexes without the table.
CREATE INDEX ix_messages_incoming ON messages (created_at, room, author, direction)
  WHERE direction = 1;
CREATE INDEX ix_messages_outgoing ON messages (created_at, direction) WHERE direction = 2;

CREATE TABLE inbox (
  id INTEGER PRIMARY KEY,
  bot INTEGER NOT NULL,
  update_id INTEGER NOT NULL,
  room INTEGER NOT NULL,
  message INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason TEXT NOT NULL,
  payload BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (bot, update_id)
) STRICT;
CREATE INDEX ix_inbox_new ON inbox (state) WHERE state = 1;
CREATE INDEX ix_inbox_received_at ON inbox (received_at);

CREATE TABLE turns (
  id INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  bot INTEGER NOT NULL,
  trigger_message INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_turns_room_at ON turns (room, at);
CREATE INDEX ix_turns_at ON turns (at);

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  bot INTEGER NOT NULL,
  room INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  idem_key TEXT NOT NULL UNIQUE,
  text BLOB NOT NULL,
  options BLOB NOT NULL,
  reply_to INTEGER,
  attempts INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  error TEXT NOT NULL
) STRICT;
CREATE INDEX ix_outbox_state ON outbox (state, created_at);

CREATE TABLE freezes (
  bot INTEGER NOT NULL,
  chat INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (bot, chat)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
  bot INTEGER NOT NULL,
  room INTEGER NOT NULL,
  person INTEGER NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (bot, room, person, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  bot INTEGER NOT NULL,
  person INTEGER NOT NULL,
  state TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  last_activity_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_tokens (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr char kPeopleAndMoney[] = R"sql(
CREATE TABLE people (
  id INTEGER PRIMARY KEY,
  platform INTEGER NOT NULL,
  platform_user INTEGER NOT NULL,
  name TEXT NOT NULL,
  username TEXT NOT NULL,
  language TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  UNIQUE (platform, platform_user)
) STRICT;

CREATE TABLE memories (
  id INTEGER PRIMARY KEY,
  bot INTEGER NOT NULL,
  person INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text BLOB NOT NULL,
  source TEXT NOT NULL,
  strength INTEGER NOT NULL,
  uses INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_memories_bot_person ON memories (bot, person);
CREATE INDEX ix_memories_person ON memories (person);

CREATE TABLE spend (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  bot INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_spend_at ON spend (at);

CREATE TABLE budgets (
  scope TEXT NOT NULL,
  period TEXT NOT NULL,
  max_requests INTEGER,
  max_tokens INTEGER,
  max_cost_micros INTEGER,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (scope, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
  kind INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  holder TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
)sql";

constexpr char kAdminAndLab[] = R"sql(
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  mfa_secret BLOB NOT NULL,
  enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX ix_audit_at ON audit (at);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  seed INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  folder TEXT NOT NULL,
  summary TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_runs_started_at ON runs (started_at);
)sql";

// A version that the lint found something in stays disabled, with the findings and a rewrite.
constexpr char kPersonaVersions[] = R"sql(
ALTER TABLE personas ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE personas ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE personas ADD COLUMN findings BLOB NOT NULL DEFAULT x'';
ALTER TABLE personas ADD COLUMN rewrite BLOB NOT NULL DEFAULT x'';
)sql";

// Names are sealed like bodies; an update knows who caused it, so that it can be emptied when that
// person is forgotten.
constexpr char kMemory[] = R"sql(
ALTER TABLE memories ADD COLUMN room INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memories ADD COLUMN message INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memories ADD COLUMN confidence INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE memories ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN name BLOB NOT NULL DEFAULT x'';
ALTER TABLE inbox ADD COLUMN person INTEGER NOT NULL DEFAULT 0;
)sql";

// Which news a room has had, so that no item comes twice.
constexpr char kNews[] = R"sql(
CREATE TABLE room_news (
  room INTEGER NOT NULL,
  item TEXT NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (room, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_room_news_used_at ON room_news (used_at);
)sql";

// Text ids of platforms under numbers; what adapters note per bot. The first number is set so that
// none is one of Telegram's.
constexpr char kNames[] = R"sql(
CREATE TABLE names (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  platform INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  name_index BLOB NOT NULL,
  name BLOB NOT NULL,
  author INTEGER NOT NULL DEFAULT 0,
  thread INTEGER NOT NULL DEFAULT 0,
  date INTEGER NOT NULL DEFAULT 0,
  used_at INTEGER NOT NULL
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('names', 72057594037927936);
CREATE UNIQUE INDEX ix_names_name ON names (platform, kind, name_index);
CREATE INDEX ix_names_used_at ON names (used_at) WHERE kind = 3;
CREATE TABLE bot_marks (
  bot INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (bot, key)
) STRICT, WITHOUT ROWID;
)sql";

// A line knows the thread that it was said in; a conversation, where it goes on after a restart.
constexpr char kThreads[] = R"sql(
ALTER TABLE messages ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ix_messages_thread ON messages (room, thread, created_at) WHERE thread <> 0;
ALTER TABLE conversations ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN newest INTEGER NOT NULL DEFAULT 0;
)sql";

// What is due at a time for one person: reminders, and questions that wait for an answer.
constexpr char kReminders[] = R"sql(
CREATE TABLE reminders (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  bot INTEGER NOT NULL,
  room INTEGER NOT NULL,
  person INTEGER NOT NULL,
  number INTEGER NOT NULL,
  text BLOB NOT NULL,
  reply_to INTEGER,
  due INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_reminders_due ON reminders (due, id);
CREATE INDEX ix_reminders_person ON reminders (person);
CREATE INDEX ix_reminders_bot ON reminders (bot);
)sql";

// A reminder goes to the thread in which it was asked for.
constexpr char kReminderThreads[] = R"sql(
ALTER TABLE reminders ADD COLUMN thread INTEGER;
)sql";

// A batch of updates writes a page of every index by room for each of its rooms, and each index
// costs every update. Where messages are numbered per chat their line stands in the index by chat,
// where they are numbered per bot (private chats, basic groups) in the one by owner, and in no
// other (owner stands in the key of both: only then does the engine read the index without the
// table). Updates and decisions get their ids in order of time, so their age needs no index.
constexpr char kFewerIndexes[] = R"sql(
DROP INDEX ix_messages_chat_telegram_msg;
DROP INDEX ix_messages_reply_lookup;
CREATE UNIQUE INDEX ix_messages_chat_telegram_msg ON messages (room, message, date, owner)
  WHERE owner = 0;
CREATE UNIQUE INDEX ix_messages_reply_lookup ON messages (room, message, owner, date)
  WHERE owner <> 0;
DROP INDEX ix_inbox_received_at;
DROP INDEX ix_turns_at;
)sql";

constexpr std::array kMigrations{
    Migration{1, "fleet: bots, rooms, messages, inbox, turns, outbox", kFleet},
    Migration{2, "people, memories, money, leases", kPeopleAndMoney},
    Migration{3, "admin and lab: users, sessions, audit, runs", kAdminAndLab},
    Migration{4, "personas: enabled or not, findings, rewrite", kPersonaVersions},
    Migration{5, "memory: scope, provenance, expiry; sealed names; who caused an update", kMemory},
    Migration{6, "news: which items a room has had", kNews},
    Migration{7, "names: text ids of platforms; marks of adapters", kNames},
    Migration{8, "threads of messages and conversations", kThreads},
    Migration{9, "reminders and open questions", kReminders},
    Migration{10, "threads of reminders", kReminderThreads},
    Migration{11, "fewer indexes on messages, updates and decisions", kFewerIndexes},
};

constexpr char kVersionTable[] = R"sql(
CREATE TABLE IF NOT EXISTS schema_version (
  version INTEGER PRIMARY KEY,
  description TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT)sql";
constexpr char kTables[] = "SELECT count(*) FROM sqlite_schema";
constexpr char kHasVersions[] = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'";
constexpr char kReadVersion[] = "SELECT coalesce(max(version), 0) FROM schema_version";
constexpr char kReadApplication[] = "SELECT application_id FROM pragma_application_id";
constexpr char kAddVersion[] =
    "INSERT INTO schema_version (version, description, applied_at) VALUES (?, ?, ?)";

Result<std::int64_t> read_number(Database& database, const char* sql) {
  auto query = database.run(sql);
  CH_TRY(const bool found, query.row());
  return found ? query.integer(0) : 0;
}

Result<void> apply(Database& database, const Migration& step, WallTime now) {
  CH_TRY_VOID(database.exec(step.sql));
  auto insert = database.run(kAddVersion);
  return insert.bind(step.version).bind_text(step.description).bind(now).finish();
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Result<int> schema_version(Database& database) {
  CH_TRY(const auto tables, read_number(database, kTables));
  if (tables == 0) return 0;
  CH_TRY(const auto application, read_number(database, kReadApplication));
  CH_TRY(const auto versions, read_number(database, kHasVersions));
  if (application != kApplicationId || versions == 0) {
    return fail(ErrorCode::Misconfigured,
                "the file is an SQLite database, but not one of Chorus; choose another path");
  }
  CH_TRY(const auto version, read_number(database, kReadVersion));
  return static_cast<int>(version);
}

Result<void> migrate(Database& database, WallTime now, int up_to) {
  CH_TRY(const int current, schema_version(database));
  const int newest = kMigrations.back().version;
  if (current > newest) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("the database has schema {}, this program knows {}: it was written by "
                            "a newer Chorus; use that version or restore an older backup",
                            current, newest));
  }
  for (const auto& step : kMigrations) {
    if (step.version <= current || step.version > up_to) continue;
    CH_TRY_VOID(database.begin());
    Result<void> done{};
    if (step.version == 1) {
      done = database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
      if (done) done = database.exec(kVersionTable);
    }
    if (done) done = apply(database, step, now);
    if (done) done = database.commit();
    if (!done) {
      database.rollback();
      return fail(done.error().code, fmt::format("migration {} ({}): {}", step.version,
                                                 step.description, done.error().message));
    }
  }
  return {};
}

}  // namespace chorus::store::detail
