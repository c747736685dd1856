#include "chorus/store/sqlite/detail/operations.hpp"
#include "chorus/store/sqlite/detail/queries.hpp"

#include <fmt/format.h>

#include <utility>

namespace chorus::store::detail {

namespace {

constexpr char kLoadBots[] =
    "SELECT b.id, b.name, b.platform, b.token, b.user_id, b.username, b.state, b.state_reason, "
    "b.webhook_path, b.webhook_secret, b.founding, b.extra, b.created_at, p.id, p.document "
    "FROM bots b LEFT JOIN personas p ON p.bot = b.id AND p.version = "
    "(SELECT max(version) FROM personas WHERE bot = b.id AND enabled = 1) ORDER BY b.id";
constexpr char kLoadRooms[] =
    "SELECT id, platform, owner, chat, kind, title, enabled, extra, created_at FROM rooms "
    "ORDER BY id";
constexpr char kLoadMemberships[] = "SELECT room, bot FROM memberships ORDER BY room, bot";
constexpr char kLoadCursors[] = "SELECT bot, next_offset FROM cursors ORDER BY bot";
constexpr char kLoadFreezes[] = "SELECT bot, chat, until FROM freezes ORDER BY bot, chat";
constexpr char kLoadNotices[] =
    "SELECT bot, room, person, kind, version, at FROM notices ORDER BY bot, room, person, kind";
constexpr char kLoadConversations[] = "SELECT " CH_CONVERSATION_COLUMNS
                                      " FROM conversations "
                                      "ORDER BY id";
constexpr char kLoadSettings[] = "SELECT key, value FROM settings ORDER BY key";

constexpr char kFindBotName[] = "SELECT 1 FROM bots WHERE name = ? AND id <> ?";
constexpr char kFindBotToken[] = "SELECT 1 FROM bots WHERE token_index = ? AND id <> ?";
constexpr char kPutBot[] =
    "INSERT INTO bots (id, name, platform, token, token_index, user_id, username, state, "
    "state_reason, webhook_path, webhook_secret, founding, extra, created_at) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "name = excluded.name, platform = excluded.platform, token = excluded.token, "
    "token_index = excluded.token_index, user_id = excluded.user_id, "
    "username = excluded.username, state = excluded.state, state_reason = excluded.state_reason, "
    "webhook_path = excluded.webhook_path, webhook_secret = excluded.webhook_secret, "
    "founding = excluded.founding, extra = excluded.extra, created_at = excluded.created_at";
constexpr char kDeleteBot[] = "DELETE FROM bots WHERE id = ?";
constexpr char kDeletePersonas[] = "DELETE FROM personas WHERE bot = ?";
constexpr char kDeleteMemberships[] = "DELETE FROM memberships WHERE bot = ?";
constexpr char kDeleteCursor[] = "DELETE FROM cursors WHERE bot = ?";
constexpr char kDeleteFreezes[] = "DELETE FROM freezes WHERE bot = ?";
constexpr char kForgetNews[] = "DELETE FROM room_news WHERE used_at < ?";
constexpr char kUseNews[] =
    "INSERT INTO room_news (room, item, used_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
constexpr char kDeleteNotices[] = "DELETE FROM notices WHERE bot = ?";
constexpr char kDeleteConversations[] = "DELETE FROM conversations WHERE bot = ?";
constexpr char kDeleteMemories[] = "DELETE FROM memories WHERE bot = ?";
constexpr char kDeleteReminders[] = "DELETE FROM reminders WHERE bot = ?";
constexpr char kDeleteMarks[] = "DELETE FROM bot_marks WHERE bot = ?";
constexpr char kCancelOutbox[] = "UPDATE outbox SET state = 6 WHERE bot = ? AND state = 1";
constexpr char kSkipInbox[] =
    "UPDATE inbox SET state = 3, reason = 'bot_removed' WHERE bot = ? AND state = 1";

constexpr char kFindRoom[] =
    "SELECT id, platform, owner, chat, kind, title, enabled, extra, created_at FROM rooms "
    "WHERE platform = ? AND owner = ? AND chat = ?";
constexpr char kPutRoom[] =
    "INSERT INTO rooms (id, platform, owner, chat, kind, title, enabled, extra, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "platform = excluded.platform, owner = excluded.owner, chat = excluded.chat, "
    "kind = excluded.kind, title = excluded.title, enabled = excluded.enabled, "
    "extra = excluded.extra, created_at = excluded.created_at";
constexpr char kAddMember[] =
    "INSERT INTO memberships (room, bot) VALUES (?, ?) ON CONFLICT DO NOTHING";
constexpr char kRemoveMember[] = "DELETE FROM memberships WHERE room = ? AND bot = ?";
constexpr char kPutSetting[] =
    "INSERT INTO settings (key, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE "
    "SET value = excluded.value, updated_at = excluded.updated_at";
constexpr char kRemoveSetting[] = "DELETE FROM settings WHERE key = ?";
constexpr char kPutFreeze[] =
    "INSERT INTO freezes (bot, chat, until) VALUES (?, ?, ?) ON CONFLICT (bot, chat) DO UPDATE "
    "SET until = excluded.until";
constexpr char kPutNotice[] =
    "INSERT INTO notices (bot, room, person, kind, version, at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (bot, room, person, kind) DO UPDATE SET version = excluded.version, "
    "at = excluded.at";
constexpr char kPutConversation[] =
    "INSERT INTO conversations (" CH_CONVERSATION_COLUMNS
    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET room = excluded.room, "
    "bot = excluded.bot, person = excluded.person, state = excluded.state, "
    "started_at = excluded.started_at, last_activity_at = excluded.last_activity_at, "
    "thread = excluded.thread, first = excluded.first, newest = excluded.newest";
constexpr char kDeleteConversation[] = "DELETE FROM conversations WHERE id = ?";
constexpr char kFindTokenOwner[] = "SELECT 1 FROM api_tokens WHERE hash = ? AND name <> ?";
constexpr char kPutToken[] =
    "INSERT INTO api_tokens (name, hash, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) "
    "DO UPDATE SET hash = excluded.hash, role = excluded.role";
constexpr char kFindToken[] = "SELECT role FROM api_tokens WHERE hash = ?";

crypto::Place token_place(BotId id) {
  return {"bots", "token", id.value};
}
crypto::Place secret_place(BotId id) {
  return {"bots", "webhook_secret", id.value};
}

/// Calls `each` for every row of `sql`.
template <class Each>
Result<void> for_each(const Session& s, const char* sql, Each each) {
  auto query = s.db.run(sql);
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return {};
    CH_TRY_VOID(each(query));
  }
}

Result<void> load_bot(const Session& s, const Run& q, std::vector<BotRow>& out) {
  BotRow bot;
  bot.id = q.id<BotId>(0);
  bot.name = q.text(1);
  bot.platform = q.enumerator<Platform>(2);
  CH_TRY(auto token, unseal(s, token_place(bot.id), q.blob(3)));
  bot.token = Secret(std::move(token));
  bot.user_id = q.id<PlatformUserId>(4);
  bot.username = q.text(5);
  bot.state = q.enumerator<BotState>(6);
  bot.state_reason = q.text(7);
  bot.webhook_path = q.text(8);
  CH_TRY(auto secret, unseal(s, secret_place(bot.id), q.blob(9)));
  bot.webhook_secret = Secret(std::move(secret));
  bot.founding = q.integer(10) != 0;
  bot.extra = q.text(11);
  bot.created_at = q.time(12);
  if (!q.is_null(13)) {
    CH_TRY(bot.persona, unseal(s, persona_place(q.integer(13)), q.blob(14)));
  }
  out.push_back(std::move(bot));
  return {};
}

RoomRow read_room(const Run& q) {
  RoomRow room;
  room.id = q.id<RoomId>(0);
  room.platform = q.enumerator<Platform>(1);
  room.owner = q.id<BotId>(2);
  room.chat = q.id<PlatformChatId>(3);
  room.kind = q.enumerator<ChatKind>(4);
  room.title = q.text(5);
  room.enabled = q.integer(6) != 0;
  room.extra = q.text(7);
  room.created_at = q.time(8);
  return room;
}

Result<std::optional<RoomRow>> find_room(const Session& s, const RoomRow& like) {
  auto query = s.db.run(kFindRoom);
  query.bind(like.platform).bind(like.owner).bind(like.chat);
  CH_TRY(const bool found, query.row());
  if (!found) return std::nullopt;
  return std::optional<RoomRow>(read_room(query));
}

Result<void> write_room(const Session& s, const RoomRow& room) {
  auto put = s.db.run(kPutRoom);
  put.bind(room.id).bind(room.platform).bind(room.owner).bind(room.chat).bind(room.kind);
  put.bind_text(room.title).bind(room.enabled ? 1 : 0).bind_text(room.extra);
  return put.bind(room.created_at).finish();
}

Result<bool> exists_besides(const Session& s, const char* sql, std::string_view value, bool blob,
                            BotId self) {
  auto query = s.db.run(sql);
  if (blob) {
    query.bind_blob(value);
  } else {
    query.bind_text(value);
  }
  query.bind(self);
  return query.row();
}

}  // namespace

