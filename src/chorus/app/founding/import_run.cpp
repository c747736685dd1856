#include "chorus/app/founding/import_run.hpp"

#include <algorithm>
#include <utility>

namespace chorus::app {

namespace {

/// Lines of the founding messages that rooms of the store hold.
rt::Task<Result<std::set<LineKey>>> read_lines(store::Store& store, FoundingTables tables,
                                               std::vector<store::RoomRow> rooms) {
  std::map<std::int64_t, PlatformChatId> chats;
  for (const auto& row : tables.of("chats")) {
    const auto id = find_int(row, "id");
    const auto chat = founding_chat(row);
    if (id && chat) chats.emplace(*id, *chat);
  }
  std::map<PlatformChatId, std::vector<store::RoomRow>> by_chat;
  for (auto& room : rooms) {
    if (room.platform == store::Platform::Telegram) by_chat[room.chat].push_back(std::move(room));
  }
  std::set<LineKey> out;
  for (const auto& row : tables.of("messages")) {
    const auto chat = chats.find(find_int(row, "chat_db_id").value_or(0));
    const auto line = founding_line(row);
    if (chat == chats.end() || !line) continue;
    for (const auto& room : by_chat[chat->second]) {
      CH_CO_TRY(const auto found, co_await store.find_message(room.id, room.owner, line->first));
      if (found) out.insert({chat->second, room.owner, line->first});
    }
  }
  co_return out;
}

}  // namespace

rt::Task<Result<ImportPresent>> read_present(store::Store& store, FoundingTables tables) {
  ImportPresent out;
  CH_CO_TRY(out.snapshot, co_await store.load());
  for (const auto& bot : out.snapshot.bots) {
    CH_CO_TRY(const auto versions, co_await store.persona_versions(bot.id, 1));
    if (!versions.empty()) out.with_persona.insert(bot.id);
    CH_CO_TRY(out.memories[bot.id], co_await store.memories_of(bot.id));
  }
  CH_CO_TRY(out.lines, co_await read_lines(store, std::move(tables), out.snapshot.rooms));
  co_return out;
}

rt::Task<Result<void>> carry_out(store::Store& store, ImportPlan plan) {
  constexpr std::size_t kBatch = 500;
  for (auto& bot : plan.bots) CH_CO_TRY_VOID(co_await store.put_bot(std::move(bot)));
  for (auto& persona : plan.personas) {
    CH_CO_TRY_VOID(co_await store.add_persona(std::move(persona)));
  }
  for (auto& room : plan.rooms) CH_CO_TRY_VOID(co_await store.ensure_room(std::move(room)));
  for (std::size_t at = 0; at < plan.messages.size(); at += kBatch) {
    const auto end = std::min(at + kBatch, plan.messages.size());
    const auto first = plan.messages.begin();
    std::vector<store::InboundUpdate> batch(
        std::make_move_iterator(first + static_cast<std::ptrdiff_t>(at)),
        std::make_move_iterator(first + static_cast<std::ptrdiff_t>(end)));
    CH_CO_TRY_VOID(co_await store.accept_updates(std::move(batch), std::nullopt));
  }
  if (!plan.memories.empty()) {
    CH_CO_TRY_VOID(co_await store.put_memories(std::move(plan.memories), {}));
  }
  for (auto& [key, value] : plan.settings) {
    CH_CO_TRY_VOID(co_await store.set_setting(std::move(key), std::move(value)));
  }
  co_return Result<void>{};
}

}  // namespace chorus::app
