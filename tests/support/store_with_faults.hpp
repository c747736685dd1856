#pragma once

#include "chorus/rt/sleep.hpp"
#include "chorus/store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace chorus::test {

/// A store in front of another one that can be gone: every operation, or those that are named.
class StoreWithFaults final : public store::Store {
 public:
  StoreWithFaults(rt::Loop& loop, store::Store& inner) : loop_(loop), inner_(inner) {}

  bool dead = false;
  std::set<std::string> failing;             ///< names of operations
  std::map<std::string, std::size_t> calls;  ///< by name, refused ones included
  Duration history_is_late{};                ///< `history` was read this long before it arrives
  Duration accept_is_late{};                 ///< `accept_updates` was durable this long before

  rt::Task<Result<store::Snapshot>> load() override {
    if (down("load")) return refuse<store::Snapshot>();
    return inner_.load();
  }
  rt::Task<Result<void>> put_bot(store::BotRow bot) override {
    if (down("put_bot")) return refuse<void>();
    return inner_.put_bot(std::move(bot));
  }
  rt::Task<Result<void>> remove_bot(BotId bot) override {
    if (down("remove_bot")) return refuse<void>();
    return inner_.remove_bot(std::move(bot));
  }
  rt::Task<Result<std::int32_t>> add_persona(store::PersonaRow persona) override {
    if (down("add_persona")) return refuse<std::int32_t>();
    return inner_.add_persona(std::move(persona));
  }
  rt::Task<Result<std::vector<store::PersonaRow>>> persona_versions(BotId bot,
                                                                    std::size_t limit) override {
    if (down("persona_versions")) return refuse<std::vector<store::PersonaRow>>();
    return inner_.persona_versions(bot, limit);
  }
  rt::Task<Result<std::optional<store::PersonaRow>>> find_persona(BotId bot,
                                                                  std::int32_t version) override {
    if (down("find_persona")) return refuse<std::optional<store::PersonaRow>>();
    return inner_.find_persona(bot, version);
  }
  rt::Task<Result<store::RoomRow>> ensure_room(store::RoomRow room) override {
    if (down("ensure_room")) return refuse<store::RoomRow>();
    return inner_.ensure_room(std::move(room));
  }
  rt::Task<Result<void>> put_room(store::RoomRow room) override {
    if (down("put_room")) return refuse<void>();
    return inner_.put_room(std::move(room));
  }
  rt::Task<Result<void>> set_membership(RoomId room, BotId bot, bool member) override {
    if (down("set_membership")) return refuse<void>();
    return inner_.set_membership(std::move(room), std::move(bot), std::move(member));
  }
  rt::Task<Result<void>> set_setting(std::string key, std::optional<std::string> value) override {
    if (down("set_setting")) return refuse<void>();
    return inner_.set_setting(std::move(key), std::move(value));
  }
  rt::Task<Result<std::vector<std::pair<std::string, std::string>>>> settings() override {
    if (down("settings")) return refuse<std::vector<std::pair<std::string, std::string>>>();
    return inner_.settings();
  }
  rt::Task<Result<store::AcceptOutcome>> accept_updates(
      std::vector<store::InboundUpdate> updates, std::optional<store::Cursor> cursor) override {
    if (down("accept_updates")) return refuse<store::AcceptOutcome>();
    return late(inner_.accept_updates(std::move(updates), std::move(cursor)), accept_is_late);
  }
  rt::Task<Result<std::vector<store::InboxItem>>> read_inbox(InboxId after,
                                                             std::size_t limit) override {
    if (down("read_inbox")) return refuse<std::vector<store::InboxItem>>();
    return inner_.read_inbox(std::move(after), std::move(limit));
  }
  rt::Task<Result<void>> append_silences(std::vector<store::TurnRow> turns,
                                         std::vector<store::InboxDone> done) override {
    if (down("append_silences")) return refuse<void>();
    return inner_.append_silences(std::move(turns), std::move(done));
  }
  rt::Task<Result<void>> finish_inbox(std::vector<store::InboxDone> done) override {
    if (down("finish_inbox")) return refuse<void>();
    return inner_.finish_inbox(std::move(done));
  }
  rt::Task<Result<std::vector<bool>>> append_turn(store::TurnRow turn,
                                                  std::vector<store::OutboxRow> sends,
                                                  std::vector<store::InboxDone> done) override {
    if (down("append_turn")) return refuse<std::vector<bool>>();
    return inner_.append_turn(std::move(turn), std::move(sends), std::move(done));
  }
  rt::Task<Result<std::vector<store::OutboxRow>>> recover_outbox(
      std::vector<store::Platform> resend) override {
    if (down("recover_outbox")) return refuse<std::vector<store::OutboxRow>>();
    return inner_.recover_outbox(std::move(resend));
  }
  rt::Task<Result<std::vector<bool>>> claim(std::vector<OutboxId> ids) override {
    if (down("claim")) return refuse<std::vector<bool>>();
    return inner_.claim(std::move(ids));
  }
  rt::Task<Result<void>> settle(std::vector<store::Settlement> settlements) override {
    if (down("settle")) return refuse<void>();
    return inner_.settle(std::move(settlements));
  }
  rt::Task<Result<void>> put_freeze(store::FreezeRow freeze) override {
    if (down("put_freeze")) return refuse<void>();
    return inner_.put_freeze(std::move(freeze));
  }
  rt::Task<Result<void>> put_notice(store::NoticeRow notice) override {
    if (down("put_notice")) return refuse<void>();
    return inner_.put_notice(std::move(notice));
  }
  rt::Task<Result<bool>> use_news(RoomId room, std::string key, WallTime at) override {
    if (down("use_news")) return refuse<bool>();
    return inner_.use_news(room, std::move(key), at);
  }
  rt::Task<Result<void>> put_conversation(store::ConversationRow conversation) override {
    if (down("put_conversation")) return refuse<void>();
    return inner_.put_conversation(std::move(conversation));
  }
  rt::Task<Result<void>> remove_conversation(ConversationId conversation) override {
    if (down("remove_conversation")) return refuse<void>();
    return inner_.remove_conversation(std::move(conversation));
  }
  rt::Task<Result<std::vector<store::NameRow>>> intern_names(
      std::vector<store::NameAsk> names) override {
    if (down("intern_names")) return refuse<std::vector<store::NameRow>>();
    return inner_.intern_names(std::move(names));
  }
  rt::Task<Result<std::vector<std::optional<store::NameRow>>>> find_names(
      std::vector<std::int64_t> ids) override {
    if (down("find_names")) return refuse<std::vector<std::optional<store::NameRow>>>();
    return inner_.find_names(std::move(ids));
  }
  rt::Task<Result<void>> put_mark(BotId bot, std::string key,
                                  std::optional<std::string> value) override {
    if (down("put_mark")) return refuse<void>();
    return inner_.put_mark(bot, std::move(key), std::move(value));
  }
  rt::Task<Result<std::vector<std::pair<std::string, std::string>>>> marks(BotId bot) override {
    if (down("marks")) return refuse<std::vector<std::pair<std::string, std::string>>>();
    return inner_.marks(bot);
  }
  rt::Task<Result<std::vector<store::MessageRow>>> history(RoomId room,
                                                           std::size_t limit) override {
    if (down("history")) return refuse<std::vector<store::MessageRow>>();
    return late(inner_.history(std::move(room), std::move(limit)), history_is_late);
  }
  rt::Task<Result<std::optional<store::MessageRow>>> find_message(
      RoomId room, BotId owner, PlatformMessageId message) override {
    if (down("find_message")) return refuse<std::optional<store::MessageRow>>();
    return inner_.find_message(std::move(room), std::move(owner), std::move(message));
  }
  rt::Task<Result<std::vector<store::MessageRow>>> recent_by_bot(BotId bot, WallTime since,
                                                                 std::size_t limit) override {
    if (down("recent_by_bot")) return refuse<std::vector<store::MessageRow>>();
    return inner_.recent_by_bot(std::move(bot), std::move(since), std::move(limit));
  }
  rt::Task<Result<std::vector<store::MessageRow>>> reply_chain(RoomId room,
                                                               PlatformMessageId message,
                                                               std::size_t limit) override {
    if (down("reply_chain")) return refuse<std::vector<store::MessageRow>>();
    return inner_.reply_chain(std::move(room), std::move(message), std::move(limit));
  }
  rt::Task<Result<std::vector<store::TurnRow>>> recent_turns(RoomId room,
                                                             std::size_t limit) override {
    if (down("recent_turns")) return refuse<std::vector<store::TurnRow>>();
    return inner_.recent_turns(std::move(room), std::move(limit));
  }
  rt::Task<Result<std::vector<store::OutboxRow>>> outbox_in(store::OutboxState state,
                                                            std::size_t limit) override {
    if (down("outbox_in")) return refuse<std::vector<store::OutboxRow>>();
    return inner_.outbox_in(std::move(state), std::move(limit));
  }
  rt::Task<Result<void>> put_spend(std::vector<store::SpendRow> rows) override {
    if (down("put_spend")) return refuse<void>();
    return inner_.put_spend(std::move(rows));
  }
  rt::Task<Result<std::vector<store::SpendTotal>>> spend_since(
      WallTime since, std::chrono::microseconds step) override {
    if (down("spend_since")) return refuse<std::vector<store::SpendTotal>>();
    return inner_.spend_since(since, step);
  }
  rt::Task<Result<void>> put_budget(store::BudgetRow budget) override {
    if (down("put_budget")) return refuse<void>();
    return inner_.put_budget(std::move(budget));
  }
  rt::Task<Result<std::vector<store::BudgetRow>>> budgets() override {
    if (down("budgets")) return refuse<std::vector<store::BudgetRow>>();
    return inner_.budgets();
  }
  rt::Task<Result<store::Counts>> counts() override {
    if (down("counts")) return refuse<store::Counts>();
    return inner_.counts();
  }
  rt::Task<Result<void>> put_memories(std::vector<store::MemoryRow> memories,
                                      std::vector<MemoryId> gone) override {
    if (down("put_memories")) return refuse<void>();
    return inner_.put_memories(std::move(memories), std::move(gone));
  }
  rt::Task<Result<std::vector<store::MemoryRow>>> memories_of(BotId bot) override {
    if (down("memories_of")) return refuse<std::vector<store::MemoryRow>>();
    return inner_.memories_of(bot);
  }
  rt::Task<Result<store::PersonData>> export_person(PlatformUserId person) override {
    if (down("export_person")) return refuse<store::PersonData>();
    return inner_.export_person(person);
  }
  rt::Task<Result<std::uint64_t>> forget_person(PlatformUserId person) override {
    if (down("forget_person")) return refuse<std::uint64_t>();
    return inner_.forget_person(std::move(person));
  }
  rt::Task<Result<void>> put_api_token(std::string name, std::string hash,
                                       std::string role) override {
    if (down("put_api_token")) return refuse<void>();
    return inner_.put_api_token(std::move(name), std::move(hash), std::move(role));
  }
  rt::Task<Result<std::optional<std::string>>> find_api_token(std::string hash) override {
    if (down("find_api_token")) return refuse<std::optional<std::string>>();
    return inner_.find_api_token(std::move(hash));
  }
  rt::Task<Result<std::size_t>> prune(store::Store::Retention keep, std::size_t batch) override {
    if (down("prune")) return refuse<std::size_t>();
    return inner_.prune(std::move(keep), std::move(batch));
  }
  rt::Task<void> close() override { return inner_.close(); }

 private:
  bool down(const char* name) {
    ++calls[name];
    return dead || failing.contains(name);
  }
  template <class T>
  rt::Task<Result<T>> refuse() {
    co_await rt::sleep_for(loop_, std::chrono::microseconds(100));
    co_return fail(ErrorCode::Unavailable, "the store is gone");
  }
  template <class T>
  rt::Task<Result<T>> late(rt::Task<Result<T>> call, Duration by) {
    auto answer = co_await std::move(call);
    if (by > Duration{} && !co_await rt::sleep_for(loop_, by)) co_return fail(ErrorCode::Cancelled);
    co_return answer;
  }
  rt::Loop& loop_;
  store::Store& inner_;
};

}  // namespace chorus::test