std::string seal(const Session& s, crypto::Place place, std::string_view plain) {
  return plain.empty() ? std::string() : s.sealer.seal(place, plain);
}

Result<std::string> unseal(const Session& s, crypto::Place place, std::string_view sealed) {
  if (sealed.empty()) return std::string();
  return s.sealer.open(place, sealed);
}

Result<Snapshot> load(const Session& s) {
  Snapshot out;
  CH_TRY_VOID(for_each(s, kLoadBots, [&](const Run& q) { return load_bot(s, q, out.bots); }));
  CH_TRY_VOID(for_each(s, kLoadRooms, [&](const Run& q) -> Result<void> {
    out.rooms.push_back(read_room(q));
    return {};
  }));
  CH_TRY_VOID(for_each(s, kLoadMemberships, [&](const Run& q) -> Result<void> {
    out.memberships.emplace_back(q.id<RoomId>(0), q.id<BotId>(1));
    return {};
  }));
  CH_TRY_VOID(for_each(s, kLoadCursors, [&](const Run& q) -> Result<void> {
    out.cursors.push_back({q.id<BotId>(0), q.integer(1)});
    return {};
  }));
  CH_TRY_VOID(for_each(s, kLoadFreezes, [&](const Run& q) -> Result<void> {
    out.freezes.push_back({q.id<BotId>(0), q.id<PlatformChatId>(1), q.time(2)});
    return {};
  }));
  CH_TRY_VOID(for_each(s, kLoadNotices, [&](const Run& q) -> Result<void> {
    out.notices.push_back({q.id<BotId>(0), q.id<RoomId>(1), q.id<PlatformUserId>(2), q.text(3),
                           static_cast<std::int32_t>(q.integer(4)), q.time(5)});
    return {};
  }));
  CH_TRY_VOID(for_each(s, kLoadConversations, [&](const Run& q) -> Result<void> {
    out.conversations.push_back(read_conversation(q));
    return {};
  }));
  CH_TRY(out.settings, settings(s));
  return out;
}

