#include "chorus/store/sqlite/detail/operations.hpp"
#include "chorus/store/sqlite/detail/queries.hpp"

#include <algorithm>
#include <utility>

// What is known about people, and its end.
namespace chorus::store::detail {

namespace {

constexpr char kPutMemory[] =
    "INSERT INTO memories (" CH_MEMORY_COLUMNS
    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "bot = excluded.bot, room = excluded.room, person = excluded.person, kind = excluded.kind, "
    "text = excluded.text, source = excluded.source, message = excluded.message, "
    "confidence = excluded.confidence, strength = excluded.strength, uses = excluded.uses, "
    "created_at = excluded.created_at, last_used_at = excluded.last_used_at, "
    "expires_at = excluded.expires_at";
constexpr char kDeleteMemory[] = "DELETE FROM memories WHERE id = ?";

// The row stays as the mark that this update came; what it carried goes. Before the messages,
// because those of before the person's column are found through them.
constexpr char kEmptyInbox[] = "UPDATE inbox SET payload = x'' WHERE person = ? AND payload <> x''";
constexpr char kEmptyInboxOfMessages[] =
    "UPDATE inbox SET payload = x'' WHERE payload <> x'' AND message IN "
    "(SELECT id FROM messages WHERE direction = 1 AND author = ?)";
// A private room is the person's own: what the bots said there goes too. Last its messages, by
// which the rooms are found.
constexpr char kForgetPrivateMessages[] =
    "DELETE FROM messages WHERE room IN (" CH_ROOMS_OF_PERSON ")";
constexpr char kForgetPrivateOutbox[] = "DELETE FROM outbox WHERE room IN (" CH_ROOMS_OF_PERSON ")";
constexpr char kForgetPrivateInbox[] = "DELETE FROM inbox WHERE room IN (" CH_ROOMS_OF_PERSON ")";
constexpr char kForgetPrivateTurns[] = "DELETE FROM turns WHERE room IN (" CH_ROOMS_OF_PERSON ")";
// Rooms of before titles of private chats were left out: such a title is the person's name.
constexpr char kForgetTitle[] =
    "UPDATE rooms SET title = '' WHERE title <> '' AND id IN (" CH_ROOMS_OF_PERSON ")";
constexpr char kForgetConversations[] = "DELETE FROM conversations WHERE person = ?";
constexpr char kForgetMemories[] = "DELETE FROM memories WHERE person = ?";
constexpr char kForgetReminders[] = "DELETE FROM reminders WHERE person = ?";
constexpr char kForgetPeople[] = "DELETE FROM people WHERE platform_user = ?";
// An opt-out outlives the data it protects; who was told what does not.
constexpr char kForgetNotices[] = "DELETE FROM notices WHERE person = ? AND kind <> 'stop'";

constexpr char kNoticesOfPerson[] =
    "SELECT bot, room, person, kind, version, at FROM notices WHERE person = ? "
    "ORDER BY at, bot, room, kind";
constexpr char kConversationsOfPerson[] = "SELECT " CH_CONVERSATION_COLUMNS
                                          " FROM conversations "
                                          "WHERE person = ? ORDER BY id";

crypto::Place text_place(MemoryId id) {
  return {"memories", "text", id.value};
}

/// In order of id.
Result<std::vector<MemoryRow>> read_memories(const Session& s, Run& query) {
  std::vector<MemoryRow> rows;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) {
      std::ranges::sort(rows, {}, &MemoryRow::id);
      return rows;
    }
    MemoryRow row;
    row.id = query.id<MemoryId>(0);
    row.bot = query.id<BotId>(1);
    row.room = query.id<RoomId>(2);
    row.person = query.id<PlatformUserId>(3);
    row.kind = query.text(4);
    CH_TRY(row.text, unseal(s, text_place(row.id), query.blob(5)));
    row.source = query.text(6);
    row.message = query.id<MessageRowId>(7);
    row.confidence = static_cast<std::int32_t>(query.integer(8));
    row.strength = static_cast<std::int32_t>(query.integer(9));
    row.uses = query.integer(10);
    row.created_at = query.time(11);
    row.last_used_at = query.time(12);
    row.expires_at = query.time(13);
    rows.push_back(std::move(row));
  }
}

}  // namespace

Result<void> put_memories(const Session& s, const std::vector<MemoryRow>& memories,
                          const std::vector<MemoryId>& gone) {
  for (const auto& m : memories) {
    const std::string text = seal(s, text_place(m.id), m.text);
    auto put = s.db.run(kPutMemory);
    put.bind(m.id).bind(m.bot).bind(m.room).bind(m.person).bind_text(m.kind).bind_blob(text);
    put.bind_text(m.source).bind(m.message).bind(m.confidence).bind(m.strength).bind(m.uses);
    put.bind(m.created_at).bind(m.last_used_at).bind(m.expires_at);
    CH_TRY_VOID(put.finish());
  }
  for (const MemoryId id : gone) {
    CH_TRY_VOID(s.db.run(kDeleteMemory).bind(id).finish());
  }
  return {};
}

Result<std::vector<MemoryRow>> memories_of(const Session& s, BotId bot) {
  auto query = s.db.run(sql::kMemoriesOfBot);
  query.bind(bot);
  return read_memories(s, query);
}

Result<std::uint64_t> forget_person(const Session& s, PlatformUserId person) {
  std::int64_t deleted = 0;
  s.db.tally().reset();
  // Pages that fall free are overwritten too, not only cells: worth its writes here alone.
  CH_TRY_VOID(s.db.exec("PRAGMA secure_delete = ON"));
  for (const char* statement :
       {kEmptyInbox, kEmptyInboxOfMessages, kForgetPrivateOutbox, kForgetPrivateInbox,
        kForgetPrivateTurns, kForgetTitle, kForgetPrivateMessages, sql::kForgetMessages,
        kForgetConversations, kForgetMemories, kForgetReminders, kForgetPeople, kForgetNotices}) {
    CH_TRY_VOID(s.db.run(statement).bind(person).finish());
    deleted += s.db.changes();
  }
  CH_TRY_VOID(forget_names(s, person));
  CH_TRY_VOID(s.db.exec("PRAGMA secure_delete = FAST"));
  return static_cast<std::uint64_t>(deleted);
}

Result<PersonData> export_person(const Session& s, PlatformUserId person) {
  PersonData out;
  {
    auto query = s.db.run(sql::kExportMessages);
    query.bind(person);
    CH_TRY(out.messages, read_messages(s, query));
  }
  {
    auto query = s.db.run(sql::kMemoriesOfPerson);
    query.bind(person);
    CH_TRY(out.memories, read_memories(s, query));
  }
  CH_TRY(out.reminders, reminders_of(s, person));
  auto notices = s.db.run(kNoticesOfPerson);
  notices.bind(person);
  while (true) {
    CH_TRY(const bool more, notices.row());
    if (!more) break;
    out.notices.push_back({notices.id<BotId>(0), notices.id<RoomId>(1),
                           notices.id<PlatformUserId>(2), notices.text(3),
                           static_cast<std::int32_t>(notices.integer(4)), notices.time(5)});
  }
  auto conversations = s.db.run(kConversationsOfPerson);
  conversations.bind(person);
  while (true) {
    CH_TRY(const bool more, conversations.row());
    if (!more) return out;
    out.conversations.push_back(read_conversation(conversations));
  }
}

}  // namespace chorus::store::detail
