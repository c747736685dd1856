#pragma once

#include "chorus/app/founding/import_plan.hpp"
#include "chorus/fleet/memory/memory_gate.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace chorus::app::founding_detail {

/// A bot of the founding database that has a place with us, new or there before.
struct KnownBot {
  BotId id;
  std::string name;
  std::int64_t account = 0;  ///< the platform's number of it, from its token
  bool has_card = false;
  std::string card;  ///< words of it, for the gate of memories
};

/// Makes a plan table by table; each step uses what the ones before it found.
class PlanBuilder {
 public:
  PlanBuilder(const FoundingTables& tables, const ImportPresent& present,
              const ImportOptions& options, IdSource& ids)
      : tables_(tables), present_(present), options_(options), ids_(ids) {}

  ImportPlan run();

 private:
  // plan_bots.cpp
  void bots();
  void bot(const json::object& row);
  store::BotRow new_bot(const json::object& row, const std::string& name, BotId id, Secret token);
  /// The token as text. Errors say why in words for people, without it.
  Result<Secret> token_of(const json::object& row) const;
  std::string free_name(const std::string& wanted, std::int64_t id) const;
  void persona(const json::object& row, KnownBot& bot);
  json::object persona_parts(const json::object& row) const;
  std::string extra_of(const json::object& row, const std::string& name);
  // plan_talk.cpp
  void chats();
  void chat(const json::object& row);
  /// The room of a chat for `owner` (0: shared by all), new or there before.
  RoomId room(const json::object& row, PlatformChatId chat, store::ChatKind kind, BotId owner,
              bool& fresh);
  void messages();
  void message(const json::object& row);
  /// Who said it and whose log it belongs to. Errors say why it is left out.
  Result<store::MessageRow> line_of(const json::object& row) const;
  void memories();
  void memory(const json::object& row);
  /// Errors say why it is left out.
  Result<store::MemoryRow> memory_of(const json::object& row) const;
  // plan_settings.cpp
  void settings();
  void setting(const json::object& row);

  struct KnownChat {
    PlatformChatId chat;
    store::ChatKind kind = store::ChatKind::Supergroup;
    std::map<BotId, RoomId> rooms;  ///< by owner
  };

  const FoundingTables& tables_;
  const ImportPresent& present_;
  const ImportOptions& options_;
  IdSource& ids_;
  ImportPlan plan_;
  std::map<std::int64_t, KnownBot> bots_;          // by founding id
  std::map<std::int64_t, KnownChat> chats_;        // by founding id
  std::map<std::int64_t, std::set<BotId>> heard_;  // by founding id of the chat
  std::set<LineKey> lines_;                        // those planned so far
  fleet::MemoryGate gate_;
  std::set<std::tuple<BotId, std::string, std::string>> remembered_;  // bot, kind, text
};

}  // namespace chorus::app::founding_detail