Result<void> put_bot(const Session& s, const BotRow& bot) {
  CH_TRY(const bool name_taken, exists_besides(s, kFindBotName, bot.name, false, bot.id));
  if (name_taken) {
    return fail(ErrorCode::Conflict, fmt::format("another bot has the name '{}'", bot.name));
  }
  const std::string index =
      bot.token.empty() ? "" : s.sealer.blind_index("bots.token", bot.token.reveal());
  CH_TRY(const bool token_taken, exists_besides(s, kFindBotToken, index, true, bot.id));
  if (token_taken) {
    return fail(ErrorCode::Conflict, fmt::format("another bot has the token of '{}'", bot.name));
  }
  auto put = s.db.run(kPutBot);
  put.bind(bot.id).bind_text(bot.name).bind(bot.platform);
  put.bind_blob(seal(s, token_place(bot.id), bot.token.reveal()));
  if (index.empty()) {
    put.bind_null();
  } else {
    put.bind_blob(std::string_view(index));
  }
  put.bind(bot.user_id).bind_text(bot.username).bind(bot.state).bind_text(bot.state_reason);
  put.bind_text(bot.webhook_path);
  put.bind_blob(seal(s, secret_place(bot.id), bot.webhook_secret.reveal()));
  put.bind(bot.founding ? 1 : 0).bind_text(bot.extra).bind(bot.created_at);
  CH_TRY_VOID(put.finish());
  return keep_persona(s, bot.id, bot.persona);
}

Result<void> remove_bot(const Session& s, BotId bot) {
  CH_TRY_VOID(s.db.run(kDeleteBot).bind(bot).finish());
  if (s.db.changes() == 0) return fail(ErrorCode::NotFound, fmt::format("no bot {}", bot));
  for (const char* statement : {kDeletePersonas, kDeleteMemberships, kDeleteCursor, kDeleteFreezes,
                                kDeleteNotices, kDeleteConversations, kDeleteMemories,
                                kDeleteReminders, kDeleteMarks, kCancelOutbox, kSkipInbox}) {
    CH_TRY_VOID(s.db.run(statement).bind(bot).finish());
  }
  return {};
}

