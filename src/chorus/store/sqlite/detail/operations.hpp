#pragma once

#include "chorus/base/error.hpp"
#include "chorus/crypto/sealer.hpp"
#include "chorus/store/rows.hpp"
#include "chorus/store/sqlite/detail/database.hpp"
#include "chorus/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The store's operations against one connection, inside the transaction of a batch. They may run
/// twice with the same input (once more after a rollback), so they change nothing but the database.
namespace chorus::store::detail {

struct Session {
  Database& db;
  const crypto::Sealer& sealer;
  WallTime now;  ///< when the operation was asked for
};

// Sealing: empty stays empty, which tells only that there is nothing.
std::string seal(const Session& s, crypto::Place place, std::string_view plain);
Result<std::string> unseal(const Session& s, crypto::Place place, std::string_view sealed);

// Configuration (ops_config.cpp).
Result<Snapshot> load(const Session& s);
Result<void> put_bot(const Session& s, const BotRow& bot);
Result<void> remove_bot(const Session& s, BotId bot);
Result<RoomRow> ensure_room(const Session& s, const RoomRow& room);
Result<void> put_room(const Session& s, const RoomRow& room);
Result<void> set_membership(const Session& s, RoomId room, BotId bot, bool member);
Result<void> set_setting(const Session& s, std::string_view key,
                         const std::optional<std::string>& value);
Result<std::vector<std::pair<std::string, std::string>>> settings(const Session& s);
Result<void> put_freeze(const Session& s, const FreezeRow& freeze);
Result<void> put_notice(const Session& s, const NoticeRow& notice);
Result<bool> use_news(const Session& s, RoomId room, const std::string& key, WallTime at);
Result<void> put_conversation(const Session& s, const ConversationRow& conversation);
Result<void> remove_conversation(const Session& s, ConversationId conversation);
Result<void> put_api_token(const Session& s, std::string_view name, std::string_view hash,
                           std::string_view role);
Result<std::optional<std::string>> find_api_token(const Session& s, std::string_view hash);

// Versions of personas (ops_personas.cpp).
Result<std::int32_t> add_persona(const Session& s, const PersonaRow& persona);
/// A new version when the document differs from the newest enabled one.
Result<void> keep_persona(const Session& s, BotId bot, const std::string& document);
Result<std::vector<PersonaRow>> persona_versions(const Session& s, BotId bot, std::size_t limit);
Result<std::optional<PersonaRow>> find_persona(const Session& s, BotId bot, std::int32_t version);
/// Where the document of that row is sealed.
crypto::Place persona_place(std::int64_t id);

// Inbox and room log (ops_messages.cpp).
Result<AcceptOutcome> accept_updates(const Session& s, const std::vector<InboundUpdate>& updates,
                                     const std::optional<Cursor>& cursor);
Result<std::vector<InboxItem>> read_inbox(const Session& s, InboxId after, std::size_t limit);
Result<void> finish_inbox(const Session& s, const std::vector<InboxDone>& done);
Result<void> insert_message(const Session& s, const MessageRow& message);
/// The rows of a statement whose columns are CH_MESSAGE_COLUMNS.
Result<std::vector<MessageRow>> read_messages(const Session& s, Run& run);
Result<std::vector<MessageRow>> history(const Session& s, RoomId room, std::size_t limit);
Result<std::optional<MessageRow>> find_message(const Session& s, RoomId room, BotId owner,
                                               PlatformMessageId message);
Result<std::vector<MessageRow>> recent_by_bot(const Session& s, BotId bot, WallTime since,
                                              std::size_t limit);
Result<std::vector<MessageRow>> reply_chain(const Session& s, RoomId room,
                                            PlatformMessageId message, std::size_t limit);

// Turns and outbox (ops_outbox.cpp).
Result<std::vector<bool>> append_turn(const Session& s, const TurnRow& turn,
                                      const std::vector<OutboxRow>& sends,
                                      const std::vector<InboxDone>& done);
Result<void> append_silences(const Session& s, const std::vector<TurnRow>& turns,
                             const std::vector<InboxDone>& done);
Result<std::vector<TurnRow>> recent_turns(const Session& s, RoomId room, std::size_t limit);
Result<std::vector<OutboxRow>> recover_outbox(const Session& s,
                                              const std::vector<Platform>& resend);
Result<std::vector<bool>> claim(const Session& s, const std::vector<OutboxId>& ids);
Result<void> settle(const Session& s, const std::vector<Settlement>& settlements);
Result<std::vector<OutboxRow>> outbox_in(const Session& s, OutboxState state, std::size_t limit);

// Text ids of platforms (ops_names.cpp).
Result<std::vector<NameRow>> intern_names(const Session& s, const std::vector<NameAsk>& names);
Result<std::vector<std::optional<NameRow>>> find_names(const Session& s,
                                                       const std::vector<std::int64_t>& ids);
Result<void> put_mark(const Session& s, BotId bot, const std::string& key,
                      const std::optional<std::string>& value);
Result<std::vector<std::pair<std::string, std::string>>> marks(const Session& s, BotId bot);
Result<void> forget_names(const Session& s, PlatformUserId person);

// Memories and people (ops_people.cpp).
Result<void> put_memories(const Session& s, const std::vector<MemoryRow>& memories,
                          const std::vector<MemoryId>& gone);
Result<std::vector<MemoryRow>> memories_of(const Session& s, BotId bot);
Result<std::uint64_t> forget_person(const Session& s, PlatformUserId person);
Result<PersonData> export_person(const Session& s, PlatformUserId person);
// Money (ops_spend.cpp).
Result<void> put_spend(const Session& s, const std::vector<SpendRow>& rows);
Result<std::vector<SpendTotal>> spend_since(const Session& s, WallTime since,
                                            std::chrono::microseconds step);
Result<void> put_budget(const Session& s, const BudgetRow& budget);
Result<std::vector<BudgetRow>> budgets(const Session& s);

// Upkeep (ops_upkeep.cpp).
Result<Counts> counts(const Session& s);
Result<std::size_t> prune(const Session& s, const Store::Retention& keep, std::size_t batch);

}  // namespace chorus::store::detail