Result<RoomRow> ensure_room(const Session& s, const RoomRow& room) {
  CH_TRY(auto found, find_room(s, room));
  if (found) return *std::move(found);
  CH_TRY_VOID(write_room(s, room));
  return room;
}

Result<void> put_room(const Session& s, const RoomRow& room) {
  CH_TRY(const auto found, find_room(s, room));
  if (found && found->id != room.id) {
    return fail(ErrorCode::Conflict, fmt::format("room {} has that chat already", found->id));
  }
  return write_room(s, room);
}

Result<void> set_membership(const Session& s, RoomId room, BotId bot, bool member) {
  return s.db.run(member ? kAddMember : kRemoveMember).bind(room).bind(bot).finish();
}

Result<void> set_setting(const Session& s, std::string_view key,
                         const std::optional<std::string>& value) {
  if (!value) return s.db.run(kRemoveSetting).bind_text(key).finish();
  return s.db.run(kPutSetting).bind_text(key).bind_text(*value).bind(s.now).finish();
}

Result<std::vector<std::pair<std::string, std::string>>> settings(const Session& s) {
  std::vector<std::pair<std::string, std::string>> out;
  CH_TRY_VOID(for_each(s, kLoadSettings, [&](const Run& q) -> Result<void> {
    out.emplace_back(q.text(0), q.text(1));
    return {};
  }));
  return out;
}

Result<void> put_freeze(const Session& s, const FreezeRow& freeze) {
  return s.db.run(kPutFreeze).bind(freeze.bot).bind(freeze.chat).bind(freeze.until).finish();
}

Result<void> put_notice(const Session& s, const NoticeRow& notice) {
  auto put = s.db.run(kPutNotice);
  put.bind(notice.bot).bind(notice.room).bind(notice.person).bind_text(notice.kind);
  return put.bind(notice.version).bind(notice.at).finish();
}

Result<bool> use_news(const Session& s, RoomId room, const std::string& key, WallTime at) {
  constexpr auto kKept = std::chrono::hours(24 * 30);
  CH_TRY_VOID(s.db.run(kForgetNews).bind(at - kKept).finish());
  auto put = s.db.run(kUseNews);
  put.bind(room).bind_text(key).bind(at);
  CH_TRY_VOID(put.finish());
  return s.db.changes() > 0;
}

ConversationRow read_conversation(const Run& run) {
  ConversationRow row;
  row.id = run.id<ConversationId>(0);
  row.room = run.id<RoomId>(1);
  row.bot = run.id<BotId>(2);
  row.person = run.id<PlatformUserId>(3);
  row.state = run.text(4);
  row.started_at = run.time(5);
  row.last_activity_at = run.time(6);
  row.thread = run.id<PlatformMessageId>(7);
  row.first = run.id<MessageRowId>(8);
  row.newest = run.id<MessageRowId>(9);
  return row;
}

Result<void> put_conversations(const Session& s, const std::vector<ConversationRow>& conversations,
                               const std::vector<ConversationId>& ended) {
  for (const ConversationRow& row : conversations) {
    auto put = s.db.run(kPutConversation);
    put.bind(row.id).bind(row.room).bind(row.bot).bind(row.person).bind_text(row.state);
    put.bind(row.started_at).bind(row.last_activity_at);
    CH_TRY_VOID(put.bind(row.thread).bind(row.first).bind(row.newest).finish());
  }
  for (const ConversationId id : ended) {
    CH_TRY_VOID(s.db.run(kDeleteConversation).bind(id).finish());
  }
  return {};
}

Result<void> put_api_token(const Session& s, std::string_view name, std::string_view hash,
                           std::string_view role) {
  {
    auto other = s.db.run(kFindTokenOwner);
    CH_TRY(const bool taken, other.bind_text(hash).bind_text(name).row());
    if (taken) return fail(ErrorCode::Conflict, "another name has that token already");
  }
  return s.db.run(kPutToken).bind_text(name).bind_text(hash).bind_text(role).bind(s.now).finish();
}

Result<std::optional<std::string>> find_api_token(const Session& s, std::string_view hash) {
  auto query = s.db.run(kFindToken);
  CH_TRY(const bool found, query.bind_text(hash).row());
  if (!found) return std::nullopt;
  return std::optional<std::string>(query.text(0));
}

}  // namespace chorus::store::detail
